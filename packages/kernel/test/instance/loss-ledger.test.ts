import t from "tap";
import { addLoss, LossLedger, MARKER_INTERVAL_MS } from "../../src/instance/loss-ledger.ts";

t.test("a loss is told at once, then at most once a second and reason", async (t) => {
  const ledger = new LossLedger();
  t.equal(ledger.take(0), undefined);
  ledger.note("rate", 5, 5, 1);
  t.same(ledger.take(1000), { reason: "rate", events: 1, first: 5, last: 5, at: 1000 });
  t.equal(ledger.pending, false);
  ledger.note("rate", 7, 7, 1);
  ledger.note("rate", 9, 12, 4);
  t.equal(ledger.take(1000 + MARKER_INTERVAL_MS - 1), undefined);
  t.equal(ledger.pending, true);
  ledger.note("disk", 2, 3, 2);
  t.match(ledger.take(1999), { reason: "disk" }, "another reason has a second of its own");
  t.same(ledger.take(1000 + MARKER_INTERVAL_MS), {
    reason: "rate",
    events: 5,
    first: 7,
    last: 12,
    at: 1000 + MARKER_INTERVAL_MS,
  });
  t.equal(ledger.take(9999), undefined);
});

t.test("at the end everything is told, due or not", async (t) => {
  const ledger = new LossLedger();
  ledger.note("bus", 1, 1, 1);
  ledger.take(0);
  ledger.note("bus", 2, 2, 1);
  ledger.note("backlog", 3, 3, 1);
  t.match(ledger.take(1, true), { reason: "backlog", events: 1 });
  t.match(ledger.take(1, true), { reason: "bus", events: 1, first: 2, at: 1000 }, "a second later");
  t.equal(ledger.pending, false);
});

t.test("ranges are right when serials wrap, and when older events are lost later", async (t) => {
  const ledger = new LossLedger();
  ledger.note("backlog", 0xfffffffe, 1, 4);
  ledger.note("backlog", 0xfffffff0, 0xfffffff0, 1);
  ledger.note("backlog", 5, 5, 1);
  t.same(ledger.take(0), { reason: "backlog", events: 6, first: 0xfffffff0, last: 5, at: 0 });
});

t.test("a clock that was set back does not hold markers back", async (t) => {
  const ledger = new LossLedger();
  ledger.note("rate", 1, 1, 1);
  ledger.take(1e12);
  ledger.note("rate", 2, 2, 1);
  t.match(ledger.take(5000), { first: 2 });
});

t.test("what is owed passes to another life", async (t) => {
  const ledger = new LossLedger();
  t.same(ledger.owed, []);
  ledger.note("rate", 5, 5, 1);
  ledger.note("bus", 7, 9, 3);
  const owed = addLoss(ledger.owed, { reason: "bus", events: 2, first: 12, last: 20 });
  const next = new LossLedger();
  next.restore(addLoss(owed, { reason: "disk", events: 1, first: 30, last: 30 }));
  t.match(next.take(0), { reason: "rate", events: 1, first: 5, last: 5 });
  t.match(next.take(0), { reason: "bus", events: 5, first: 7, last: 20 });
  t.match(next.take(0), { reason: "disk", events: 1, first: 30, last: 30 });
  t.equal(next.pending, false);
});
