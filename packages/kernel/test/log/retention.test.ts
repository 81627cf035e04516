import { planRetention, type RotatedLog } from "@cauditd/kernel";
import fc from "fast-check";
import t from "tap";

function log(number: number, size: number, modified: number, compressed = false): RotatedLog {
  return { number, size, modified, compressed };
}

const LOGS = [log(1, 10, 900), log(2, 10, 800), log(3, 10, 700), log(4, 10, 600, true)];

t.test("without wishes every file stays as it is", async (t) => {
  t.same(planRetention(LOGS, {}, 1000), { remove: [], compress: [] });
});

t.test("what is older than the largest age goes, oldest first", async (t) => {
  t.same(planRetention(LOGS, { maxAge: 200 }, 1000).remove, [4, 3]);
  t.same(planRetention(LOGS, { maxAge: 400 }, 1000).remove, []);
});

t.test("what is beyond the largest total goes, oldest first", async (t) => {
  t.same(planRetention(LOGS, { maxTotal: 39 }, 1000).remove, [4]);
  t.same(planRetention(LOGS, { maxTotal: 5 }, 1000).remove, [4, 3, 2, 1]);
});

t.test("what stays is compressed, newest first, and only once", async (t) => {
  t.same(planRetention(LOGS, { maxTotal: 25, compress: true }, 1000), {
    remove: [4, 3],
    compress: [1, 2],
  });
  t.same(planRetention(LOGS, { compress: true }, 1000).compress, [1, 2, 3]);
});

t.test("AUD-153: what is removed leaves no gap in the numbers", async () => {
  const logs = fc.array(fc.tuple(fc.nat(100), fc.nat(1000)), { maxLength: 8 });
  fc.assert(
    fc.property(logs, fc.nat(1000), fc.nat(400), (sizes, maxAge, maxTotal) => {
      const files = sizes.map(([size, modified], index) => log(index + 1, size, modified));
      const { remove } = planRetention(files, { maxAge, maxTotal }, 1000);
      const kept = files.slice(0, files.length - remove.length);
      const total = kept.reduce((sum, { size }) => sum + size, 0);
      return remove.every((number, i) => number === files.length - i) && total <= maxTotal;
    }),
  );
});
