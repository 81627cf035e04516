import { errnoNumber } from "@cauditd/libaudit";
import t from "tap";
import { type Check, RIGHTS } from "../../src/rights/rights-table.ts";

t.test("every verb has checks, each with words, an error and a source", async (t) => {
  for (const [verb, checks] of Object.entries(RIGHTS) as [string, readonly Check<never>[]][]) {
    t.ok(checks.length > 0, verb);
    for (const { when, errno, source } of checks) {
      t.ok(when.length > 0 && source.length > 0 && !when.includes("|"), when);
      t.ok(errnoNumber(errno) !== undefined);
    }
  }
});

t.test("contid.md 1.4.2: codes of earlier versions of the patches do not appear", async (t) => {
  const used = new Set(
    Object.values(RIGHTS).flatMap((checks: readonly Check<never>[]) => checks.map((c) => c.errno)),
  );
  for (const errno of ["EALREADY", "ECHILD", "EADDRINUSE", "EBADSLT", "ESHUTDOWN"] as const) {
    t.notOk(used.has(errno), errno);
  }
});
