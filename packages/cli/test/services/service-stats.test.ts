import { Auditd, type ServeFailure } from "@cauditd/auditd";
import { MemoryBus } from "@cauditd/bus";
import { Dispatcher } from "@cauditd/dispatcher";
import t from "tap";
import { dispatcherStats, failures, workerStats } from "../../src/services/service-stats.ts";
import { fakeIo } from "../fake-io.ts";
import { events } from "../records.ts";

t.test("dispatcher and worker tell of the same events, each of its own part", async (t) => {
  const bus = new MemoryBus({ frames: 8, bytes: 1_000_000 });
  const dispatcher = new Dispatcher({ bus, onFull: "wait" });
  dispatcher.register({ name: "web", contid: 1n, pid: 100 });
  const auditd = new Auditd(bus, t.testdir({}), fakeIo().log);
  const served = await auditd.serve("web", "1");
  dispatcher.push(Buffer.from(events(1, 3, 100)));
  await dispatcher.end();
  await served.reached(1);
  t.match(dispatcherStats(dispatcher, "node1"), {
    ...{ role: "dispatcher", name: "node1", host: "node1", instances: [], problems: [] },
    queues: [
      { name: "host", scope: "host", routed: 3, published: 3 },
      { name: "web", scope: "1", routed: 3, published: 3 },
    ],
    source: { events: 3 },
  });
  const problem = "/run/s: no such file (ENOENT)";
  t.match(dispatcherStats(dispatcher, "node1", { problem }), { problems: [problem] });
  const unserved: ServeFailure[] = [];
  const worker = { connected: true, scopes: ["1"], failures: unserved };
  t.match(workerStats({ auditd, worker }, "node1", "w1"), {
    ...{ role: "auditd", name: "w1", host: "node1", queues: [], problems: [], pid: process.pid },
    leases: 1,
    instances: [{ name: "web", scope: "1", account: { routed: 3, written: 3 } }],
  });
  worker.connected = false;
  const problems = ["the NATS server does not answer"];
  t.match(workerStats({ auditd, worker }, "node1", "w1"), { problems });
  unserved.push({ name: "db", failure: "EACCES: /logs/db" });
  t.match(workerStats({ auditd, worker }, "node1", "w1"), {
    problems: [...problems, "db: EACCES: /logs/db"],
  });
  await auditd.stop();
  await bus.close();
});

t.test("what does not work is told by name", async (t) => {
  t.same(failures([{ name: "web", failure: "EIO" }, { name: "db" }]), ["web: EIO"]);
});
