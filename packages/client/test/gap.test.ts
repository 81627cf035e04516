import { GapWatch } from "@cauditd/client";
import t from "tap";

t.test("serials that are missing are a gap, the first serial that is seen is none", async (t) => {
  const watch = new GapWatch();
  t.equal(watch.take(1, 10), undefined);
  t.equal(watch.take(1, 11), undefined);
  t.same(watch.take(1, 15), { generation: 1, first: 12, last: 14, events: 3 });
  t.equal(watch.take(1, 15), undefined, "the same again is no gap");
});

t.test("behind a position, what is not kept any more is a gap", async (t) => {
  const watch = new GapWatch({ generation: 1, serial: 4 });
  t.same(watch.take(1, 8), { generation: 1, first: 5, last: 7, events: 3 });
});

t.test("serials begin again in the next generation, and behind the largest", async (t) => {
  const watch = new GapWatch({ generation: 1, serial: 4294967294 });
  t.equal(watch.take(1, 4294967295), undefined);
  t.equal(watch.take(1, 0), undefined);
  t.equal(watch.take(2, 1), undefined);
  t.same(watch.take(3, 3), { generation: 3, first: 1, last: 2, events: 2 });
});
