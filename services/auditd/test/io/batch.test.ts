import type { Batch, Mark } from "@cauditd/auditd";
import { newScopeAccount, scopeProblem } from "@cauditd/kernel";
import fc from "fast-check";
import t from "tap";
import { lostOf, ofAllLives, outcomeOf } from "../../src/io/batch.ts";

function batch(events: number): Batch {
  let text = "";
  for (let i = 1; i <= events; i++) text += `type=A msg=audit(1.000:${i}): x\n`;
  return { bytes: Buffer.from(text), events };
}

t.test("an event counts as written when all of it is kept", async (t) => {
  const three = batch(3);
  const line = three.bytes.length / 3;
  t.same(outcomeOf(three, -5), { written: 0, lost: 3 });
  t.same(outcomeOf(three, line), { written: 1, lost: 2 });
  t.same(outcomeOf(three, 2 * line), { written: 2, lost: 1 });
  t.same(outcomeOf(three, 3 * line + 9), { written: 3, lost: 0 });
  t.same(outcomeOf({ ...three, events: 0 }, line), { written: 0, lost: 0 });
  t.equal(lostOf([three, three, three], 4 * line), 5);
});

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
        const mark: Mark = { epoch: "", sequence: 1, serial: 1, account: now };
        const before = { ...earlier, routed: earlier.routed - earlier.inFlight, inFlight: 0 };
        // What is lost behind the mark was in flight when it was made.
        const lost = now.lost.disk + Math.min(more, now.inFlight);
        const { account: total } = ofAllLives(mark, before, lost);
        return (
          scopeProblem("web", total) === undefined &&
          total.inFlight === 0 &&
          total.lost.disk === before.lost.disk + lost
        );
      }),
    );
    t.same(
      ofAllLives(
        { epoch: "", sequence: 0, serial: 0, account: newScopeAccount() },
        newScopeAccount(),
        0,
      ).account,
      newScopeAccount(),
    );
  },
);
