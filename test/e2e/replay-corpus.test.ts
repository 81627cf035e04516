// Real records of three containers through the whole pipeline: who gets which event.
import { statSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import type { LogEvent } from "../support/audit-log.ts";
import {
  isContidRecord,
  readLog,
  recordCount,
  serialGap,
  withoutSerial,
} from "../support/audit-log.ts";
import { cauditd, type Ended } from "../support/cauditd.ts";
import { CONTAINERS, contids, expected, LOG, logEvents, ownerOf } from "../support/corpus.ts";

const source = logEvents();
const wanted = expected();
const byName = contids();
const out = join(t.testdir({}), "out");
const replayed = cauditd(t, ["replay", LOG, "--containers", CONTAINERS, "--out", out]);

function logOf(name: string): LogEvent[] {
  return readLog(join(out, name, "audit.log"));
}

/** Events by their text, as serials are not kept; the same text may come twice. */
function byText(events: readonly LogEvent[]): Map<string, LogEvent[]> {
  const found = new Map<string, LogEvent[]>();
  for (const event of events) {
    const text = textOf(event);
    found.set(text, [...(found.get(text) ?? []), event]);
  }
  return found;
}

function textOf({ records }: LogEvent): string {
  return records
    .filter((record) => !isContidRecord(record))
    .map(withoutSerial)
    .join("\n");
}

/** What is wrong with the CONTAINER_ID record of an event, or undefined. */
function contidFault({ records }: LogEvent, owner: string): string | undefined {
  const contid = byName.get(owner);
  const place = records.findIndex(isContidRecord);
  if (contid === undefined) return place < 0 ? undefined : "an event of the host has a contid";
  if (records.filter(isContidRecord).length !== 1) return `an event of ${owner} without one contid`;
  if (!records[place]?.endsWith(`): record=1 contid=${contid}`)) return records[place];
  const last = records.at(-1)?.startsWith("type=PROCTITLE ")
    ? records.length - 2
    : records.length - 1;
  return place === last ? undefined : `CONTAINER_ID is record ${place} of ${records.length}`;
}

/** What is wrong with a log, of which `was` are the events that it should hold; or undefined. */
function fault(log: readonly LogEvent[], was: readonly LogEvent[]): string | undefined {
  const left = byText(was);
  const places = new Map(was.map((event, place) => [event, place]));
  const lastOfTask = new Map<string, number>();
  for (const event of log) {
    const from = left.get(textOf(event))?.shift();
    if (from === undefined) return `not in the source:\n${textOf(event)}`;
    const wrong = contidFault(event, ownerOf(from));
    if (wrong !== undefined) return `${wrong}:\n${event.records.join("\n")}`;
    const pid = / pid=(\d+) /.exec(event.records[0] ?? "")?.[1] ?? "";
    const place = places.get(from) ?? 0;
    if (pid !== "" && place < (lastOfTask.get(pid) ?? 0)) return `too late:\n${textOf(event)}`;
    lastOfTask.set(pid, place);
  }
  const missing = [...left.values()].flat().length;
  return missing === 0 ? undefined : `${missing} events are missing`;
}

t.test("the recorded log holds what its description says", async (t) => {
  const owners = source.map(ownerOf);
  for (const name of [...byName.keys(), "host"]) {
    const own = source.filter((_, index) => owners[index] === name);
    t.same({ events: own.length, records: recordCount(own) }, wanted[name], name);
  }
  t.same({ events: source.length, records: recordCount(source) }, wanted["total"]);
});

t.test("the replay ends well, and its table has the number of events of each scope", async (t) => {
  const { code, stdout, stderr }: Ended = await replayed;
  t.same([code, stderr], [0, ""]);
  t.match(
    stdout,
    "135999 records captured = 0 malformed + 0 end-of-event + 135999 in 54805 events",
  );
  for (const name of byName.keys()) {
    const events = wanted[name]?.events;
    t.match(stdout, new RegExp(`^${name} +${events} +${events}( +0){7} +${events}$`, "m"));
  }
  t.match(stdout, /^host +175 +54805( +0){7} +54805$/m);
  t.match(stdout, /^accounting: every event is accounted for$/m);
});

for (const [name, contid] of byName) {
  t.test(`${name}'s log holds its events and no other, with its contid (CID-59)`, async (t) => {
    await replayed;
    const log = logOf(name);
    const own = source.filter((event) => ownerOf(event) === name);
    t.equal(log.length, wanted[name]?.events);
    t.equal(fault(log, own), undefined);
    t.equal(recordCount(log), own.length + (wanted[name]?.records ?? 0));
    for (const other of byName.values()) {
      if (other === contid) continue;
      t.notOk(log.some(({ records }) => records.some((record) => record.includes(other))));
    }
  });
}

t.test("the host's log holds all events, its own without a contid (CID-60, CID-90)", async (t) => {
  await replayed;
  const log = logOf("host");
  t.equal(log.length, source.length);
  t.equal(fault(log, source), undefined);
  const contained = source.length - (wanted["host"]?.events ?? 0);
  t.equal(recordCount(log), recordCount(source) + contained);
});

t.test("every log has serials of its own, from 1 and without a gap (CID-96)", async (t) => {
  await replayed;
  for (const name of ["host", ...byName.keys()]) t.equal(serialGap(logOf(name)), undefined, name);
});

t.test("logs are 0640 in folders of 0750, as auditd's (AUD-136)", async (t) => {
  await replayed;
  for (const name of ["host", ...byName.keys()]) {
    t.equal(statSync(join(out, name)).mode & 0o7777, 0o750, name);
    t.equal(statSync(join(out, name, "audit.log")).mode & 0o7777, 0o640, name);
  }
});

t.test("--json prints accounts that add up", async (t) => {
  await replayed;
  const json = join(out, "..", "json");
  const args = ["replay", LOG, "--containers", CONTAINERS, "--out", json, "--json"];
  const { code, stdout, stderr } = await cauditd(t, args);
  t.same([code, stderr], [0, ""]);
  const { host, scopes, problems, bus, seconds, stopped } = JSON.parse(stdout);
  t.same({ problems, bus, stopped }, { problems: [], bus: "memory", stopped: null });
  t.ok(seconds > 0);
  const { captured, malformed, eoe, records, events, open, direct } = host;
  t.equal(captured, malformed + eoe + records);
  t.same({ events, records, open }, { ...wanted["total"], open: 0 });
  t.same(Object.keys(direct).sort(), [...byName.keys(), "host"].sort());
  for (const scope of scopes) {
    const { name, contid, routed, filtered, disabled, lost, written, inFlight } = scope;
    const lostAll = lost.rate + lost.backlog + lost.bus + lost.disk;
    t.equal(routed, filtered + disabled + lostAll + written + inFlight, name);
    t.equal(contid, byName.get(name) ?? null);
    t.equal(scope.direct, wanted[name]?.events);
    t.equal(direct[name], scope.direct);
    t.equal(routed, name === "host" ? events : scope.direct);
    t.equal(scope.path, join(json, name, "audit.log"));
    t.equal(readLog(scope.path).length, written);
  }
  t.equal(scopes.length, byName.size + 1);
});
