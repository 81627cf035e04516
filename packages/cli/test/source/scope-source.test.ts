import { join } from "node:path";
import { serveNatsStats } from "@cauditd/bus";
import t from "tap";
import { startNatsServer } from "../../../bus/test/nats-server.ts";
import { instanceStats, processStats } from "../../../operations/test/process-stats.ts";
import { openScopes } from "../../src/source/scope-source.ts";

t.test("all processes of a host are asked, and what is no answer is passed over", async (t) => {
  const { url } = await startNatsServer(t, { jetstream: false });
  const source = await openScopes({ host: "node1" }, { NATS_URL: url });
  t.teardown(() => source.close());
  await t.rejects(source.look(), { code: "EHOSTUNREACH" });
  const options = { url, host: "node1", version: "0.1.0" };
  const stats = processStats({ role: "auditd", name: "w1", instances: [instanceStats()] });
  const worker = await serveNatsStats({ ...options, role: "auditd" }, () => stats);
  const odd = await serveNatsStats({ ...options, role: "dispatcher" }, () => ({ odd: true }));
  t.teardown(() => Promise.all([worker.close(), odd.close()]));
  t.match(await source.look(), {
    rows: [{ name: "web", scope: "1001", owner: "w1" }],
    processes: [{ name: "w1" }],
  });
});

t.test("a socket goes before NATS_URL, and one that is not there is told of", async (t) => {
  const socket = join(t.testdir({}), "none.sock");
  const env = { NATS_URL: "nats://127.0.0.1:1" };
  for (const source of [
    await openScopes({ socket }, env),
    await openScopes({}, { ...env, CAUDITD_SOCKET: socket }),
  ]) {
    await t.rejects(source.look(), { name: "Unreachable", message: /none\.sock/ });
    await source.close();
  }
});
