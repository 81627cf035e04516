import { type Delivery, MemoryBus } from "@cauditd/bus";
import t from "tap";
import type { Stage } from "../src/latency.ts";
import { TimedBus } from "../src/timed-bus.ts";

t.test("frames are timed when they are stored, and when they are acknowledged", async (t) => {
  let now = 100;
  const observed: [Stage, number][] = [];
  const latency = { observe: (stage: Stage, ms: number) => observed.push([stage, ms]) };
  const bus = new TimedBus(new MemoryBus({ frames: 1, bytes: 100 }), latency, () => now);
  t.equal(bus.kind, "memory");
  t.equal(await bus.publish("host", 1, Buffer.from("frame")), "stored");
  t.equal(await bus.publish("host", 2, Buffer.from("frame")), "full");
  t.equal(await bus.publish("host", 1, Buffer.from("frame")), "duplicate");
  t.same(observed, [["publish", 0]], "what was not stored is not timed");
  const delivered: Delivery[] = [];
  const arrived = new Promise<void>((resolve) => {
    void bus.subscribe("host", { window: 1 }, (delivery) => {
      delivered.push(delivery);
      resolve();
    });
  });
  await arrived;
  t.match(delivered[0], { sequence: 1, redelivered: false, frame: Buffer.from("frame") });
  now += 7;
  delivered[0]?.ack();
  delivered[0]?.ack();
  t.same(observed.slice(1), [["log", 7]], "once");
  t.same(await bus.state("host"), { frames: 0, bytes: 0 });
  t.type(bus.epoch("host"), "string");
  await bus.remove("host");
  await bus.close();
  await t.rejects(bus.publish("host", 3, Buffer.from("frame")), { code: "ESHUTDOWN" });
});
