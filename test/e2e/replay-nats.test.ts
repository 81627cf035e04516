// The same replay over a real NATS server: the logs are the same, whatever happens to the server.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "nats";
import t, { type Test } from "tap";
import { startNatsServer } from "../../packages/bus/test/nats-server.ts";
import { cauditd, type Ended, feed, start } from "../support/cauditd.ts";
import { CONTAINERS, contids, expected, LOG, logBytes } from "../support/corpus.ts";

const names = ["host", ...contids().keys()];
const folder = t.testdir({});
const memory = join(folder, "memory");
const reference = cauditd(t, ["replay", LOG, "--containers", CONTAINERS, "--out", memory]);

/** The first log that differs from that of the replay without NATS. */
function firstDifference(out: string): string | undefined {
  return names.find((name) => {
    const is = readFileSync(join(out, name, "audit.log"));
    return !is.equals(readFileSync(join(memory, name, "audit.log")));
  });
}

/** Names of the streams on a server. */
async function streams(t: Test, url: string): Promise<string[]> {
  const connection = await connect({ servers: url });
  t.teardown(() => connection.close());
  const jsm = await connection.jetstreamManager();
  return await jsm.streams.names().next();
}

function isGood(t: Test, { code, stdout, stderr }: Ended): void {
  t.same([code, stderr], [0, ""]);
  t.match(stdout, `135999 in ${expected()["total"]?.events} events`);
  t.match(stdout, "accounting: every event is accounted for");
}

t.test("the logs are byte for byte those without NATS, and the stream is gone", async (t) => {
  const server = await startNatsServer(t);
  const out = join(folder, "nats");
  const args = ["--containers", CONTAINERS, "--out", out, "--nats", server.url];
  isGood(t, await reference);
  isGood(t, await cauditd(t, ["replay", LOG, ...args]));
  t.equal(firstDifference(out), undefined);
  t.same(await streams(t, server.url), []);
});

t.test("a server that crashes half-way and comes back costs no event", async (t) => {
  const server = await startNatsServer(t);
  const out = join(folder, "crash");
  const args = ["--containers", CONTAINERS, "--out", out, "--nats", server.url];
  const running = start(t, ["replay", "-", ...args]);
  const bytes = logBytes();
  const half = Math.floor(bytes.length / 2);
  await feed(running, bytes.subarray(0, half));
  t.equal((await streams(t, server.url)).length, 1, "the replay has a stream");
  await server.kill();
  running.child.stdin.end(bytes.subarray(half));
  await server.restart();
  await reference;
  isGood(t, await running.ended);
  t.equal(firstDifference(out), undefined);
  t.same(await streams(t, server.url), []);
});

t.test("a stop by signal leaves no stream behind", async (t) => {
  const server = await startNatsServer(t);
  const out = join(folder, "stopped");
  const args = ["--containers", CONTAINERS, "--out", out, "--nats", server.url];
  const running = start(t, ["replay", "-", ...args]);
  await feed(running, logBytes().subarray(0, 1_000_000));
  t.equal((await streams(t, server.url)).length, 1, "the replay has a stream");
  running.child.kill("SIGTERM");
  t.equal((await running.ended).code, 143);
  t.same(await streams(t, server.url), []);
});

t.test("without a server the replay ends with a clear error, and writes nothing", async (t) => {
  const args = ["replay", LOG, "--containers", CONTAINERS, "--out"];
  const nowhere = ["--nats", "nats://127.0.0.1:1"];
  const out = join(folder, "unreachable");
  const absent = await cauditd(t, [...args, out, ...nowhere]);
  t.equal(absent.code, 1);
  t.match(absent.stderr, /^cauditd: ECONNREFUSED: .*nats:\/\/127\.0\.0\.1:1.*\n$/);
  t.throws(() => readFileSync(join(out, "host/audit.log")), { code: "ENOENT" });

  await reference;
  const before = readFileSync(join(memory, "c20001/audit.log"));
  const forced = await cauditd(t, [...args, memory, "--force", ...nowhere]);
  t.equal(forced.code, 1);
  t.ok(readFileSync(join(memory, "c20001/audit.log")).equals(before), "--force removed nothing");
});
