import t from "tap";
import { SpaceWatch } from "../../src/log/space-watch.ts";
import { CONF, free, MB } from "./policies.ts";

t.test("the nearer a mark, the sooner space is looked at again", async (t) => {
  const watch = new SpaceWatch(CONF);
  t.equal(watch.wrote(1), true, "at first at once");
  watch.look(free(1000));
  t.equal(watch.wrote(MB - 1), false);
  t.equal(watch.wrote(1), true);
  watch.look(free(79));
  t.equal(watch.wrote(MB / 2 - 1), false);
  t.equal(watch.wrote(1), true);
  watch.look(free(75));
  t.equal(watch.wrote(4095), false);
  t.equal(watch.wrote(1), true);
});

t.test("on a small partition every mark is met before the writes run past it", async (t) => {
  const watch = new SpaceWatch({
    ...CONF,
    space_left: { value: 2, unit: "MB" },
    admin_space_left: { value: 1, unit: "MB" },
  });
  let left = 4 * MB;
  const met: [string, number][] = [];
  while (left > 0) {
    left -= 1000;
    if (!watch.wrote(1000)) continue;
    const { findings } = watch.look({ free: left, total: 4 * MB, block: 4096 });
    for (const finding of findings) if (finding !== "recovered") met.push([finding, left]);
  }
  t.match(met, [["low"], ["very-low"], ["full"]]);
  for (const [i, mark] of [2 * MB, MB, 5 * 4096].entries()) {
    const at = met[i]?.[1] ?? 0;
    t.ok(at < mark && at > mark - 10_000, `mark ${mark} met at ${at}`);
  }
});

t.test("the last five blocks are full, and space above them is not", async (t) => {
  const watch = new SpaceWatch(CONF);
  const at = (bytes: number) => watch.look({ free: bytes, total: 1000 * MB, block: 4096 });
  t.notMatch(at(5 * 4096).findings, ["full"]);
  t.same(at(5 * 4096 - 1).findings, ["full"]);
  t.same(at(0).findings, []);
  t.equal(watch.noteFull(), false);
  at(100 * MB);
  t.equal(watch.noteFull(), true);
});
