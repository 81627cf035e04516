import { join } from "node:path";
import t from "tap";
import { searchMachine, userNames } from "../../src/search/search-machine.ts";

t.test("user names come from the passwd file", async (t) => {
  const path = join(
    t.testdir({ passwd: "root:x:0:0::/:\nbad\nalso:x:0:\nal:x:7:7:::\n" }),
    "passwd",
  );
  const names = userNames(path);
  t.equal(names(0), "root");
  t.equal(names(7), "al");
  t.equal(names(8), undefined);
  t.equal(userNames("/nonexistent")(0), undefined);
  t.ok(searchMachine().arch > 0);
});
