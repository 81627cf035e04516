import fc from "fast-check";
import t from "tap";
import { hashPath } from "../../src/filter/hash-set.ts";
import { Mark, PathMarks } from "../../src/filter/path-marks.ts";

t.test("a hash has the marks that were added to it, whatever else was added", (t) => {
  const mark = fc.constantFrom<number>(...Object.values(Mark));
  // Neighbours share slots, and differ in bits that are not kept as they are.
  const hash = fc.oneof(fc.integer(), fc.integer({ min: -20, max: 20 }));
  fc.assert(
    fc.property(
      fc.array(fc.tuple(hash, mark), { maxLength: 2000 }),
      fc.array(hash),
      (added, others) => {
        const marks = new PathMarks();
        const expected = new Map<number, number>();
        for (const [key, bits] of added) {
          marks.add(key, bits);
          expected.set(key, (expected.get(key) ?? 0) | bits);
        }
        t.equal(marks.size, expected.size);
        for (const key of [...expected.keys(), ...others]) {
          t.equal(marks.of(key), expected.get(key) ?? 0);
        }
        marks.clear();
        for (const key of expected.keys()) t.equal(marks.of(key), 0);
      },
    ),
    { numRuns: 50 },
  );
  t.end();
});

t.test("names that differ in their last letter only are not mistaken for each other", (t) => {
  const marks = new PathMarks();
  marks.add(hashPath("/etc/app0"), Mark.place);
  for (let i = 1; i < 10; i++) t.equal(marks.of(hashPath(`/etc/app${i}`)), 0);
  t.end();
});
