import assert from "node:assert/strict";
import fc from "fast-check";
import t from "tap";
import { Ring } from "../src/ring.ts";

t.test("a ring does what an array does at both ends", async (t) => {
  const step = fc.oneof(
    fc.record({ do: fc.constant("push" as const), item: fc.nat() }),
    fc.record({ do: fc.constant("unshift" as const), item: fc.nat() }),
    fc.record({ do: fc.constant("shift" as const), item: fc.constant(0) }),
  );
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200, size: "max" }), (steps) => {
        const ring = new Ring<number>();
        const model: number[] = [];
        for (const { do: what, item } of steps) {
          if (what === "shift") assert.equal(ring.shift(), model.shift());
          else {
            ring[what](item);
            model[what](item);
          }
          assert.equal(ring.length, model.length);
        }
        const rest = model.map(() => ring.shift());
        assert.deepEqual(rest, model);
      }),
      { numRuns: 50 },
    ),
  );
});
