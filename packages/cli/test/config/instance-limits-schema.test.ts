import t from "tap";
import { instanceLimitsSchema } from "../../src/config/instance-limits-schema.ts";

t.test("what is not said stays the kernel's", async (t) => {
  const quota = { rate: 100, burst: 500 };
  const said = { host: {}, web: { overflow: "oldest" }, db: { quota, overflow: "priority" } };
  t.strictSame(instanceLimitsSchema.parse(said), said);
});

t.test("every problem is told at once, with its place and what was expected", async (t) => {
  const { error } = instanceLimitsSchema.safeParse({
    a: { overflow: "random", quota: { rate: 0, burst: 1.5 } },
    b: 7,
    c: { quota: 7 },
    d: { quota: { rate: 10 } },
    e: { overflow: "newest", burst: 1, quota: { rate: 1, burst: 1, per: "second" } },
  });
  const told = error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  t.match(told, [
    "a.overflow: expected newest, oldest, priority",
    "a.quota.rate: expected events of a second: a whole number from 1 to 1000000000",
    "a.quota.burst: expected events at once: a whole number from 1 to 1000000000",
    "b: expected {overflow, quota}",
    "c.quota: expected {rate, burst}",
    "d.quota.burst: expected events at once: a whole number from 1 to 1000000000",
    /^e\.quota: .*"per"/,
    /^e: .*"burst"/,
  ]);
  t.equal(told?.length, 8);
  t.match(instanceLimitsSchema.safeParse(7).error?.issues, [
    { message: "expected NAME: {overflow, quota}" },
  ]);
});
