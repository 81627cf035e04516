import t from "tap";
import { logOptionsSchema } from "../../src/config/log-options-schema.ts";

t.test("without anything said a log is kept as its auditd.conf says", async (t) => {
  t.strictSame(logOptionsSchema.parse({ host: {} }), {
    host: { resumesWithSpace: false, runlevels: {}, retention: { compress: false } },
  });
});

t.test("days become seconds, and megabytes bytes", async (t) => {
  const web = { resume_with_space: true, keep: { days: 30, megabytes: 500 }, compress: true };
  t.strictSame(logOptionsSchema.parse({ web }), {
    web: {
      resumesWithSpace: true,
      runlevels: {},
      retention: { compress: true, maxAge: 2_592_000, maxTotal: 524_288_000 },
    },
  });
});

t.test("what SINGLE and HALT run is a path and its arguments", async (t) => {
  const web = { single: ["/bin/freeze", "web"], halt: ["/bin/stop"] };
  t.match(logOptionsSchema.parse({ web }), { web: { runlevels: web } });
  for (const single of ["/bin/freeze web", [], ["freeze"], ["/bin/freeze", 7], ["/bin/a\0b"]]) {
    const { error } = logOptionsSchema.safeParse({ web: { single } });
    t.match(error?.issues, [{ message: "expected [/path/of/program, argument, ...]" }]);
  }
});

t.test("every problem is told at once, with its place and what was expected", async (t) => {
  const { error } = logOptionsSchema.safeParse({
    a: { resume_with_space: "yes", compress: 1, keep: { days: 0, megabytes: 1.5 } },
    b: 7,
    c: { keep: 7 },
    d: { retain: 1, keep: { weeks: 1, days: 36_501 } },
  });
  const told = error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  t.match(told, [
    "a.resume_with_space: expected true or false",
    "a.compress: expected true or false",
    "a.keep.days: expected days: a whole number from 1 to 36500",
    "a.keep.megabytes: expected megabytes: a whole number from 1 to 1000000000",
    "b: expected {resume_with_space, keep, compress, single, halt}",
    "c.keep: expected {days, megabytes}",
    "d.keep.days: expected days: a whole number from 1 to 36500",
    /^d\.keep: .*"weeks"/,
    /^d: .*"retain"/,
  ]);
  t.equal(told?.length, 9);
  t.match(logOptionsSchema.safeParse(7).error?.issues, [
    { message: "expected NAME: {resume_with_space, keep, compress, single, halt}" },
  ]);
});
