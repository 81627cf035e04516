import fc from "fast-check";
import t from "tap";
import {
  BUDGET_MOST,
  BUDGET_RATE,
  REQUEST_COST,
  RequestBudget,
} from "../../src/control/request-budget.ts";

t.test("a principal that asks in its budget is read, whatever others do", async (t) => {
  let now = 0;
  const budget = new RequestBudget(
    (flood) => t.not(flood.principal, "db"),
    () => now,
  );
  const often = BUDGET_RATE / (REQUEST_COST + 500);
  for (let i = 0; i < 3 * often; i++) {
    now += 1000 / often;
    for (let n = 0; n < 5; n++) budget.take("web", 60_000);
    if (budget.take("db", 500) !== "read") t.fail(`request ${i}`);
  }
  t.same([...budget.counts.keys()], ["web"]);
});

t.test("what is over it is refused, then dropped, and told once a second", async (t) => {
  let now = 0;
  const told: object[] = [];
  const budget = new RequestBudget(
    (flood) => told.push(flood),
    () => now,
  );
  const verdicts = { read: 0, refuse: 0, drop: 0 };
  for (let i = 0; i < 20_000; i++) verdicts[budget.take("web", 60_000)]++;
  const read = Math.ceil(BUDGET_MOST / (REQUEST_COST + 60_000));
  t.equal(verdicts.read, read);
  t.ok(verdicts.refuse > 0 && verdicts.refuse <= BUDGET_MOST / REQUEST_COST);
  t.equal(verdicts.drop, 20_000 - verdicts.read - verdicts.refuse);
  t.equal(budget.counts.get("web"), verdicts.refuse + verdicts.drop);
  t.same(told, [{ principal: "web", times: 1 }]);
  now += 1000;
  t.equal(budget.take("web", 10), "refuse", "half of what it owes is paid");
  t.equal(told.length, 2);
  now += 1100;
  t.equal(budget.take("web", 10), "read");
});

t.test("what is read never costs more than was saved and earned, but for one request", async () => {
  const request = fc.tuple(fc.nat({ max: 2000 }), fc.nat({ max: 1024 * 1024 }));
  fc.assert(
    fc.property(fc.array(request, { maxLength: 300 }), (requests) => {
      let now = 0;
      const budget = new RequestBudget(
        () => undefined,
        () => now,
      );
      let [spent, last] = [0, 0];
      for (const [pause, bytes] of requests) {
        now += pause;
        if (budget.take("web", bytes) === "read") spent += last = REQUEST_COST + bytes;
      }
      return spent <= BUDGET_MOST + (now / 1000) * BUDGET_RATE + last;
    }),
  );
});
