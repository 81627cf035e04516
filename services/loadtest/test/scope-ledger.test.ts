import type { Followed, TenantEvent } from "@cauditd/client";
import t from "tap";
import { newLatency, ScopeLedger, summary } from "../src/scope-ledger.ts";

function event(serial: number, time: number, more: Partial<TenantEvent> = {}): Followed {
  const records = [{ type: "SYSCALL", line: "", fields: {} }];
  return { event: { generation: 1, serial, time, node: "", records, ...more } };
}

t.test("an event is known by its stamp, and how late it is", async (t) => {
  const ledger = new ScopeLedger("web");
  for (const at of [1000, 1000, 1001]) ledger.send(at);
  ledger.take(event(1, 1000), 1005);
  ledger.take(event(2, 1001), 1011);
  ledger.take(event(3, 1000), 1002);
  ledger.take(event(4, 1000), 1002);
  ledger.take(event(5, 999), 1002);
  const { name, sent, seen, others, missing, repeated, latency } = ledger.counts;
  t.same([name, sent, seen, others, missing, repeated], ["web", 3, 3, 2, 0, 0]);
  t.same(latency, { p50: 5, p90: 10, p99: 10, max: 10 });
  t.equal(ledger.stamps, 0);
  t.equal(ledger.arrived, 5);
});

t.test("gaps are losses, and markers say why", async (t) => {
  const ledger = new ScopeLedger("web");
  ledger.send(1000);
  ledger.take({ gap: { generation: 1, first: 1, last: 4, events: 4 } }, 1000);
  const fields = { op: "lost", reason: "rate", lost: "4" };
  const records = [{ type: "KERNEL_OTHER", line: "", fields }];
  ledger.take(event(5, 1000, { records }), 1000);
  t.match(ledger.counts, { seen: 0, missing: 4, others: 1, told: { rate: 4 } });
  t.equal(ledger.counts.latency, undefined, "a marker is none of the events that were sent");
});

t.test(
  "a serial that comes again is told; a new life begins again, and so do 32 bits",
  async (t) => {
    const ledger = new ScopeLedger("web");
    for (let i = 0; i < 5; i++) ledger.send(1000);
    ledger.take(event(4294967295, 1000), 1000);
    ledger.take(event(0, 1000), 1000);
    ledger.take(event(0, 1000), 1000);
    ledger.take(event(4294967295, 1000), 1000);
    t.match(ledger.counts, { seen: 2, repeated: 2 });
    ledger.take(event(0, 1000, { generation: 2 }), 1000);
    t.match(ledger.counts, { seen: 3, repeated: 2 });
  },
);

t.test("what does not arrive is forgotten behind what is much younger", async (t) => {
  const ledger = new ScopeLedger("web");
  for (let i = 0; i < 1000; i++) ledger.send(i);
  ledger.send(10_500);
  t.equal(ledger.stamps, 1001);
  ledger.take(event(1, 10_500), 10_500);
  t.equal(ledger.stamps, 500, "of the last ten seconds");
});

t.test("a clock that was set back gives a latency of 0, and nothing gives none", async (t) => {
  t.equal(summary(newLatency()), undefined);
  const ledger = new ScopeLedger("web");
  ledger.send(5000);
  ledger.take(event(1, 5000), 4000);
  t.same(ledger.counts.latency, { p50: 0, p90: 0, p99: 0, max: 0 });
});
