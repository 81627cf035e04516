import {
  ControlDesk,
  type ControlTransport,
  MemoryBus,
  MemoryKeys,
  memoryTransport,
} from "@cauditd/bus";
import { Control, localRoot } from "@cauditd/dispatcher";
import { carryOut, DEFAULT_POLICY, Instance, type InstanceRequest } from "@cauditd/kernel";
import { AuditError, Errno } from "@cauditd/libaudit";
import t from "tap";
import { ControlledService } from "../../src/service/controlled-service.ts";
import { HostBook } from "../../src/service/host-book.ts";
import { DispatcherService } from "../../src/service/service.ts";

/** A worker with all instances, behind transports; `away` are not answered for. */
function workers() {
  const instances = new Map<string, Instance>();
  const asked: string[] = [];
  const away = new Set<string>();
  const of = (scope: string): ControlTransport => {
    const desk = new ControlDesk({
      now: Date.now,
      isPrincipal: () => true,
      verbs: new Map(
        ["status", "summary", "rules-delete-all", "reached", "end", "switch-off", "status-set"].map(
          (verb) => [verb, { reads: true }],
        ),
      ),
      handler: async ({ verb, body }) => {
        asked.push(`${scope} ${verb}`);
        if (away.has(scope)) throw new AuditError(Errno.EHOSTDOWN, scope);
        if (verb === "reached" || verb === "end") return null;
        const instance = instances.get(scope) ?? new Instance(scope);
        instances.set(scope, instance);
        return carryOut(instance, { verb, ...(body as object) } as InstanceRequest);
      },
      onError: () => undefined,
    });
    return memoryTransport(desk, "dispatcher");
  };
  return { instances, asked, away, requests: { of, close: async () => undefined } };
}

t.test("requests go to the instances' processes, and their records behind them", async (t) => {
  const far = workers();
  const told = { warn: () => undefined, error: () => undefined };
  const bus = new MemoryBus({ frames: 64, bytes: 1 << 20 });
  const service = await DispatcherService.start({
    bus,
    book: await HostBook.open(new MemoryKeys().open(), () => 1),
    source: { run: async () => undefined },
    containers: [{ name: "web", contid: 7n, pid: 100 }],
    told,
  });
  const now = (): number => 1_700_000_000_000;
  const { requests } = far;
  const node = new ControlledService({ service, requests, told, now, stat: () => undefined });
  const control = new Control({
    node,
    principals: [localRoot("root", 1)],
    policy: DEFAULT_POLICY,
    now,
    later: () => () => undefined,
  });
  t.match(await control.handle("root", "status", { scope: "web" }), { enabled: 1 });
  await control.handle("root", "status-set", { scope: "web", enabled: 0 });
  t.equal(far.instances.get("7")?.status.enabled, 0);
  t.same(far.asked, ["7 status", "7 status-set", "7 reached", "7 switch-off"]);
  t.equal((await bus.state("7")).frames, 1, "its record");
  far.away.add("host");
  const listed = await control.handle("root", "instances", {});
  t.match(listed, { instances: [{ name: "web", enabled: 0 }], away: ["host"] });
  await t.rejects(control.handle("root", "status", {}), { code: "EHOSTDOWN" });
  far.asked.length = 0;
  await control.handle("root", "end", { contid: "7" });
  t.ok(far.asked.includes("7 end"));
  t.equal(node.registry.named("web"), undefined);
});
