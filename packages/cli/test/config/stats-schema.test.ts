import { newScopeAccount } from "@cauditd/kernel";
import fc from "fast-check";
import t from "tap";
import { instanceStats, processStats, queueStats } from "../../../operations/test/process-stats.ts";
import { readListing, readProcessStats } from "../../src/config/stats-schema.ts";

const sound = processStats({ instances: [instanceStats()], queues: [queueStats()] });

t.test("what a process tells is read; what has another shape is nobody's", async (t) => {
  t.same(readProcessStats(sound), sound);
  const failed = processStats({ queues: [queueStats({ failure: "x" })] });
  t.same(readProcessStats(failed), failed);
  t.equal(readProcessStats({ ...sound, role: "root" }), undefined);
  t.equal(readProcessStats({ ...sound, instances: [{ name: "web" }] }), undefined);
  t.equal(readProcessStats({ ...sound, name: "x".repeat(5000) }), undefined);
  const one = { name: "web", scope: "1", backlog: 0, account: newScopeAccount() };
  t.same(readListing({ instances: [one] }), [one]);
  t.equal(readListing({ instances: [{ ...one, backlog: "0" }] }), undefined);
});

t.test("anything at all may be said", async () => {
  fc.assert(
    fc.property(fc.anything(), (said) => {
      readListing(said);
      return readProcessStats(said) === undefined;
    }),
  );
});
