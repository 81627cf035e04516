// Dispatcher, workers and a consumer as processes: what a tenant gets, whatever is killed.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { startNatsServer } from "../../packages/bus/test/nats-server.ts";
import { cauditd, start } from "../support/cauditd.ts";
import { CONTAINERS, contids, LOG } from "../support/corpus.ts";
import {
  complete,
  firstDifference,
  NAMES,
  type ServicesHost,
  servicesHost,
  sizeOf,
  until,
} from "../support/services.ts";

t.setTimeout(240_000);

const STREAMS = { streams: { megabytes: 128 } };
const folder = t.testdir({ kill: {}, stall: {} });
const reference = join(folder, "reference");
const made = cauditd(t, ["replay", LOG, "--containers", CONTAINERS, "--out", reference]);
const scopeOf = (name: string): string => contids().get(name) ?? "host";

/** Checks that each stream has what the log of the embedded run has, once and in order. */
async function areEqual(t: Test, nats: string): Promise<void> {
  for (const name of NAMES) {
    const args = ["tail", scopeOf(name), "--nats", nats, "--host", "h1"];
    const { stdout, stderr, code } = await cauditd(t, args);
    t.same([code, stderr], [0, ""], "no serial is missing");
    const log = readFileSync(join(reference, name, "audit.log"), "utf8");
    t.ok(stdout === log, `the stream of ${name} equals its log`);
  }
}

async function ends(t: Test, host: ServicesHost, names: readonly string[]): Promise<void> {
  const workers = await Promise.all(names.map((name) => host.worker(name)));
  await complete(host.logs, reference);
  for (const worker of workers) worker.child.kill("SIGTERM");
  for (const worker of workers) t.same((await worker.ended).code, 0);
  t.equal(firstDifference(host.logs, reference), undefined);
}

t.test(
  "workers and the server are killed; streams and a consumer have each event once",
  async (t) => {
    await made;
    const server = await startNatsServer(t);
    const host = servicesHost(t, join(folder, "kill"), server.url, 1, STREAMS);
    const [name = ""] = contids().keys();
    const out = join(folder, "kill", "consumed.log");
    const nats = ["--nats", server.url, "--host", "h1"];
    const consumer = start(t, ["consumer", scopeOf(name), ...nats, "--out", out]);
    const doomed = await host.worker("a");
    const dispatcher = host.dispatcher();
    await until(() => sizeOf(host.logs, "host") > 2_000_000);
    await server.kill();
    await server.restart();
    await until(() => sizeOf(host.logs, "host") > 8_000_000);
    doomed.child.kill("SIGKILL");
    await doomed.ended;
    await ends(t, host, ["b", "c"]);
    t.equal((await dispatcher.ended).code, 0);
    await areEqual(t, server.url);
    const log = readFileSync(join(reference, name, "audit.log"));
    await until(() => readFileSync(out).length >= log.length);
    consumer.child.kill("SIGTERM");
    t.equal((await consumer.ended).code, 0);
    t.ok(readFileSync(out).equals(log), "the consumer's file equals the log");
  },
);

t.test("a worker that was stopped for longer than its lease stores nothing more", async (t) => {
  await made;
  const server = await startNatsServer(t);
  const host = servicesHost(t, join(folder, "stall"), server.url, 1, STREAMS);
  const stalled = await host.worker("a");
  const dispatcher = host.dispatcher();
  await until(() => sizeOf(host.logs, "host") > 2_000_000);
  stalled.child.kill("SIGSTOP");
  const heir = await host.worker("b");
  await until(() => sizeOf(host.logs, "host") > 8_000_000);
  stalled.child.kill("SIGCONT");
  t.equal((await dispatcher.ended).code, 0);
  await complete(host.logs, reference);
  for (const worker of [stalled, heir]) worker.child.kill("SIGTERM");
  for (const worker of [stalled, heir]) t.same((await worker.ended).code, 0);
  t.equal(firstDifference(host.logs, reference), undefined);
  await areEqual(t, server.url);
});
