import { DEFAULT_RULE, Instance, scopeProblem } from "@cauditd/kernel";
import fc from "fast-check";
import t from "tap";

t.test("an instance that was given no rules has the default rule", async (t) => {
  t.same(new Instance("host").rules.text, [DEFAULT_RULE]);
  t.equal(DEFAULT_RULE, "-a always,exit -S all");
});

t.test("CID-96, CID-97: serials go from 1 without gaps, whatever other scopes get", async (t) => {
  const host = new Instance("host");
  const web = new Instance("7");
  t.equal(web.serial, 0);
  const serials: number[] = [];
  for (let i = 0; i < 1000; i++) {
    host.offer();
    if (i % 100 === 0) serials.push(web.offer());
  }
  t.same(serials, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  t.equal(host.serial, 1000);
});

t.test("a loss consumes serials, so that a gap is exactly a loss", async (t) => {
  const web = new Instance("7");
  t.equal(web.offer(), 1);
  web.lose(41, "bus");
  t.equal(web.serial, 42);
  t.equal(web.offer(), 43);
  t.match(web.account, { routed: 43, inFlight: 2, lost: { bus: 41 } });
});

t.test("serials are 32 bits wide: behind 4294967295 comes 0", async (t) => {
  const web = new Instance("7");
  web.lose(0xfffffffe, "bus");
  t.equal(web.offer(), 0xffffffff);
  t.equal(web.offer(), 0);
  t.equal(web.offer(), 1);
  web.lose(2 ** 33, "bus");
  t.equal(web.offer(), 2, "a loss of whole rounds ends where it began");
});

t.test("with auditing off nothing is recorded and no serial is used", async (t) => {
  const web = new Instance("7");
  web.status.enabled = 0;
  t.equal(web.offer(), -1);
  t.equal(web.serial, 0);
  web.status.enabled = 1;
  t.equal(web.offer(), 1);
  t.match(web.account, { routed: 2, disabled: 1, inFlight: 1 });
});

t.test("an event that its rules do not record is filtered, and uses no serial", async (t) => {
  const web = new Instance("7");
  t.equal(web.offer(false), -1);
  t.equal(web.offer(true), 1);
  web.status.enabled = 0;
  t.equal(web.offer(false), -1);
  t.match(web.account, { routed: 3, filtered: 1, disabled: 1, inFlight: 1 });
});

t.test("rules that are given replace the default rule; without any, nothing decides", async (t) => {
  const web = new Instance("7");
  t.equal(web.filters, false);
  web.rules.load([]);
  t.equal(web.filters, true);
  t.same(web.rules.text, []);
});

t.test("the law holds after every step, and serials are what was not disabled", async () => {
  const step = fc.oneof(
    fc.constant({ kind: "offer" as const, events: 1 }),
    fc.constant({ kind: "toggle" as const, events: 0 }),
    fc.record({ kind: fc.constant("lose" as const), events: fc.nat({ max: 99 }) }),
    fc.record({ kind: fc.constantFrom("written", "failed"), events: fc.nat({ max: 9 }) }),
  );
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const web = new Instance("7");
      for (const { kind, events } of steps) {
        const some = Math.min(events, web.account.inFlight);
        if (kind === "offer") web.offer();
        else if (kind === "toggle") web.status.enabled = web.status.enabled === 1 ? 0 : 1;
        else if (kind === "lose") web.lose(events, "bus");
        else if (kind === "written") web.written(some);
        else web.failed(some, "disk");
        if (scopeProblem("web", web.account) !== undefined) return false;
        if (web.serial !== web.account.routed - web.account.disabled) return false;
      }
      return true;
    }),
  );
});
