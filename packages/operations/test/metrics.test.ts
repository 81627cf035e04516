import { newScopeAccount } from "@cauditd/kernel";
import t from "tap";
import { Metrics } from "../src/metrics.ts";
import { instanceStats, processStats, queueStats } from "./process-stats.ts";

t.test("every count of every scope is on the page, by name and scope", async (t) => {
  const account = newScopeAccount();
  Object.assign(account, { routed: 9, own: 1, filtered: 2, disabled: 3, written: 4, inFlight: 1 });
  Object.assign(account.lost, { rate: 5, backlog: 6, bus: 7, disk: 8 });
  const log = { size: 10, written: 11, suspended: true };
  const consumers = [
    { name: "main", pending: 24, unacknowledged: 25 },
    { name: "siem", pending: 0, unacknowledged: 0 },
  ];
  const counts = { events: 15, behind: 16, missed: 17, failures: 18 };
  const stream = { ...counts, failure: "ETIMEDOUT", consumers };
  const given = { account, log, stream, backlog: 12, backlogPeak: 13, refused: 14, failure: "EIO" };
  const stats = processStats({
    leases: 2,
    instances: [instanceStats(given), instanceStats({ name: "db", scope: "1002" })],
    queues: [queueStats({ routed: 20, published: 21, lost: 22, held: 23, waiting: 26 })],
    damaged: 27,
    control: { unanswered: 28, astray: { db: 29 }, flooded: { web: 31 }, cuts: { web: 30 } },
    source: { captured: 6, malformed: 1, eoe: 2, records: 3, events: 3, open: 0 },
  });
  const { type, text } = await new Metrics(() => stats, { defaults: false }).page();
  t.match(type, /^text\/plain; version=0\.0\.4/);
  const web = 'name="web",scope="1001"';
  for (const line of [
    `cauditd_events_received_total{${web}} 9`,
    `cauditd_events_own_total{${web}} 1`,
    `cauditd_events_filtered_total{${web}} 2`,
    `cauditd_events_disabled_total{${web}} 3`,
    `cauditd_events_written_total{${web}} 4`,
    `cauditd_events_in_flight{${web}} 1`,
    `cauditd_events_lost_total{${web},reason="rate"} 5`,
    `cauditd_events_lost_total{${web},reason="backlog"} 6`,
    `cauditd_events_lost_total{${web},reason="bus"} 22`,
    `cauditd_events_lost_total{${web},reason="disk"} 8`,
    `cauditd_log_size_bytes{${web}} 10`,
    `cauditd_log_written_bytes_total{${web}} 11`,
    `cauditd_log_suspended{${web}} 1`,
    `cauditd_backlog_events{${web}} 12`,
    `cauditd_backlog_limit_events{${web}} 8192`,
    `cauditd_backlog_peak_events{${web}} 13`,
    `cauditd_frames_refused_total{${web}} 14`,
    `cauditd_instance_failed{${web}} 1`,
    `cauditd_events_routed_total{${web}} 20`,
    `cauditd_events_published_total{${web}} 21`,
    `cauditd_queue_held_events{${web}} 23`,
    'cauditd_events_written_total{name="db",scope="1002"} 0',
    'cauditd_source_lines_total{kind="records"} 3',
    'cauditd_source_lines_total{kind="malformed"} 1',
    `cauditd_stream_events_total{${web}} 15`,
    `cauditd_stream_behind_events{${web}} 16`,
    `cauditd_stream_missed_events_total{${web}} 17`,
    `cauditd_stream_failures_total{${web}} 18`,
    `cauditd_stream_failed{${web}} 1`,
    `cauditd_stream_consumer_pending_batches{${web},consumer="main"} 24`,
    `cauditd_stream_consumer_unacknowledged_batches{${web},consumer="main"} 25`,
    `cauditd_stream_consumer_pending_batches{${web},consumer="siem"} 0`,
    `cauditd_queue_waiting_frames{${web}} 26`,
    "cauditd_frames_damaged_total 27",
    "cauditd_control_unanswered_total 28",
    'cauditd_control_astray_total{tenant="db"} 29',
    'cauditd_control_disconnects_total{principals="web"} 30',
    'cauditd_control_flooded_total{principal="web"} 31',
    "cauditd_leases_held 2",
    "cauditd_ready 1",
  ]) {
    t.ok(text.split("\n").includes(line), line);
  }
  t.notMatch(text, /cauditd_stream_events_total\{name="db"/, "one without a stream is not there");
});

t.test("the page is as the process stands, and a scope that has gone is not on it", async (t) => {
  let stats = processStats({ queues: [queueStats({ routed: 1 })], problems: ["NATS is away"] });
  const metrics = new Metrics(() => stats, { defaults: false });
  t.match((await metrics.page()).text, /cauditd_events_routed_total\{[^}]*\} 1\n/);
  t.match((await metrics.page()).text, /cauditd_ready 0\n/);
  stats = processStats({ queues: [queueStats({ routed: 2 })] });
  t.match((await metrics.page()).text, /cauditd_events_routed_total\{[^}]*\} 2\n/);
  stats = processStats();
  t.notMatch((await metrics.page()).text, /cauditd_events_routed_total\{/);
});

t.test("what NATS has not said is not on the page", async (t) => {
  const stream = { events: 1, behind: 0, missed: 0, failures: 0 };
  const stats = processStats({ queues: [queueStats()], instances: [instanceStats({ stream })] });
  const { text } = await new Metrics(() => stats, { defaults: false }).page();
  t.notMatch(text, /^cauditd_(queue_waiting|stream_consumer)[^ ]*\{/m);
  t.match(text, /^cauditd_stream_events_total\{/m);
});

t.test("a name that is no word of a label is quoted", async (t) => {
  const stats = processStats({ queues: [queueStats({ name: 'a"b\\c\nd' })] });
  const { text } = await new Metrics(() => stats, { defaults: false }).page();
  t.match(text, 'cauditd_events_routed_total{name="a\\"b\\\\c\\nd",scope="1001"} 0\n');
});
