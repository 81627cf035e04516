// Dispatcher and workers as processes over a real NATS server: the logs are those of one process.
import { join } from "node:path";
import t from "tap";
import { startNatsServer } from "../../packages/bus/test/nats-server.ts";
import { cauditd } from "../support/cauditd.ts";
import { CONTAINERS, LOG } from "../support/corpus.ts";
import {
  complete,
  firstDifference,
  NAMES,
  servicesHost,
  sizeOf,
  until,
} from "../support/services.ts";

const folder = t.testdir({ plain: {}, kill: {}, nats: {}, move: {} });
const reference = join(folder, "reference");
const made = cauditd(t, ["replay", LOG, "--containers", CONTAINERS, "--out", reference]);

t.test("dispatcher and two workers make the logs of the embedded run, byte for byte", async (t) => {
  await made;
  const server = await startNatsServer(t);
  const host = servicesHost(t, join(folder, "plain"), server.url);
  const workers = [await host.worker("a"), await host.worker("b")];
  const { code, stdout, stderr } = await host.dispatcher().ended;
  t.same([code, stderr], [0, ""]);
  t.match(stdout, /"scope":"host","routed":54805,"skipped":0,"published":54805,"lost":0,"held":0/);
  await complete(host.logs, reference);
  for (const worker of workers) worker.child.kill("SIGTERM");
  for (const worker of workers) t.same((await worker.ended).code, 0);
  t.equal(firstDifference(host.logs, reference), undefined);
});

t.test("workers and dispatcher killed at their work lose nothing and double nothing", async (t) => {
  await made;
  const server = await startNatsServer(t);
  const host = servicesHost(t, join(folder, "kill"), server.url);
  const doomed = await host.worker("a");
  let dispatcher = host.dispatcher();
  await until(() => sizeOf(host.logs, "host") > 2_000_000);
  dispatcher.child.kill("SIGKILL");
  await dispatcher.ended;
  dispatcher = host.dispatcher();
  await until(() => sizeOf(host.logs, "host") > 8_000_000);
  doomed.child.kill("SIGKILL");
  await doomed.ended;
  const heirs = [await host.worker("b"), await host.worker("c")];
  const { code, stderr } = await dispatcher.ended;
  t.same([code, stderr], [0, ""]);
  await complete(host.logs, reference);
  for (const worker of heirs) worker.child.kill("SIGTERM");
  for (const worker of heirs) t.same((await worker.ended).code, 0);
  t.equal(firstDifference(host.logs, reference), undefined);
});

t.test("a worker that stops hands its scopes on, and one that comes takes some", async (t) => {
  await made;
  const server = await startNatsServer(t);
  const host = servicesHost(t, join(folder, "move"), server.url, 30);
  const first = await host.worker("a");
  const dispatcher = host.dispatcher();
  await until(() => sizeOf(host.logs, "host") > 2_000_000);
  const second = await host.worker("b");
  first.child.kill("SIGTERM");
  const { code, stderr } = await first.ended;
  t.same([code, stderr], [0, ""]);
  t.equal((await dispatcher.ended).code, 0);
  // Within the lease of the first: it has given its scopes back.
  await complete(host.logs, reference);
  second.child.kill("SIGTERM");
  t.equal((await second.ended).code, 0);
  t.equal(firstDifference(host.logs, reference), undefined);
});

t.test("a NATS server that crashes and comes back costs nothing", async (t) => {
  await made;
  const server = await startNatsServer(t);
  const host = servicesHost(t, join(folder, "nats"), server.url);
  const workers = [await host.worker("a"), await host.worker("b")];
  const dispatcher = host.dispatcher();
  await until(() => NAMES.some((name) => sizeOf(host.logs, name) > 1_000_000));
  await server.kill();
  await server.restart();
  t.equal((await dispatcher.ended).code, 0);
  await complete(host.logs, reference);
  for (const worker of workers) worker.child.kill("SIGTERM");
  for (const worker of workers) t.same((await worker.ended).code, 0);
  t.equal(firstDifference(host.logs, reference), undefined);
});
