import { join } from "node:path";
import { Auditd, AuditdInstance, InstanceLog, instanceStats } from "@cauditd/auditd";
import { MemoryBus, MemoryTenantStreams } from "@cauditd/bus";
import t from "tap";
import { encode, simpleEvents } from "./frames.ts";
import { HandBus, Told } from "./hand-bus.ts";

t.test("an instance tells its counts, its backlog and its log", async (t) => {
  const told = new Told();
  const log = await InstanceLog.open(join(t.testdir({}), "audit.log"), { log: told });
  const served = new AuditdInstance({ name: "web", scope: "4", log, told });
  const bus = new HandBus();
  await served.start(bus);
  bus.deliver(1, encode("4", 1, simpleEvents(3)));
  bus.deliver(2, Buffer.from("no frame"));
  await served.reached(2);
  const stats = instanceStats(served);
  t.match(stats, {
    name: "web",
    scope: "4",
    account: { routed: 3, written: 3, inFlight: 0 },
    serial: 3,
    backlog: 0,
    backlogLimit: 8192,
    enabled: 1,
    rules: 1,
    refused: 1,
    log: { suspended: false },
  });
  t.ok(stats.backlogPeak >= 3 && stats.log.written > 0 && stats.log.size === stats.log.written);
  t.notOk("failure" in stats);
  t.not(stats.account, served.account, "what is told does not change any more");
  await served.stop();
});

t.test("an instance with a stream tells how far that is", async (t) => {
  const told = new Told();
  const auditd = new Auditd(new MemoryBus({ frames: 8, bytes: 1 << 20 }), t.testdir({}), told);
  const streams = new MemoryTenantStreams().open();
  const stream = { streams, limits: { bytes: 1 << 20, age: 0 }, consumers: ["main"] };
  const served = await auditd.serve("web", "4", { stream });
  t.same(instanceStats(served).stream, { events: 0, behind: 0, missed: 0, failures: 0 });
  await streams.close();
  await auditd.stop();
});
