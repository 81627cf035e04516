import type { Delivery } from "@cauditd/bus";
import { decodeFrame } from "@cauditd/bus";
import { Instance } from "@cauditd/kernel";
import t from "tap";
import { FrameGate, type HeldFrame } from "../src/frame-gate.ts";
import { encode, simpleEvents } from "./frames.ts";

function held(sequence: number, events: number): HeldFrame {
  const bytes = encode("4", sequence, simpleEvents(events));
  const place = { epoch: "one", sequence, source: undefined, redelivered: false };
  const delivery: Delivery = { ...place, frame: bytes, ack: () => undefined };
  return { delivery, frame: decodeFrame(bytes) };
}

interface Rig {
  readonly instance: Instance;
  readonly gate: FrameGate;
  readonly passed: number[];
  /** Resolves when the next frame passes. */
  next(): Promise<void>;
}

function rig(limit: number, patient: boolean, now?: () => number): Rig {
  const instance = new Instance("4");
  instance.status.backlog_limit = limit;
  const passed: number[] = [];
  let wake = (): void => undefined;
  const take = ({ delivery, frame }: HeldFrame): void => {
    passed.push(delivery.sequence);
    for (let i = 0; i < (frame?.events.length ?? 0) / 4; i++) instance.offer();
    wake();
  };
  const gate = new FrameGate(instance, take, now === undefined ? { patient } : { patient, now });
  const next = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });
  return { instance, gate, passed, next };
}

t.test("frames pass while there is room, and in order when there is again", async (t) => {
  let now = 0;
  const { instance, gate, passed } = rig(9, true, () => now);
  gate.add(held(1, 8));
  gate.add(held(2, 3));
  gate.add(held(3, 1));
  t.same(passed, [1]);
  t.equal(gate.waiting, 2);
  now = 5000;
  instance.left(1);
  gate.open();
  t.same(passed, [1, 2]);
  t.equal(instance.status.backlog_wait_time_actual, 1250, "five seconds in jiffies");
  instance.left(10);
  gate.open();
  t.same(passed, [1, 2, 3]);
  t.equal(instance.status.lost, 0);
});

t.test("AUD-107: behind backlog_wait_time what has no room is lost", async (t) => {
  const { instance, gate, passed, next } = rig(3, false);
  instance.status.backlog_wait_time = 1;
  gate.add(held(1, 3));
  const passes = next();
  gate.add(held(2, 3));
  t.same(passed, [1]);
  await passes;
  t.same(passed, [1, 2]);
  t.equal(instance.account.lost.backlog, 2);
  t.ok(instance.status.backlog_wait_time_actual >= 1, "a jiffy at least");
});

t.test("with backlog_wait_time 0 nothing waits", async (t) => {
  const { instance, gate, passed } = rig(3, false);
  instance.status.backlog_wait_time = 0;
  gate.add(held(1, 4));
  gate.add(held(2, 2));
  t.same(passed, [1, 2]);
  t.equal(instance.account.lost.backlog, 2);
  t.equal(instance.status.backlog_wait_time_actual, 0);
});

t.test("what waits at the end is given up to the bus, and not counted", async (t) => {
  const { instance, gate } = rig(3, true);
  gate.add(held(1, 4));
  gate.add(held(2, 2));
  gate.close();
  t.equal(gate.waiting, 0);
  t.match(instance.account, { routed: 4, inFlight: 4 });
});
