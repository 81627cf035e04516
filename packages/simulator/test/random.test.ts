import fc from "fast-check";
import t from "tap";
import { Random } from "../src/random.ts";

function take(random: Random, count: number): number[] {
  return Array.from({ length: count }, () => random.next());
}

t.test("the same seed gives the same sequence, another seed another one", async (t) => {
  t.same(take(new Random(1), 50), take(new Random(1), 50));
  t.notSame(take(new Random(1), 50), take(new Random(2), 50));
  t.same(take(new Random(-1), 5), take(new Random(0xffffffff), 5), "only the low 32 bits count");
});

t.test("the sequence of a seed is fixed for good", async (t) => {
  t.same(take(new Random(2026), 4), [1488141057, 2736994499, 1930590800, 4121196190]);
});

t.test("numbers stay in their range", async () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 2 ** 21 }), (seed, n) => {
      const random = new Random(seed);
      const word = random.next();
      const index = random.below(n);
      const fraction = random.fraction();
      return (
        Number.isInteger(word) &&
        word >= 0 &&
        word < 2 ** 32 &&
        Number.isInteger(index) &&
        index >= 0 &&
        index < n &&
        fraction >= 0 &&
        fraction < 1
      );
    }),
  );
});

t.test("below spreads evenly", async (t) => {
  const random = new Random(3);
  const counts = new Array<number>(8).fill(0);
  for (let i = 0; i < 80_000; i++) {
    const index = random.below(8);
    counts[index] = (counts[index] ?? 0) + 1;
  }
  for (const count of counts) t.ok(Math.abs(count - 10_000) < 500, `${count} of 10000`);
});

t.test("chance is never at 0, always at 1, and follows p between", async (t) => {
  const random = new Random(4);
  const hits = (p: number): number =>
    Array.from({ length: 10_000 }, () => random.chance(p)).filter(Boolean).length;
  t.equal(hits(0), 0);
  t.equal(hits(1), 10_000);
  const quarter = hits(0.25);
  t.ok(quarter > 2_300 && quarter < 2_700, `${quarter} of 2500`);
});

t.test("pick reaches every item and refuses an empty list", async (t) => {
  const random = new Random(5);
  const seen = new Set(Array.from({ length: 200 }, () => random.pick(["a", "b", "c"])));
  t.same([...seen].sort(), ["a", "b", "c"]);
  t.throws(() => random.pick([]), new RangeError("expected a list with at least one item"));
});
