import { type HostAccount, newScopeAccount, type ScopeAccount } from "@cauditd/kernel";
import t from "tap";
import type { NodeReport } from "../../src/node/node.ts";
import {
  accountingJson,
  accountingTable,
  scopeTable,
} from "../../src/terminal/accounting-table.ts";

const host: HostAccount = {
  captured: 31,
  malformed: 2,
  eoe: 4,
  records: 25,
  events: 10,
  open: 0,
  direct: new Map([
    ["host", 3],
    ["web", 7],
  ]),
};
const ofHost: ScopeAccount = { ...newScopeAccount(), routed: 10, written: 10 };
const ofWeb: ScopeAccount = {
  routed: 7,
  own: 0,
  filtered: 1,
  disabled: 0,
  lost: { rate: 0, backlog: 0, bus: 2, disk: 1 },
  written: 2,
  inFlight: 1,
};
const report: NodeReport = {
  host,
  scopes: [
    { name: "host", scope: "host", account: ofHost, path: "var/host/audit.log" },
    { name: "web", scope: "18446744073709551614", account: ofWeb, path: "var/web/audit.log" },
  ],
  problems: [],
};

const TABLE = [
  "scope  direct  routed  filtered  disabled  lost:rate  lost:backlog  lost:bus  lost:disk" +
    "  in flight  written",
  "host        3      10         0         0          0             0         0          0" +
    "          0       10",
  "web         7       7         1         0          0             0         2          1" +
    "          1        2",
].join("\n");

t.test("every account of a scope has its column, numbers to the right", async (t) => {
  t.equal(scopeTable(report), TABLE);
});

t.test("the table says what came in, and that everything adds up", async (t) => {
  t.equal(
    accountingTable(report),
    "31 records captured = 2 malformed + 4 end-of-event + 25 in 10 events\n\n" +
      `${TABLE}\n\naccounting: every event is accounted for\n`,
  );
});

t.test("what does not add up stands in the place of that, one line each", async (t) => {
  const text = accountingTable({ ...report, problems: ["host: a", "web: b"] });
  t.match(text, /\n\naccounting: host: a\naccounting: web: b\n$/);
  t.notMatch(text, "every event");
});

t.test("a scope that the host's account does not name has no direct events", async (t) => {
  const odd = { ...report, host: { ...host, direct: new Map<string, number>() } };
  t.match(scopeTable(odd), /^web +0 +7 /m);
});

t.test("as JSON the contid is decimal text, and the host has none", async (t) => {
  const problems = ["web: b"];
  const json = JSON.parse(JSON.stringify(accountingJson({ ...report, problems })));
  t.strictSame(json, {
    host: { ...host, direct: { host: 3, web: 7 } },
    scopes: [
      { name: "host", contid: null, direct: 3, ...ofHost, path: "var/host/audit.log" },
      {
        name: "web",
        contid: "18446744073709551614",
        direct: 7,
        ...ofWeb,
        path: "var/web/audit.log",
      },
    ],
    problems,
  });
});
