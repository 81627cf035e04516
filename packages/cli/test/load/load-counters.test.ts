import { join } from "node:path";
import t from "tap";
import { countersOf, openCounters } from "../../src/load/load-counters.ts";
import { fakeIo } from "../fake-io.ts";

t.test("filtered and disabled are one, and so are all losses", async (t) => {
  const lost = { rate: 1, backlog: 2, bus: 3, disk: 4 };
  const rows = [
    { name: "web", scope: "1", filtered: 5, disabled: 6, lost },
    { name: "db", scope: "2" },
  ];
  t.same(
    [...countersOf(rows)],
    [
      ["1", { filtered: 11, lost: 10 }],
      ["2", { filtered: 0, lost: 0 }],
    ],
  );
});

t.test("nobody is asked when nobody is named, and who does not answer is told of", async (t) => {
  const io = fakeIo();
  t.equal(await openCounters({}, io), undefined);
  t.same(io.logged, []);
  t.equal(await openCounters({ socket: join(t.testdir({}), "none") }, io), undefined);
  t.same(io.logged, ["warn: nobody tells what was filtered: only serials are counted"]);
});
