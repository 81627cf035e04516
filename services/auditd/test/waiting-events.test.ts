import { Instance, newScopeAccount } from "@cauditd/kernel";
import fc from "fast-check";
import t from "tap";
import type { Mark } from "../src/io/checkpoint.ts";
import { WaitingEvents } from "../src/waiting-events.ts";

interface ModelEvent {
  readonly serial: number;
  readonly priority: number;
  readonly batch: number;
  readonly text: string;
}

function markOf(instance: Instance): Mark {
  const { account, serial, owed } = instance;
  const copy = { ...newScopeAccount(), ...account, lost: { ...account.lost } };
  return { epoch: "", sequence: 1, serial, account: copy, owed };
}

/** A frame's events, as priorities; `taken`: how many batches the log takes behind it. */
const steps = fc.array(
  fc.record({ events: fc.array(fc.nat(3), { maxLength: 8 }), taken: fc.nat(2) }),
  { maxLength: 20 },
);

for (const policy of ["oldest", "priority"] as const) {
  t.test(`what waits is given up as ${policy} says, and the rest stays in order`, async (t) => {
    fc.assert(
      fc.property(steps, (frames) => {
        const instance = new Instance("4", { overflow: policy });
        instance.holdsMarkers = true;
        instance.status.backlog_limit = 5;
        const waiting = new WaitingEvents(instance);
        let model: ModelEvent[] = [];
        const batches: ReturnType<WaitingEvents["batch"]>[] = [];
        for (const [batch, { events, taken }] of frames.entries()) {
          let bytes = "";
          let accepted = 0;
          waiting.begin(events.length);
          for (const priority of events) {
            if (model.length > 5) {
              const lowest = Math.min(...model.map((event) => event.priority));
              const isOldest = policy === "oldest";
              if (!isOldest && lowest >= priority) {
                if (instance.offer(true, 0, priority) !== -1) return false;
                continue;
              }
              const gone = model.find((event) => isOldest || event.priority === lowest);
              model = model.filter((event) => event !== gone);
            }
            const serial = instance.offer(true, 0, priority);
            // What stands between two events, as a marker does, is never given up.
            if (serial % 3 === 0) bytes += "-";
            const text = `<${serial}>`;
            waiting.add(serial, priority, bytes.length, bytes.length + text.length);
            bytes += text;
            accepted++;
            model.push({ serial, priority, batch, text });
          }
          batches.push(waiting.batch(Buffer.from(bytes), accepted, markOf(instance)));
          for (let i = 0; i < taken && batches.length > 0; i++) {
            const number = batch + 1 - batches.length;
            const [first] = batches.splice(0, 1);
            first?.seal?.();
            const own = model.filter((event) => event.batch === number);
            const expected = own.map(({ text }) => text).join("");
            if (first?.bytes.toString().replaceAll("-", "") !== expected) return false;
            if (first.events !== own.length) return false;
            model = model.filter((event) => event.batch !== number);
          }
          if (instance.status.backlog !== model.length) return false;
        }
        return true;
      }),
    );
    t.pass();
  });
}

t.test("a mark knows what was given up behind it", async (t) => {
  const instance = new Instance("4", { overflow: "oldest" });
  instance.holdsMarkers = true;
  const waiting = new WaitingEvents(instance);
  const offered = (bytes: string): ReturnType<WaitingEvents["batch"]> => {
    waiting.begin(1);
    waiting.add(instance.offer(true), 0, 0, bytes.length);
    return waiting.batch(Buffer.from(bytes), 1, markOf(instance));
  };
  const first = offered("one");
  const second = offered("two");
  instance.status.backlog_limit = 1;
  const third = offered("three");
  for (const batch of [first, second, third]) batch.seal?.();
  t.equal(`${first.bytes}${second.bytes}${third.bytes}`, "twothree");
  const owed = [{ reason: "backlog", events: 1, first: 1, last: 1 }];
  t.match(first.mark, { owed, account: { inFlight: 0, lost: { backlog: 1 } } });
  t.match(second.mark, { owed, account: { inFlight: 1, lost: { backlog: 1 } } });
  t.match(third.mark, { owed, account: { inFlight: 2, lost: { backlog: 1 } } });
});

t.test("records of the instance's own are not given up; formats are added at last", async (t) => {
  const instance = new Instance("4", { overflow: "priority" });
  const waiting = new WaitingEvents(instance, (bytes) => Buffer.from(`[${bytes}]`));
  const own = waiting.batch(Buffer.from("own"), 0, markOf(instance));
  t.equal(waiting.evictOldest(), -1);
  t.equal(waiting.evictBelow(3), -1);
  own.seal?.();
  t.equal(own.bytes.toString(), "[own]");
});
