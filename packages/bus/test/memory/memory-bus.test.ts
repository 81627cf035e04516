import { MemoryBus } from "@cauditd/bus";
import fc from "fast-check";
import t from "tap";
import { deliveryContract, type OpenBus, storageContract } from "../contract.ts";
import { commands, emptyModel, MODEL_LIMITS } from "../memory-bus-model.ts";

const open: OpenBus = async (t, limits) => {
  const bus = new MemoryBus(limits);
  t.teardown(() => bus.close());
  return bus;
};

t.test("delivery contract of a bus", async (t) => deliveryContract(t, open));
t.test("storage contract of a bus", async (t) => storageContract(t, open));

t.test("a frame is handed on by reference, not copied", async (t) => {
  const bus = new MemoryBus({ frames: 1, bytes: 1024 });
  const frame = new Uint8Array(256);
  await bus.publish("host", 1, frame);
  const got = await new Promise<Uint8Array>((resolve, reject) => {
    bus.subscribe("host", { window: 1 }, (delivery) => resolve(delivery.frame)).catch(reject);
  });
  t.equal(got, frame);
});

t.test("limits below 1 are refused", async (t) => {
  t.throws(() => new MemoryBus({ frames: 0, bytes: 1 }), { code: "EINVAL" });
  t.throws(() => new MemoryBus({ frames: 1, bytes: 0 }), { code: "EINVAL" });
  t.throws(() => new MemoryBus({ frames: 1.5, bytes: 1 }), { code: "EINVAL" });
});

t.test("any order of calls keeps first-in first-out, window and at-least-once", async (t) => {
  await t.resolves(
    fc.assert(
      fc.asyncProperty(commands(), async (steps) => {
        const bus = new MemoryBus(MODEL_LIMITS);
        const setup = () => ({ model: emptyModel(), real: { bus, collectors: new Map() } });
        await fc.asyncModelRun(setup, steps);
        await bus.close();
      }),
      { numRuns: 150 },
    ),
  );
});
