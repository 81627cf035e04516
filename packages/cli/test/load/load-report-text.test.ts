import t from "tap";
import { loadReportText } from "../../src/load/load-report-text.ts";

const latency = { p50: 1, p90: 2, p99: 3, max: 4 };
const scope = { name: "web", sent: 10, seen: 7, missing: 2, told: {}, others: 1, repeated: 0 };

t.test("a report says how fast, how late and whether it adds up", async (t) => {
  const counted = { filtered: 1, lost: 2 };
  const scopes = [{ ...scope, counted, latency }];
  const report = { events: 10, seconds: 2, rate: 5, behind: 0, latency, scopes, problems: [] };
  const text = loadReportText(report);
  t.match(text, /^10 events sent in 2\.0 s: 5 events\/s\n/);
  t.match(text, /^web +10 +7 +2 +1 +1 +1 +2 +3 +4$/m);
  t.match(text, /^all +1 +2 +3 +4$/m);
  t.match(text, /\naccounting: every event is accounted for\n$/);
});

t.test("what is not known is a dash, and each problem is told", async (t) => {
  const report = { events: 10, seconds: 2, rate: 5, behind: 3, scopes: [scope] };
  const text = loadReportText({ ...report, problems: ["web: no"] });
  t.match(text, /5 events\/s; 3 more were due and not taken\n/);
  t.match(text, /^web +10 +7 +2 +- +1 +- +- +- +-$/m);
  t.match(text, /\naccounting: web: no\n$/);
});
