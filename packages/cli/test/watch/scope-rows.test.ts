import { newScopeAccount } from "@cauditd/kernel";
import t from "tap";
import { instanceStats, processStats, queueStats } from "../../../operations/test/process-stats.ts";
import {
  lossesOf,
  rowsOfListing,
  rowsOfProcesses,
  scopeRowsTable,
} from "../../src/watch/scope-rows.ts";

const account = { ...newScopeAccount(), routed: 8, filtered: 1, written: 6, inFlight: 1 };

t.test("a row has what dispatcher and owner count, the host's first", async (t) => {
  const rows = rowsOfProcesses([
    processStats({
      role: "dispatcher",
      queues: [queueStats({ routed: 10, lost: 2 }), queueStats({ name: "host", scope: "host" })],
    }),
    processStats({
      role: "auditd",
      name: "w1",
      instances: [
        instanceStats({
          ...{ account, backlogPeak: 5, log: { size: 1, written: 9, suspended: false } },
          stream: { events: 4, behind: 2, missed: 1, failures: 0 },
        }),
      ],
    }),
    processStats({
      role: "auditd",
      name: "w2",
      instances: [instanceStats({ name: "a", scope: "1", failure: "EIO" })],
    }),
  ]);
  t.match(rows, [
    { name: "host", owner: undefined, routed: 0, written: undefined },
    { name: "a", owner: "w2", routed: undefined, problem: "EIO", lag: undefined },
    {
      ...{ name: "web", scope: "1001", owner: "w1", routed: 10, filtered: 1, written: 6, peak: 5 },
      ...{ lost: { bus: 2, disk: 0 }, bytes: 9, unstreamed: 2, missed: 1 },
    },
  ]);
  t.equal(lossesOf(rows[2] as (typeof rows)[0]), 2);
});

t.test("in one process, the lag is known: in the dispatcher, on the bus, at the instance", (t) => {
  const queues = [queueStats({ routed: 12, published: 10, held: 2 })];
  const [row] = rowsOfProcesses([
    processStats({ queues, instances: [instanceStats({ account })] }),
  ]);
  t.equal(row?.lag, 2 + (10 - 8) + 1);
  t.end();
});

t.test("a table has a column for each count, and - for what is not known", async (t) => {
  const rows = rowsOfListing([{ name: "web", scope: "1001", backlog: 3, account }]);
  const [head = "", line = ""] = scopeRowsTable(rows).split("\n");
  t.match(head, /^scope {2}contid {2}owner {2}routed {2}filtered {2}disabled {2}lost:rate /);
  t.match(head, / {2}lag {2}written {2}bytes {2}stream:lag {2}stream:missed *$/);
  t.match(line, /^web +1001 +- +8 +1 +0 +0 +0 +0 +0 +3 +- +1 +6 +- +- +- *$/);
  const rates = scopeRowsTable(rows, new Map([["1001", 44]])).split("\n");
  t.match(rates[0], /owner {2}events\/s {2}routed/);
  t.match(rates[1], / 44 /);
});
