import t from "tap";
import { lostOf, type ScopeResult, scopeProblems } from "../src/load-report.ts";

const whole: ScopeResult = {
  ...{ name: "web", sent: 10, seen: 10, missing: 0, told: {}, others: 0, repeated: 0 },
};

t.test("sent = seen + lost + filtered, or it is told", async (t) => {
  t.same(scopeProblems(whole), []);
  t.same(scopeProblems({ ...whole, seen: 7, missing: 3 }), []);
  const counted = { filtered: 2, lost: 1 };
  t.same(scopeProblems({ ...whole, seen: 7, counted }), [], "lost behind the last that arrived");
  t.same(scopeProblems({ ...whole, seen: 7, missing: 1, counted }), [], "and no loss twice");
  for (const seen of [6, 8]) {
    t.same(scopeProblems({ ...whole, seen, missing: 1, counted }), [
      `web: 10 events sent, but ${seen} seen, 1 lost and 2 filtered`,
    ]);
  }
  t.same(scopeProblems({ ...whole, repeated: 2 }), ["web: 2 events came more than once"]);
});

t.test("lost is what serials tell, or what the instance has counted beyond that", async (t) => {
  t.equal(lostOf({ ...whole, missing: 3 }), 3);
  t.equal(lostOf({ ...whole, missing: 3, counted: { filtered: 0, lost: 4 } }), 4);
  t.equal(lostOf({ ...whole, missing: 3, counted: { filtered: 0, lost: 0 } }), 3);
});
