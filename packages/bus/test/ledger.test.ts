import assert from "node:assert/strict";
import fc from "fast-check";
import t from "tap";
import { Ledger } from "../src/ledger.ts";

t.test("while acks come in order the bytes are those of the newest frames", async (t) => {
  const step = fc.oneof(
    fc.record({ add: fc.nat({ max: 1000 }) }),
    fc.record({ left: fc.double({ min: 0, max: 1, noNaN: true }) }),
  );
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const ledger = new Ledger(30);
        let model: number[] = [];
        for (const what of steps) {
          if ("add" in what) {
            ledger.add(what.add);
            model = [...model, what.add].slice(-30);
          } else {
            const left = Math.floor(what.left * model.length);
            ledger.trim(left);
            model = left === 0 ? [] : model.slice(-left);
          }
          assert.equal(ledger.frames, model.length);
          assert.equal(
            ledger.bytes,
            model.reduce((sum, bytes) => sum + bytes, 0),
          );
        }
      }),
      { numRuns: 50 },
    ),
  );
});

t.test("frames from before count with their average, rounded up, and go first", async (t) => {
  const ledger = new Ledger(10);
  ledger.add(1);
  ledger.reset({ frames: 3, bytes: 100 });
  ledger.add(50);
  t.match({ frames: ledger.frames, bytes: ledger.bytes }, { frames: 4, bytes: 150 });
  ledger.trim(3);
  t.match({ frames: ledger.frames, bytes: ledger.bytes }, { frames: 3, bytes: 117 });
  ledger.trim(1);
  t.match({ frames: ledger.frames, bytes: ledger.bytes }, { frames: 1, bytes: 50 });
  ledger.trim(5);
  t.equal(ledger.frames, 1, "a greater count changes nothing");
  ledger.trim(0);
  t.match({ frames: ledger.frames, bytes: ledger.bytes }, { frames: 0, bytes: 0 });
});
