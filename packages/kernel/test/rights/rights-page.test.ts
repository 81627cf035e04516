import { readFileSync } from "node:fs";
import t from "tap";
import { rightsPage } from "../../src/rights/rights-page.ts";

t.test("docs/reference/rights.md says what the table says", async (t) => {
  const page = readFileSync(
    new URL("../../../../docs/reference/rights.md", import.meta.url),
    "utf8",
  );
  t.equal(page, rightsPage(), "run npm run rights-page");
});
