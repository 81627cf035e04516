import t from "tap";
import { newQuery, wantedBy } from "../../src/search/query.ts";

t.test("a new query asks for nothing", async (t) => {
  t.notOk(Object.values(wantedBy(newQuery())).includes(true));
});

t.test("what is asked decides what is read", async (t) => {
  const wanted = wantedBy({ ...newQuery(), key: "k", auid: 0, machine: "x86_64", uidName: "root" });
  const names = Object.entries(wanted).flatMap(([name, is]) => (is ? [name] : []));
  t.strictSame(names.sort(), ["arch", "auid", "key", "uid"]);
});
