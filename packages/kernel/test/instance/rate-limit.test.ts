import fc from "fast-check";
import t from "tap";
import { QuotaBucket, RateLimit } from "../../src/instance/rate-limit.ts";

/** How many of some events pass, by their times. */
function passed(limit: number, times: readonly number[]): number {
  const rate = new RateLimit();
  return times.filter((at) => rate.passes(limit, at)).length;
}

t.test("AUD-108: with limit 10, of 100 events at once 10 pass", async (t) => {
  t.equal(passed(10, Array(100).fill(5000)), 10);
});

t.test("AUD-108: with limit 1, one event of a little more than a second passes", async (t) => {
  t.equal(passed(1, [0, 500, 1000]), 1);
  t.equal(passed(1, [0, 500, 1000, 1001, 2001, 2002]), 3);
});

t.test("AUD-108: about as many pass as the limit says, second after second", async (t) => {
  const times = Array.from({ length: 100_000 }, (_, i) => i / 10);
  const count = passed(100, times);
  t.ok(count >= 950 && count <= 1050, `${count} of ten seconds`);
});

t.test("without a limit everything passes, and nothing is counted", async (t) => {
  t.equal(passed(0, Array(1000).fill(0)), 1000);
});

t.test("a clock that was set back does not shut an instance up", async (t) => {
  t.equal(passed(1, [1e12, 0, 1002, 2004]), 4);
  t.equal(passed(1, [1e12, 1e12 - 500, 1e12 - 900]), 1, "stamps may go back a little");
});

t.test("a quota lets a burst through, then its rate", async (t) => {
  const bucket = new QuotaBucket({ rate: 10, burst: 3 });
  const takes = (at: number): boolean => bucket.takes(at);
  t.same([0, 0, 0, 0].map(takes), [true, true, true, false]);
  t.same([50, 100, 150, 200].map(takes), [false, true, false, true]);
  t.same([9000, 9000, 9000, 9000].map(takes), [true, true, true, false], "no more than the burst");
});

t.test("a quota is not refilled by stamps that go to and fro", async (t) => {
  const bucket = new QuotaBucket({ rate: 10, burst: 1 });
  let taken = 0;
  for (let i = 0; i < 1000; i++) if (bucket.takes(1000 + (i % 2) * 90)) taken++;
  t.equal(taken, 1);
  t.equal(bucket.takes(-5000), false, "a clock that was set back is followed");
  t.equal(bucket.takes(-4000), true);
});

t.test("a quota never lets more through than burst + rate * time", async () => {
  const gaps = fc.array(fc.nat({ max: 400 }), { maxLength: 200 });
  fc.assert(
    fc.property(
      gaps,
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 9 }),
      (g, r, b) => {
        const bucket = new QuotaBucket({ rate: r, burst: b });
        let at = 0;
        let taken = 0;
        for (const gap of g) {
          at += gap;
          if (bucket.takes(at)) taken++;
        }
        return taken <= b + (r * at) / 1000 + 1e-6;
      },
    ),
  );
});
