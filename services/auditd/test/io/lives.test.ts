import type { Mark } from "@cauditd/auditd";
import { newScopeAccount, type OwedLoss, scopeProblem } from "@cauditd/kernel";
import fc from "fast-check";
import t from "tap";
import { Lives, withoutLost } from "../../src/io/lives.ts";

t.test(
  "the account of all lives obeys the accounting law, and has nothing in flight",
  async (t) => {
    const counts = fc.record({
      own: fc.nat(9),
      filtered: fc.nat(99),
      disabled: fc.nat(99),
      written: fc.nat(99),
      inFlight: fc.nat(99),
      lost: fc.record({ rate: fc.nat(9), backlog: fc.nat(9), bus: fc.nat(9), disk: fc.nat(9) }),
    });
    const account = counts.map((columns) => {
      const { own, filtered, disabled, written, inFlight, lost } = columns;
      const sum = lost.rate + lost.backlog + lost.bus + lost.disk;
      const routed = filtered + disabled + written + inFlight + sum;
      return { ...columns, written: written + own, routed };
    });
    fc.assert(
      fc.property(account, account, fc.nat(20), (earlier, now, more) => {
        const mark: Mark = { epoch: "", sequence: 1, serial: 1, account: now, owed: [] };
        const before = { ...earlier, routed: earlier.routed - earlier.inFlight, inFlight: 0 };
        // What is lost behind the mark was in flight when it was made.
        const lost = now.lost.disk + Math.min(more, now.inFlight);
        const lives = new Lives(before);
        lives.lose(lost, 0, undefined);
        const { account: total } = lives.total(mark);
        return (
          scopeProblem("web", total) === undefined &&
          total.inFlight === 0 &&
          total.lost.disk === before.lost.disk + lost
        );
      }),
    );
    const first: Mark = { epoch: "", sequence: 0, serial: 0, account: newScopeAccount(), owed: [] };
    t.same(new Lives(newScopeAccount()).total(first).account, newScopeAccount());
  },
);

t.test("what the disk costs is owed until a mark knows of it", async (t) => {
  const lives = new Lives(newScopeAccount());
  const mark = (serial: number, disk: number, owed: OwedLoss[] = []): Mark => {
    const account = newScopeAccount();
    account.routed = serial;
    account.lost.disk = disk;
    account.inFlight = serial - disk;
    return { epoch: "", sequence: 1, serial, account, owed };
  };
  lives.lose(2, 4, mark(9, 0));
  t.same(lives.total(mark(9, 0)).owed, [{ reason: "disk", events: 2, first: 5, last: 9 }]);
  lives.lose(1, 9, mark(12, 0));
  t.same(lives.total(mark(12, 0)).owed, [{ reason: "disk", events: 3, first: 5, last: 12 }]);
  t.same(lives.total(mark(13, 3)).owed, [], "the instance's own ledger has it");
  lives.lose(1, 13, mark(14, 3, [{ reason: "disk", events: 3, first: 5, last: 12 }]));
  const owed = [{ reason: "disk", events: 3, first: 5, last: 12 } as const];
  const both = lives.total(mark(14, 3, owed)).owed;
  t.same(both, [{ reason: "disk", events: 4, first: 5, last: 14 }]);
});

t.test("what an earlier life could not finish is lost, and owed", async (t) => {
  const account = { ...newScopeAccount(), routed: 9, written: 9 };
  const mark: Mark = { epoch: "", sequence: 1, serial: 9, account, owed: [] };
  const line = (serial: number): string => `type=A msg=audit(1.000:${serial}): x\n`;
  const less = withoutLost(mark, Buffer.from(line(8) + line(9)));
  t.match(less, { account: { written: 7, lost: { disk: 2 } } });
  t.same(less.owed, [{ reason: "disk", events: 2, first: 8, last: 9 }]);
  t.equal(scopeProblem("web", less.account), undefined);
  t.equal(withoutLost(mark, Buffer.alloc(0)), mark);
});
