// A replay that is stopped: how it ends, what it says, and what is in the logs.
import { spawnSync } from "node:child_process";
import { open } from "node:fs/promises";
import { join } from "node:path";
import t, { type Test } from "tap";
import { startNatsServer } from "../../packages/bus/test/nats-server.ts";
import { events, isContidRecord, readLog, serialGap, withoutSerial } from "../support/audit-log.ts";
import { feed, start } from "../support/cauditd.ts";
import { CONTAINERS, contids, LOG, logBytes, ownerOf } from "../support/corpus.ts";

const bytes = logBytes();
const half = Math.floor(bytes.length / 2);

/** The whole lines of the first `size` bytes. */
function wholeLines(size: number): Buffer {
  return bytes.subarray(0, bytes.lastIndexOf("\n", size - 1) + 1);
}

function fifo(t: Test): string {
  const path = join(t.testdir({}), "fifo");
  t.equal(spawnSync("mkfifo", [path]).status, 0);
  return path;
}

t.test("SIGTERM half-way: exit code 143, whole records only, all accounted for", async (t) => {
  const out = join(t.testdir({}), "out");
  const running = start(t, ["replay", "-", "--containers", CONTAINERS, "--out", out, "--json"]);
  await feed(running, bytes.subarray(0, half));
  running.child.kill("SIGTERM");
  const { code, stdout, stderr } = await running.ended;
  t.equal(code, 143);
  const said = /^cauditd: stopped after (\d+) lines, in log 1 of 1 \(stdin, (\d+) bytes read\); /;
  const [, lines, read] = said.exec(stderr) ?? [];
  t.ok(Number(read) > 0 && Number(read) <= half, `${read} bytes were read`);
  const taken = wholeLines(Number(read));
  t.equal(Number(lines), taken.toString("latin1").split("\n").length - 1);

  const { host, scopes, problems, stopped } = JSON.parse(stdout);
  t.same({ problems, stopped }, { problems: [], stopped: "SIGTERM" });
  t.same([host.captured, host.records, host.open], [Number(lines), Number(lines), 0]);
  for (const { name, path, written, routed, inFlight } of scopes) {
    const log = readLog(path);
    t.same([routed, inFlight, written], [written, 0, log.length], name);
    t.equal(serialGap(log), undefined);
  }
  const text = (records: readonly string[]): string => records.map(withoutSerial).join("\n");
  const source = events(taken)
    .map(({ records }) => text(records))
    .sort();
  const written = readLog(join(out, "host/audit.log"))
    .map(({ records }) => text(records.filter((record) => !isContidRecord(record))))
    .sort();
  t.ok(written.join("\n") === source.join("\n"), "the host's log is what was taken, no more");
  const own = new Map<string, number>([...contids().keys()].map((name) => [name, 0]));
  for (const event of events(taken)) own.set(ownerOf(event), (own.get(ownerOf(event)) ?? 0) + 1);
  t.ok((own.get("c20001") ?? 0) > 1000, "the containers had begun");
  for (const { name, direct } of scopes) t.equal(direct, own.get(name), name);
});

t.test("SIGINT while a FIFO is silent: exit code 130, the log behind it is not read", async (t) => {
  const silent = fifo(t);
  const out = join(t.testdirName, "out");
  const running = start(t, ["replay", silent, LOG, "--containers", CONTAINERS, "--out", out]);
  // Opens when the replay has opened the other end.
  const writer = await open(silent, "w");
  t.teardown(() => writer.close());
  running.child.kill("SIGINT");
  const { code, stdout, stderr } = await running.ended;
  t.equal(code, 130);
  t.match(stderr, `stopped after 0 lines, in log 1 of 2 (${silent}, 0 bytes read)`);
  t.match(stdout, "accounting: every event is accounted for");
});

t.test("a second signal ends the process even while the bus hangs", async (t) => {
  const server = await startNatsServer(t);
  const out = join(t.testdirName, "out");
  const args = ["replay", "-", "--containers", CONTAINERS, "--out", out, "--nats", server.url];
  const running = start(t, args);
  await feed(running, bytes.subarray(0, half));
  process.kill(server.pid, "SIGSTOP");
  const asking = setInterval(() => running.child.kill("SIGTERM"), 100);
  t.teardown(() => clearInterval(asking));
  const { code, signal } = await running.ended;
  t.same([code, signal], [null, "SIGTERM"]);
});
