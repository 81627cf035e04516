import t from "tap";
import { pickEvents, type Wanted } from "../src/event-pick.ts";
import { daemonRecord, eventOf, eventsOf, serialsOf } from "./log-text.ts";

const ALL = { behind: 0, upTo: 1000, since: 0, most: 256 * 1024 };

function picked(text: string, wanted: Wanted = ALL, final = true) {
  const found = pickEvents(Buffer.from(text), wanted, final ? wanted.upTo + 1 : undefined);
  return { ...found, serials: serialsOf(found.lines?.bytes ?? Buffer.alloc(0)) };
}

t.test("what is behind one serial, up to another, is picked", async (t) => {
  const text = eventsOf(1, 9);
  const found = picked(text, { behind: 3, upTo: 6, since: 0 });
  t.same(found.serials, [4, 5, 6]);
  t.match(found, { last: 6, beyond: true, lines: { events: 3, first: 4, last: 6 } });
  t.equal(found.lines?.bytes.toString(), eventsOf(4, 6));
  t.match(picked(text, { ...ALL, behind: 9 }), { lines: undefined, last: 9, used: text.length });
});

t.test("an event at the end is taken only when nothing follows", async (t) => {
  const text = eventsOf(1, 3);
  const open = picked(text, ALL, false);
  t.same(open.serials, [1, 2]);
  t.equal(open.used, eventsOf(1, 2).length);
  t.same(picked(text).serials, [1, 2, 3]);
  t.same(picked(`${text}type=SYSC`).serials, [1, 2, 3]);
});

t.test("records of the daemon itself are left out, whatever their serial", async (t) => {
  for (const serial of [0, 1, 2, 3, 4, 5000]) {
    const text = eventOf(1) + eventOf(2) + daemonRecord(serial) + eventOf(3);
    t.same(picked(text).serials, [1, 2, 3], `serial ${serial}`);
    t.equal(picked(text).lines?.bytes.toString(), eventsOf(1, 3));
  }
  const first = daemonRecord(1) + eventOf(1);
  t.same(picked(first).serials, [1]);
});

t.test("daemon records that came as events have the serial between, and are picked", async (t) => {
  t.same(picked(eventOf(1) + daemonRecord(2) + eventOf(3)).serials, [1, 2, 3]);
  t.same(picked(eventOf(1) + daemonRecord(2), { ...ALL, upTo: 2 }).serials, [1, 2]);
  t.same(picked(eventOf(1) + daemonRecord(9000) + daemonRecord(2) + eventOf(3)).serials, [1, 2, 3]);
  t.same(picked(eventOf(1) + daemonRecord(2), ALL, false).serials, [1], "not yet known");
  const rotated = pickEvents(Buffer.from(eventOf(1) + daemonRecord(2)), ALL, 2);
  t.equal(rotated.last, 1, "the next file begins with it");
});

t.test("what is too old is passed over and counted", async (t) => {
  const text = `${daemonRecord(1, 1600000000)}${eventOf(2)}`.replace("DAEMON_ROTATE", "USER_CMD");
  const found = picked(text, { ...ALL, since: 1_650_000_000_000 });
  t.same(found.serials, [2]);
  t.equal(found.old, 1);
});

t.test("no more is picked than goes into a batch", async (t) => {
  const text = eventsOf(1, 40, "x".repeat(10_000));
  const found = picked(text);
  t.ok(found.serials.length < 40);
  t.equal(found.used, found.lines?.bytes.length);
  t.same(picked(text.slice(found.used), { ...ALL, behind: found.last }).serials[0], found.last + 1);
});

t.test("serials go on behind the largest one", async (t) => {
  const text = eventOf(2 ** 32 - 1) + eventOf(0) + eventOf(1);
  const found = picked(text, { behind: 2 ** 32 - 2, upTo: 0, since: 0 });
  t.same(found.serials, [2 ** 32 - 1, 0]);
});

t.test(
  "at the end of what there is, a daemon record has to be the next in the count",
  async (t) => {
    const serials = (text: string) =>
      serialsOf(pickEvents(Buffer.from(text), ALL, "unknown").lines?.bytes ?? Buffer.alloc(0));
    t.same(serials(eventOf(1) + daemonRecord(2)), [1, 2]);
    t.same(serials(eventOf(1) + daemonRecord(77)), [1]);
  },
);
