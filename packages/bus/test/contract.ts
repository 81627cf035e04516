// What every Bus keeps: the same tests for each kind of bus.
import {
  type Bus,
  MAX_FRAME_BYTES,
  type QueueLimits,
  type QueueState,
  WINDOW_MAX,
} from "@cauditd/bus";
import type { Test } from "tap";
import { Collector } from "./collector.ts";

/** Makes an empty bus that is closed when `t` ends. */
export type OpenBus = (t: Test, limits: QueueLimits) => Promise<Bus>;

const ROOMY: QueueLimits = { frames: 256, bytes: 64 * 1024 * 1024 };

function frame(length: number, fill = 1): Uint8Array {
  return new Uint8Array(length).fill(fill);
}

async function publishAll(bus: Bus, scope: string, from: number, to: number): Promise<void> {
  for (let sequence = from; sequence <= to; sequence++) {
    await bus.publish(scope, sequence, frame(8, sequence));
  }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

/** An acknowledgement shows up soon: asks until it does; the test's timeout is the bound. */
async function reaches(bus: Bus, scope: string, wanted: QueueState): Promise<QueueState> {
  for (;;) {
    const state = await bus.state(scope);
    if (state.frames === wanted.frames && state.bytes === wanted.bytes) return state;
  }
}

/** Passes a frame through a scope of its own, so that everything before had its chance. */
async function fence(bus: Bus, scope: string): Promise<void> {
  const collector = await Collector.open(bus, scope, 1, true);
  await bus.publish(scope, 1, frame(1));
  await collector.until(1);
  await collector.close();
}

/** Tests of order, redelivery and window. */
export function deliveryContract(t: Test, open: OpenBus): void {
  t.test("frames of a scope come unchanged and in the order published", async (t) => {
    const bus = await open(t, ROOMY);
    const collector = await Collector.open(bus, "7", 4, true);
    await publishAll(bus, "7", 1, 50);
    await collector.until(50);
    t.same(collector.sequences, range(1, 50));
    t.same([...(collector.deliveries[41]?.frame ?? [])], new Array(8).fill(42));
    t.notOk(collector.deliveries.some(({ redelivered }) => redelivered));
  });

  t.test("calls that are not awaited are stored in the order made", async (t) => {
    const bus = await open(t, ROOMY);
    const outcomes = await Promise.all(
      range(1, 60).map((sequence) => bus.publish("host", sequence, frame(8))),
    );
    t.same(new Set(outcomes), new Set(["stored"]));
    const collector = await Collector.open(bus, "host", 16, true);
    await collector.until(60);
    t.same(collector.sequences, range(1, 60));
  });

  t.test("a frame of the greatest length passes", async (t) => {
    const bus = await open(t, ROOMY);
    const collector = await Collector.open(bus, "7", 1, true);
    t.equal(await bus.publish("7", 1, frame(MAX_FRAME_BYTES, 0xa5)), "stored");
    await collector.until(1);
    t.ok(Buffer.from(collector.deliveries[0]?.frame ?? []).equals(frame(MAX_FRAME_BYTES, 0xa5)));
    await reaches(bus, "7", { frames: 0, bytes: 0 });
  });

  t.test("a frame comes with its place and the range of its source", async (t) => {
    const bus = await open(t, ROOMY);
    const collector = await Collector.open(bus, "7", 4, true);
    await bus.publish("7", 1, frame(1), { id: "log", first: 1, last: 5 });
    await bus.publish("7", 2, frame(1));
    await collector.until(2);
    const epoch = bus.epoch("7");
    t.match(collector.deliveries, [
      { epoch, sequence: 1, source: { id: "log", first: 1, last: 5 } },
      { epoch, sequence: 2, source: undefined },
    ]);
  });

  t.test("a paused subscription has the scope, and gets nothing before it goes on", async (t) => {
    const bus = await open(t, ROOMY);
    await publishAll(bus, "7", 1, 3);
    const collector = new Collector(true);
    const paused = { window: 4, paused: true };
    const subscription = await bus.subscribe("7", paused, (one) => collector.take(one));
    await t.rejects(Collector.open(bus, "7", 1, true), { code: "EBUSY" });
    await fence(bus, "8");
    t.same(collector.sequences, []);
    subscription.resume();
    await collector.until(3);
    t.same(collector.sequences, [1, 2, 3]);
  });

  t.test("nothing is acknowledged behind the end of a lease", async (t) => {
    const bus = await open(t, ROOMY);
    await publishAll(bus, "7", 1, 3);
    const collector = new Collector(false);
    let holds = true;
    const lease = { token: 1, holds: () => holds };
    const options = { window: 2, lease };
    const subscription = await bus.subscribe("7", options, (one) => collector.take(one));
    await collector.until(2);
    holds = false;
    for (const { ack } of collector.deliveries) ack();
    await fence(bus, "8");
    t.equal((await bus.state("7")).frames, 3);
    await subscription.close();
  });

  t.test("no more than the window is out, and an ack makes room for one", async (t) => {
    const bus = await open(t, ROOMY);
    const collector = await Collector.open(bus, "7", 3, false);
    await publishAll(bus, "7", 1, 10);
    await collector.until(3);
    await fence(bus, "8");
    t.same(collector.sequences, [1, 2, 3]);
    collector.deliveries[1]?.ack();
    await collector.until(4);
    await fence(bus, "9");
    t.same(collector.sequences, [1, 2, 3, 4]);
  });

  t.test("CID-99: a subscriber who never acknowledges delays no other scope", async (t) => {
    const bus = await open(t, { frames: 5, bytes: 1000 });
    const stuck = await Collector.open(bus, "1", 2, false);
    await publishAll(bus, "1", 1, 5);
    await stuck.until(2);
    t.equal(await bus.publish("1", 6, frame(8)), "full");
    const collector = await Collector.open(bus, "2", 2, true);
    for (let sequence = 1; sequence <= 40; sequence++) {
      t.equal(await bus.publish("2", sequence, frame(8)), "stored");
      await collector.until(sequence);
      await reaches(bus, "2", { frames: 0, bytes: 0 });
    }
    t.same(stuck.sequences, [1, 2]);
  });

  t.test("the next subscriber gets what was not acknowledged, in order, marked", async (t) => {
    const bus = await open(t, ROOMY);
    await publishAll(bus, "7", 1, 8);
    const first = await Collector.open(bus, "7", 5, false);
    await first.until(5);
    first.deliveries[0]?.ack();
    first.deliveries[2]?.ack();
    await first.close();
    const second = await Collector.open(bus, "7", 5, true);
    await second.until(6);
    t.same(second.sequences, [2, 4, 5, 6, 7, 8]);
    const marked = second.deliveries.map(({ redelivered }) => redelivered);
    // The first acknowledgement made room: frame 6 may have been on its way.
    t.same([...marked.slice(0, 3), ...marked.slice(4)], [true, true, true, false, false]);
    await reaches(bus, "7", { frames: 0, bytes: 0 });
  });

  t.test("nothing is delivered once close has resolved, and late acks do nothing", async (t) => {
    const bus = await open(t, ROOMY);
    const first = await Collector.open(bus, "7", 3, false);
    await publishAll(bus, "7", 1, 3);
    await first.until(3);
    await Promise.all([first.close(), first.close()]);
    await publishAll(bus, "7", 4, 5);
    for (const delivery of first.deliveries) delivery.ack();
    await fence(bus, "8");
    t.same(first.sequences, [1, 2, 3]);
    t.equal((await bus.state("7")).frames, 5);
  });

  t.test("a subscriber may close while it is handed a frame", async (t) => {
    const bus = await open(t, ROOMY);
    await publishAll(bus, "7", 1, 4);
    const seen: number[] = [];
    await new Promise<void>((resolve, reject) => {
      const subscribed = bus.subscribe("7", { window: 4 }, ({ sequence, ack }) => {
        seen.push(sequence);
        if (sequence === 1) ack();
        else subscribed.then((subscription) => subscription.close()).then(resolve, reject);
      });
    });
    const next = await Collector.open(bus, "7", 4, true);
    await next.until(3);
    t.same(next.sequences, [2, 3, 4]);
  });

  t.test("what a listener throws goes to its error listener, and delivery goes on", async (t) => {
    const bus = await open(t, ROOMY);
    const collector = new Collector(true);
    await bus.subscribe(
      "7",
      { window: 4 },
      (delivery) => {
        collector.take(delivery);
        if (delivery.sequence === 2) throw new Error("no room on the disk");
      },
      (error) => collector.fail(error),
    );
    await publishAll(bus, "7", 1, 4);
    await collector.until(4);
    t.same(collector.sequences, [1, 2, 3, 4]);
    t.match(collector.errors, [{ message: "no room on the disk" }]);
  });
}

/** Tests of what is stored, how much, and what is refused. */
export function storageContract(t: Test, open: OpenBus): void {
  t.test("a sequence that was stored is a duplicate, also after its ack", async (t) => {
    const bus = await open(t, { frames: 2, bytes: 1000 });
    t.equal(await bus.publish("7", 1, frame(8)), "stored");
    t.equal(await bus.publish("7", 1, frame(8)), "duplicate");
    t.equal(await bus.publish("7", 2, frame(8)), "stored");
    t.equal(await bus.publish("7", 2, frame(8)), "duplicate", "even when the queue is full");
    t.same(await bus.state("7"), { frames: 2, bytes: 16 });
    const collector = await Collector.open(bus, "7", 4, true);
    await collector.until(2);
    await reaches(bus, "7", { frames: 0, bytes: 0 });
    t.equal(await bus.publish("7", 2, frame(8)), "duplicate");
    t.equal(await bus.publish("8", 2, frame(8)), "stored", "another scope has its own");
    t.same(await bus.state("7"), { frames: 0, bytes: 0 });
  });

  t.test("CID-99: a scope full of frames stores nothing, and again after an ack", async (t) => {
    const bus = await open(t, { frames: 3, bytes: 1000 });
    await publishAll(bus, "7", 1, 3);
    t.equal(await bus.publish("7", 4, frame(8)), "full");
    t.equal(await bus.publish("7", 5, frame(8)), "full");
    t.same(await bus.state("7"), { frames: 3, bytes: 24 });
    t.equal(await bus.publish("host", 4, frame(8)), "stored");
    const collector = await Collector.open(bus, "7", 8, false);
    await collector.until(3);
    collector.deliveries[0]?.ack();
    await reaches(bus, "7", { frames: 2, bytes: 16 });
    t.equal(await bus.publish("7", 4, frame(8)), "stored", "a refused sequence is not taken");
    await collector.until(4);
    t.same(collector.sequences, [1, 2, 3, 4]);
  });

  t.test("CID-99: a scope full of bytes stores nothing, and again after an ack", async (t) => {
    const bus = await open(t, { frames: 100, bytes: 1000 });
    t.equal(await bus.publish("7", 1, frame(600)), "stored");
    t.equal(await bus.publish("7", 2, frame(401)), "full");
    t.equal(await bus.publish("7", 3, frame(400)), "stored");
    t.equal(await bus.publish("7", 4, frame(1)), "full");
    t.same(await bus.state("7"), { frames: 2, bytes: 1000 });
    t.equal(await bus.publish("8", 1, frame(1000)), "stored");
    const collector = await Collector.open(bus, "7", 8, false);
    await collector.until(2);
    collector.deliveries[0]?.ack();
    await reaches(bus, "7", { frames: 1, bytes: 400 });
    t.equal(await bus.publish("7", 4, frame(600)), "stored");
    t.equal(await bus.publish("7", 5, frame(1)), "full");
  });

  t.test("state counts what is stored and not acknowledged", async (t) => {
    const bus = await open(t, ROOMY);
    t.same(await bus.state("18446744073709551614"), { frames: 0, bytes: 0 });
    await bus.publish("7", 1, frame(10));
    await bus.publish("7", 2, frame(200));
    await bus.publish("7", 3, frame(0));
    t.same(await bus.state("7"), { frames: 3, bytes: 210 });
    const collector = await Collector.open(bus, "7", 8, false);
    await collector.until(3);
    t.same(await bus.state("7"), { frames: 3, bytes: 210 }, "delivered is not acknowledged");
    collector.deliveries[0]?.ack();
    collector.deliveries[0]?.ack();
    await reaches(bus, "7", { frames: 2, bytes: 200 });
    for (const delivery of collector.deliveries) delivery.ack();
    await reaches(bus, "7", { frames: 0, bytes: 0 });
  });

  t.test("a scope has one subscriber at a time", async (t) => {
    const bus = await open(t, ROOMY);
    const first = await Collector.open(bus, "7", 1, true);
    await t.rejects(Collector.open(bus, "7", 1, true), { code: "EBUSY" });
    await (await Collector.open(bus, "8", 1, true)).close();
    await bus.publish("7", 1, frame(8));
    await first.until(1);
    await first.close();
    const second = await Collector.open(bus, "7", 1, true);
    await bus.publish("7", 2, frame(8));
    await second.until(1);
    t.same(second.sequences, [2]);
  });

  t.test("CID-104: a removed scope starts again, empty and without its sequences", async (t) => {
    const bus = await open(t, ROOMY);
    await publishAll(bus, "7", 1, 5);
    await publishAll(bus, "8", 1, 2);
    const collector = await Collector.open(bus, "7", 2, false);
    await collector.until(2);
    await bus.remove("7");
    await collector.untilErrors(1);
    t.match(collector.errors, [{ code: "ENOENT" }]);
    for (const delivery of collector.deliveries) delivery.ack();
    await collector.close();
    t.same(await bus.state("7"), { frames: 0, bytes: 0 });
    t.same(await bus.state("8"), { frames: 2, bytes: 16 });
    t.equal(await bus.publish("7", 1, frame(3)), "stored");
    const next = await Collector.open(bus, "7", 2, true);
    await next.until(1);
    t.same(next.sequences, [1]);
    t.notOk(next.deliveries[0]?.redelivered);
    await bus.remove("12345");
    await bus.remove("7");
    t.equal(await bus.publish("7", 1, frame(3)), "stored", "removed twice");
  });

  t.test("bad arguments are refused with what was expected", async (t) => {
    const bus = await open(t, ROOMY);
    const listener = () => undefined;
    for (const scope of ["", "Host", "7.g2", "*", ">", "-1", "123456789012345678901", "7\n"]) {
      const refused = { code: "EINVAL", message: /expected host or a contid/ };
      await t.rejects(bus.publish(scope, 1, frame(1)), refused, scope);
      await t.rejects(bus.subscribe(scope, { window: 1 }, listener), refused, scope);
      await t.rejects(bus.state(scope), refused, scope);
      await t.rejects(bus.remove(scope), refused, scope);
    }
    for (const sequence of [-1, 0.5, Number.NaN, 2 ** 53]) {
      await t.rejects(bus.publish("7", sequence, frame(1)), { code: "EINVAL" });
    }
    for (const window of [0, -1, 1.5, WINDOW_MAX + 1]) {
      await t.rejects(bus.subscribe("7", { window }, listener), { code: "EINVAL" });
    }
    await t.rejects(bus.publish("7", 1, frame(MAX_FRAME_BYTES + 1)), { code: "EMSGSIZE" });
    t.same(await bus.state("7"), { frames: 0, bytes: 0 });
  });

  t.test("a closed bus stores what was called before and refuses the rest", async (t) => {
    const bus = await open(t, ROOMY);
    const collector = await Collector.open(bus, "7", 4, false);
    const before = range(1, 20).map((sequence) => bus.publish("8", sequence, frame(8)));
    const closing = bus.close();
    t.same(new Set(await Promise.all(before)), new Set(["stored"]));
    await closing;
    await bus.close();
    await collector.close();
    const refused = { code: "ESHUTDOWN" };
    await t.rejects(bus.publish("7", 1, frame(1)), refused);
    await t.rejects(
      bus.subscribe("7", { window: 1 }, () => undefined),
      refused,
    );
    await t.rejects(bus.state("7"), refused);
    await t.rejects(bus.remove("7"), refused);
    t.same(collector.errors, []);
  });
}
