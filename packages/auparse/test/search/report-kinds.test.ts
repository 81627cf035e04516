import t from "tap";
import { REPORT_TYPES, REPORTS } from "../../src/search/report-kinds.ts";

t.test("reports that go by types have ranges in order", async (t) => {
  for (const [kind, ranges] of REPORT_TYPES) {
    t.ok(REPORTS.has(kind), kind);
    for (const [first, last] of ranges) t.ok(first <= last, `${kind} ${first}`);
  }
});
