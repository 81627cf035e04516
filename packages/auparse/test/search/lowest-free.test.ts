import fc from "fast-check";
import t from "tap";
import { LowestFree } from "../../src/search/lowest-free.ts";

t.test("the lowest number that is free is taken next", async (t) => {
  const free = new LowestFree();
  t.strictSame([free.take(), free.take(), free.take()], [0, 1, 2]);
  free.give(1);
  free.give(0);
  t.strictSame([free.take(), free.take(), free.take()], [0, 1, 3]);
});

t.test("it agrees with a sorted list, over many words of bits", async (t) => {
  // A step takes so many numbers and gives back each one of a kind.
  const step = fc.tuple(fc.nat(3000), fc.integer({ min: 1, max: 40 }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 6 }), (steps) => {
      const free = new LowestFree();
      const taken = new Set<number>();
      for (const [count, divisor] of steps) {
        let lowest = 0;
        for (let left = count; left > 0; left--) {
          while (taken.has(lowest)) lowest++;
          if (free.take() !== lowest) t.fail(`expected ${lowest}`);
          taken.add(lowest);
        }
        for (const number of [...taken].reverse()) {
          if (number % divisor !== 0) continue;
          free.give(number);
          taken.delete(number);
        }
      }
    }),
    { numRuns: 50 },
  );
});
