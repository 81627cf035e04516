import fc from "fast-check";
import t from "tap";
import { Fifo } from "../../src/instance/fifo.ts";

t.test("a queue does what an array does with push, shift and splice", async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("push"), value: fc.nat({ max: 9 }) }),
    fc.record({ kind: fc.constantFrom("shift", "remove"), value: fc.nat({ max: 9 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const queue = new Fifo<number>();
      const model: number[] = [];
      for (const { kind, value } of steps) {
        if (kind === "push") {
          queue.push(value);
          model.push(value);
        } else if (kind === "shift") {
          if (queue.shift() !== model.shift()) return false;
        } else {
          const index = model.indexOf(value);
          const expected = index < 0 ? undefined : model.splice(index, 1)[0];
          if (queue.remove((item) => item === value) !== expected) return false;
        }
        if (queue.length !== model.length || queue.first !== model[0]) return false;
        if ([...queue].join() !== model.join()) return false;
      }
      return true;
    }),
  );
});
