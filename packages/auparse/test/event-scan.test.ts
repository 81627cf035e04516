import fc from "fast-check";
import t from "tap";
import { EventScan, firstEvents, firstSerial, isBefore, lastSerial } from "../src/event-scan.ts";
import { daemonRecord, eventOf, eventsOf } from "./log-text.ts";

function scanned(text: string): [number, string, boolean][] {
  const bytes = Buffer.from(text);
  const found: [number, string, boolean][] = [];
  for (const scan = new EventScan(bytes); scan.next(); ) {
    found.push([scan.serial, bytes.toString("utf8", scan.start, scan.end), scan.daemon]);
  }
  return found;
}

t.test("events are found with their lines, and those of a daemon are marked", async (t) => {
  const text = eventOf(7) + daemonRecord(4000) + eventOf(8);
  t.same(scanned(text), [
    [7, eventOf(7), false],
    [4000, daemonRecord(4000), true],
    [8, eventOf(8), false],
  ]);
  t.same(scanned(""), []);
});

t.test(
  "a line that is no record belongs to the event before it, a cut one to nothing",
  async (t) => {
    const text = `junk\n${eventOf(1)}more junk\n${eventOf(2)}type=CWD msg=audit(17`;
    t.same(scanned(text), [
      [1, `${eventOf(1)}more junk\n`, false],
      [2, eventOf(2), false],
    ]);
  },
);

t.test("whatever the bytes are, events are whole lines, in order", async (t) => {
  const line = fc.oneof(fc.string(), fc.nat(9).map(eventOf), fc.constant("\n"));
  const run = fc.property(fc.array(line), (parts) => {
    const bytes = Buffer.from(parts.join(""));
    let at = 0;
    for (const scan = new EventScan(bytes); scan.next(); at = scan.end) {
      if (scan.start < at || scan.end <= scan.start || bytes[scan.end - 1] !== 0x0a) return false;
    }
    return true;
  });
  t.doesNotThrow(() => fc.assert(run));
});

t.test("the first events of some lines are cut behind them", async (t) => {
  const bytes = Buffer.from(eventsOf(3, 6));
  const kept = firstEvents({ bytes, events: 4, first: 3, last: 6 }, 2);
  t.match(kept, { events: 2, first: 3, last: 4 });
  t.equal(kept.bytes.toString(), eventsOf(3, 4));
});

t.test("serials are compared by their distance", async (t) => {
  t.ok(isBefore(1, 2));
  t.notOk(isBefore(2, 2));
  t.notOk(isBefore(2, 1));
  t.ok(isBefore(2 ** 32 - 1, 0));
});

t.test("the first and the last serial are those of the instance", async (t) => {
  const bytes = Buffer.from(daemonRecord(90) + eventsOf(3, 6) + daemonRecord(91));
  t.equal(firstSerial(bytes), 3);
  t.equal(lastSerial(bytes), 6);
  t.equal(firstSerial(Buffer.from(daemonRecord(90))), undefined);
  t.equal(lastSerial(Buffer.alloc(0)), undefined);
});
