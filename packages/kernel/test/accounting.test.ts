import {
  type HostAccount,
  hostProblem,
  LOST_REASONS,
  lostTotal,
  newScopeAccount,
  type ScopeAccount,
  scopeProblem,
} from "@cauditd/kernel";
import fc from "fast-check";
import t from "tap";

const count = fc.nat({ max: 1_000_000 });

const columns = fc.record({
  filtered: count,
  disabled: count,
  rate: count,
  backlog: count,
  bus: count,
  disk: count,
  written: count,
  inFlight: count,
});

t.test("a new account is empty and keeps the law", async (t) => {
  const account = newScopeAccount();
  t.equal(scopeProblem("web", account), undefined);
  t.equal(lostTotal(account), 0);
  t.same(Object.keys(account.lost), LOST_REASONS);
  t.not(newScopeAccount().lost, account.lost, "each has columns of its own");
});

t.test("the law holds exactly when every routed event is in one column", async () => {
  fc.assert(
    fc.property(columns, fc.integer({ min: -5, max: 5 }), (all, off) => {
      const { filtered, disabled, rate, backlog, bus, disk, written, inFlight } = all;
      const lost = { rate, backlog, bus, disk };
      const sum = filtered + disabled + rate + backlog + bus + disk + written + inFlight;
      const routed = sum + off;
      const own = Math.floor(routed / 2);
      const counts = { routed: routed - own, own };
      const account: ScopeAccount = { ...counts, filtered, disabled, lost, written, inFlight };
      return (scopeProblem("web", account) === undefined) === (off === 0);
    }),
  );
});

t.test("what an instance made itself counts as what was routed to it", async (t) => {
  const account = { ...newScopeAccount(), routed: 2, own: 1, written: 3 };
  t.equal(scopeProblem("web", account), undefined);
  account.own = 2;
  t.equal(scopeProblem("web", account), "web: 2 events routed and 2 made, but 3 accounted for");
});

t.test("every column counts, and the problem says by how much", async (t) => {
  for (const column of ["filtered", "disabled", "written", "inFlight"] as const) {
    const account = newScopeAccount();
    account[column] = 3;
    t.equal(scopeProblem("web", account), "web: 0 events routed, but 3 accounted for", column);
  }
  for (const reason of LOST_REASONS) {
    const account = newScopeAccount();
    account.lost[reason] = 3;
    t.equal(lostTotal(account), 3);
    t.equal(scopeProblem("web", account), "web: 0 events routed, but 3 accounted for", reason);
  }
});

t.test("the host's law: lines, then events by direct attribution, then open ones", async (t) => {
  const account = (change: Partial<HostAccount>): HostAccount => ({
    captured: 10,
    malformed: 1,
    eoe: 2,
    records: 7,
    events: 3,
    open: 0,
    direct: new Map([
      ["host", 1],
      ["web", 2],
    ]),
    ...change,
  });
  t.equal(hostProblem(account({})), undefined);
  t.equal(hostProblem(account({ captured: 11 })), "11 lines captured, but 10 accounted for");
  t.equal(hostProblem(account({ malformed: 0 })), "10 lines captured, but 9 accounted for");
  t.equal(hostProblem(account({ eoe: 3 })), "10 lines captured, but 11 accounted for");
  t.equal(hostProblem(account({ events: 4 })), "4 events assembled, but 3 attributed");
  t.equal(hostProblem(account({ direct: new Map() })), "3 events assembled, but 0 attributed");
  t.equal(hostProblem(account({ open: -1 })), "-1 events are open");
});
