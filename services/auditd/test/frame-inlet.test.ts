import { type Delivery, MemoryBus } from "@cauditd/bus";
import t from "tap";
import { FrameInlet } from "../src/frame-inlet.ts";

const LIMITS = { frames: 8, bytes: 1000 };

t.test("a scope that is claimed is nobody else's, and is read when it begins", async (t) => {
  const bus = new MemoryBus(LIMITS);
  await bus.publish("4", 1, new Uint8Array(1));
  const inlet = await FrameInlet.open(bus, "4");
  await t.rejects(FrameInlet.open(bus, "4"), { code: "EBUSY" });
  const delivered = await new Promise<Delivery>((resolve, reject) => inlet.begin(resolve, reject));
  t.equal(delivered.sequence, 1);
  await inlet.close();
  await (await FrameInlet.open(bus, "4")).close();
});

t.test("a claim that is lost before it begins cannot begin", async (t) => {
  const bus = new MemoryBus(LIMITS);
  const leased = (token: number) => ({ token, holds: () => true });
  const first = await FrameInlet.open(bus, "4", leased(1));
  await FrameInlet.open(bus, "4", leased(2));
  t.throws(
    () =>
      first.begin(
        () => undefined,
        () => undefined,
      ),
    { code: "EBUSY" },
  );
});

t.test("what ends the subscription later is told", async (t) => {
  const bus = new MemoryBus(LIMITS);
  const inlet = await FrameInlet.open(bus, "4");
  const told = new Promise<Error>((resolve) => inlet.begin(() => undefined, resolve));
  await bus.remove("4");
  t.match(await told, { code: "ENOENT" });
});
