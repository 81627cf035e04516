import t from "tap";
import { searchOption } from "../../src/search/options.ts";

t.test("short and long names mean the same, and are not shortened", async (t) => {
  t.equal(searchOption("-k"), "key");
  t.equal(searchOption("--key"), "key");
  t.equal(searchOption("-ul"), searchOption("--loginuid"));
  t.equal(searchOption("--ke"), undefined);
  t.equal(searchOption("toString"), undefined);
});
