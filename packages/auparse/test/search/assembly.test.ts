import { RecordType } from "@cauditd/libaudit";
import fc from "fast-check";
import t from "tap";
import { isWholeEvent, SearchAssembly } from "../../src/search/assembly.ts";

const { SYSCALL, LOGIN, PROCTITLE, CONTAINER_ID, USER } = RecordType;

function drain<T>(assembly: SearchAssembly<T>): T[] {
  const all: T[] = [];
  for (let next = assembly.next(); next !== undefined; next = assembly.next()) all.push(next);
  return all;
}

t.test(
  "AUD-149: a LOGIN record stands alone, and the call of its serial is another event",
  async (t) => {
    const assembly = new SearchAssembly<string>(2);
    assembly.begin("", 10, 0, 1, LOGIN, "login");
    t.equal(assembly.find("", 10, 0, 1), undefined);
    t.strictSame(drain(assembly), ["login"]);
    assembly.begin("", 10, 0, 1, SYSCALL, "call");
    t.equal(assembly.find("", 10, 0, 1), "call");
    t.equal(assembly.find("n", 10, 0, 1), undefined);
    t.equal(assembly.find("", 10, 1, 1), undefined);
  },
);

t.test("AUD-150: an event two seconds younger completes those before it", async (t) => {
  const assembly = new SearchAssembly<string>(2);
  assembly.begin("", 10, 900, 1, SYSCALL, "a");
  assembly.begin("", 11, 0, 2, SYSCALL, "b");
  t.strictSame(drain(assembly), []);
  assembly.begin("", 12, 0, 3, SYSCALL, "c");
  t.strictSame(drain(assembly), ["a"]);
  t.equal(
    assembly.find("", 10, 900, 1),
    undefined,
    "its records that come later are another event",
  );
  t.equal(assembly.open, 2);
  assembly.end();
  t.strictSame(drain(assembly), ["b", "c"]);
});

t.test("a complete event waits for a lower one", async (t) => {
  const assembly = new SearchAssembly<string>(2);
  assembly.begin("", 10, 0, 1, SYSCALL, "open");
  assembly.begin("", 10, 1, 2, LOGIN, "login");
  t.strictSame(drain(assembly), []);
  assembly.end();
  t.strictSame(drain(assembly), ["open", "login"]);
});

t.test("CID-63: a held user record takes the CONTAINER_ID of its serial", async (t) => {
  const held = new SearchAssembly<string>(2, true);
  held.begin("", 10, 0, 1, USER, "user");
  t.strictSame(drain(held), []);
  t.equal(held.find("", 10, 0, 1), "user");
  held.begin("", 10, 0, 2, SYSCALL, "call");
  t.strictSame(drain(held), ["user"]);
});

t.test("types that ausearch 3.0.9 does not know stand alone", async (t) => {
  for (const type of [0, 1005, PROCTITLE, CONTAINER_ID, 2000, 2100, 1406]) t.ok(isWholeEvent(type));
  for (const type of [SYSCALL, 1302, 1400, 1700, 1800]) t.notOk(isWholeEvent(type));
});

/** The same by looking at every event each time, as ausearch does. */
class Naive {
  slots: ({ key: number[]; done: boolean; name: number } | undefined)[] = [];
  begin(sec: number, milli: number, serial: number, whole: boolean, name: number): void {
    const at = this.slots.indexOf(undefined);
    const entry = { key: [sec, milli, serial], done: false, name };
    if (at < 0) this.slots.push(entry);
    else this.slots[at] = entry;
    for (const slot of this.slots) if (slot && (slot.key[0] ?? 0) + 2 <= sec) slot.done = true;
    if (whole) entry.done = true;
  }
  next(): number | undefined {
    let lowest = -1;
    for (const [i, slot] of this.slots.entries()) {
      if (slot === undefined) continue;
      const best = this.slots[lowest];
      if (best === undefined || compare(slot.key, best.key) < 0) lowest = i;
    }
    const found = this.slots[lowest];
    if (found?.done !== true) return undefined;
    this.slots[lowest] = undefined;
    return found.name;
  }
}

function compare(a: number[], b: number[]): number {
  return a.map((x, i) => x - (b[i] ?? 0)).find((difference) => difference !== 0) ?? 0;
}

t.test("events come out in the order of an assembly that looks at all of them", async (t) => {
  const record = fc.tuple(
    fc.integer({ min: 10, max: 16 }),
    fc.integer({ min: 0, max: 2 }),
    fc.integer({ min: 1, max: 4 }),
    fc.boolean(),
  );
  fc.assert(
    fc.property(fc.array(record, { maxLength: 60 }), (records) => {
      const ours = new SearchAssembly<number>(2);
      const naive = new Naive();
      const out: number[] = [];
      const expected: number[] = [];
      for (const [name, [sec, milli, serial, whole]] of records.entries()) {
        if (ours.find("", sec, milli, serial) !== undefined) continue;
        ours.begin("", sec, milli, serial, whole ? LOGIN : SYSCALL, name);
        naive.begin(sec, milli, serial, whole, name);
        out.push(...drain(ours));
        for (let next = naive.next(); next !== undefined; next = naive.next()) expected.push(next);
      }
      t.strictSame(out, expected);
    }),
  );
});

t.test("an event that its namesake's beginning completes is found no more", async (t) => {
  const assembly = new SearchAssembly<string>(2);
  assembly.begin("", 10, 0, 1, SYSCALL, "first");
  assembly.begin("", 12, 0, 1, SYSCALL, "same serial, later");
  t.equal(assembly.find("", 10, 0, 1), undefined);
  t.equal(assembly.find("", 12, 0, 1), "same serial, later");
});

t.test("thousands of open events are found, and come out in order", async (t) => {
  const assembly = new SearchAssembly<number>(2);
  const count = 5000;
  const millis = Array.from({ length: count }, (_, i) => (i * 7919) % count);
  for (const [name, order] of millis.entries()) {
    assembly.begin("", 10, Math.floor(order / 10), order, SYSCALL, name);
  }
  t.equal(assembly.open, count);
  for (const [name, order] of millis.entries()) {
    if (assembly.find("", 10, Math.floor(order / 10), order) !== name) t.fail(`lost ${name}`);
  }
  assembly.begin("", 12, 0, 1, SYSCALL, -1);
  const out = drain(assembly).map((name) => millis[name]);
  t.strictSame(
    out,
    [...millis].sort((a, b) => a - b),
  );
  t.equal(assembly.find("", 10, 0, 1), undefined);
  t.equal(assembly.find("", 12, 0, 1), -1);
});
