import {
  DEFAULT_RULE,
  Instance,
  LOST_REASONS,
  type LostReason,
  lostTotal,
  type OwnRecord,
  scopeProblem,
} from "@cauditd/kernel";
import fc from "fast-check";
import t from "tap";
import { events } from "../rules.ts";
import { ROOT } from "./subject.ts";

const ON = true;

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
  t.equal(web.offer(), 44, "43 is the marker's");
  t.match(web.account, { routed: 43, own: 1, inFlight: 3, lost: { bus: 41 } });
});

t.test("serials are 32 bits wide: behind 4294967295 comes 0", async (t) => {
  const web = new Instance("7");
  web.continueFrom(0xfffffffe);
  t.equal(web.offer(), 0xffffffff);
  t.equal(web.offer(), 0);
  t.equal(web.offer(), 1);
  web.lose(2 ** 33, "bus");
  t.equal(web.offer(), 3, "a loss of whole rounds ends where it began; 2 is its marker");
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

t.test(
  "AUD-105: the backlog holds limit + 1 events; the next is lost and uses a serial",
  async (t) => {
    const web = new Instance("7");
    web.status.backlog_limit = 2;
    t.same(
      [1, 2, 3, 4].map(() => web.offer()),
      [1, 2, 3, -1],
    );
    t.match(web.status.get(), { backlog: 3, lost: 1 });
    t.match(web.account, { routed: 4, inFlight: 3, lost: { backlog: 1 } });
    t.equal(web.peak, 3);
    web.left(3);
    web.written(3);
    t.equal(web.offer(), 6, "5 is the marker's");
    t.equal(web.marker?.serial, 5);
    t.match(web.marker?.body, /^op=lost reason=backlog lost=1 first=4 last=4 /);
  },
);

t.test("AUD-106: with limit 0 the backlog is never full", async (t) => {
  const web = new Instance("7");
  web.status.backlog_limit = 0;
  for (let i = 0; i < 20_000; i++) web.offer();
  t.equal(web.status.lost, 0);
  t.equal(web.admit(1e6), true);
});

t.test("events that come together are admitted when they fit, or when nothing waits", async (t) => {
  const web = new Instance("7");
  web.status.backlog_limit = 9;
  t.equal(web.admit(1000), true, "nothing waits");
  for (let i = 0; i < 4; i++) web.offer();
  t.equal(web.admit(7), false);
  t.equal(web.admit(6), true, "the backlog holds limit + 1");
  for (let i = 0; i < 6; i++) t.not(web.offer(), -1);
  t.equal(web.admit(1), false);
  t.equal(web.offer(), -1);
});

t.test("AUD-107: time waited is added to backlog_wait_time_actual, in jiffies", async (t) => {
  const web = new Instance("7");
  web.waited(1000);
  web.waited(2);
  web.waited(2);
  t.equal(web.status.get().backlog_wait_time_actual, 251);
  t.equal(web.status.waitMs, 60_000);
});

t.test("AUD-108: above rate_limit events are lost (rate), by their own stamps", async (t) => {
  const web = new Instance("7");
  web.status.rate_limit = 10;
  let kept = 0;
  for (let i = 0; i < 100; i++) if (web.offer(ON, 5000) >= 0) kept++;
  t.equal(kept, 10);
  t.match(web.account.lost, { rate: 90 });
  t.equal(web.status.lost, 90);
  t.equal(web.offer(ON, 6001), 102, "101 is the marker's");
  t.match(web.marker?.body, /^op=lost reason=rate lost=90 first=11 last=100 /);
});

t.test("AUD-109: an event goes through whole or not at all, whatever the rate", async (t) => {
  const web = new Instance("7");
  web.status.rate_limit = 1;
  t.equal(web.offer(ON, 0), 1, "one call is one event, of however many records");
  t.equal(web.offer(ON, 0), -1);
});

t.test("the host's quota loses what is above it as well; its tenant sees it", async (t) => {
  const web = new Instance("7", { quota: { rate: 1, burst: 2 } });
  t.same(
    [0, 0, 0].map((at) => web.offer(ON, at)),
    [1, 2, -1],
  );
  t.match(web.account.lost, { rate: 1 });
  t.same(web.quota, { rate: 1, burst: 2 });
  web.setQuota(undefined);
  t.equal(web.offer(ON, 0), 5);
  t.equal(web.quota, undefined);
});

t.test(
  "AUD-110: with failure 2 one loss stops it for good, and its last record says so",
  async (t) => {
    const web = new Instance("7");
    const other = new Instance("8");
    web.status.failure = 2;
    web.status.rate_limit = 1;
    web.offer(ON, 0);
    t.equal(web.stopped, undefined);
    t.equal(web.offer(ON, 0), -1);
    t.equal(web.stopped, "rate");
    t.equal(web.offer(ON, 9999), -1, "for good");
    web.status.failure = 0;
    t.equal(web.offer(ON, 99999), -1);
    const last = web.takeMarker(0);
    t.match(last?.body, /reason=rate lost=1 first=2 last=2 .* audit_failure=2 res=0$/);
    t.equal(web.takeMarker(0), undefined);
    t.match(web.account, { routed: 4, own: 1, inFlight: 2, disabled: 2, lost: { rate: 1 } });
    t.equal(other.offer(), 1, "no other instance is harmed");
  },
);

t.test("AUD-95: while auditing is off AVC and USER_AVC still come, nothing else", async (t) => {
  const web = new Instance("7");
  web.status.enabled = 0;
  const decide = (...lines: readonly string[]): boolean[] => {
    let left: boolean[] = [];
    events(`${lines.join("\n")}\n`, (event) => {
      const decision = web.decide(event, []);
      if (web.offer(decision?.record) < 0) return;
      left = lines.map((_, i) => decision?.leftOut[i] === 0);
    });
    return left;
  };
  const avc = "type=AVC msg=audit(1.000:1): avc:  denied  { read } for  pid=1";
  const call = "type=SYSCALL msg=audit(1.000:1): arch=c000003e syscall=2 pid=1 uid=0";
  t.same(decide(call), []);
  t.same(decide(avc, call), [true, false]);
  t.same(decide("type=USER_LOGIN msg=audit(1.000:2): pid=1 uid=0 auid=0 ses=1 msg='x'"), []);
  t.same(decide("type=USER_AVC msg=audit(1.000:3): pid=1 uid=0 auid=0 ses=1 msg='x'"), [true]);
  t.match(web.account, { routed: 4, disabled: 2, inFlight: 2 });
});

t.test("markers: one at once, then one a second and reason, and the rest at the end", async (t) => {
  const web = new Instance("7");
  web.status.rate_limit = 1;
  const markers: string[] = [];
  const take = (): void => {
    const found = /reason=(\w+) lost=(\d+) first=(\d+) last=(\d+)/.exec(web.marker?.body ?? "");
    if (found !== null) markers.push(found.slice(1).join(" "));
    web.marker = undefined;
  };
  for (let at = 0; at <= 3000; at += 250) {
    web.offer(ON, at);
    if (at === 1750) web.lose(2, "bus");
    take();
  }
  t.equal(web.owesMarker, true);
  web.marker = web.takeMarker(3000);
  take();
  t.equal(web.takeMarker(3000), undefined, "not due yet");
  web.marker = web.takeMarker(3000, true);
  take();
  t.equal(web.owesMarker, false);
  t.same(markers, ["rate 4 2 5", "rate 4 8 13", "bus 2 10 11", "rate 2 16 17"]);
});

t.test("features are set with a record unless auditing is off", async (t) => {
  const web = new Instance("7");
  const request = { loginuid_immutable: { on: true, lock: true } };
  t.equal(web.setFeatures(request, ROOT).records.length, 1);
  t.equal(web.features.get("loginuid_immutable").locked, true);
});

t.test("a record of its own passes every limit and has the next serial", async (t) => {
  const web = new Instance("7");
  web.status.backlog_limit = 1;
  web.status.enabled = 0;
  t.same(web.record({ type: 1305, body: "op=set lost=0" }, 5), {
    serial: 1,
    at: 5,
    type: 1305,
    body: "op=set lost=0",
  });
  t.match(web.account, { routed: 0, own: 1, inFlight: 1 });
});

t.test("an instance goes on with the serials of an earlier life", async (t) => {
  const web = new Instance("7");
  web.continueFrom(41);
  t.equal(web.offer(), 42);
});

t.test("the law holds after every step, and gaps and markers tell every loss", async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("offer"), n: fc.nat({ max: 1500 }) }),
    fc.record({ kind: fc.constantFrom("lose", "settle", "fail", "admit"), n: fc.nat({ max: 9 }) }),
    fc.record({
      kind: fc.constantFrom("toggle", "rate", "limit", "filter"),
      n: fc.nat({ max: 5 }),
    }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150 }), fc.boolean(), (steps, panics) => {
      const web = new Instance("7", { quota: { rate: 5, burst: 20 } });
      if (panics) web.status.failure = 2;
      const log: number[] = [];
      const told = { rate: 0, backlog: 0, bus: 0, disk: 0 };
      let waiting: number[] = [];
      let at = 0;
      const take = (marker: OwnRecord | undefined): void => {
        if (marker === undefined) return;
        const [, reason, count] = /reason=(\w+) lost=(\d+) /.exec(marker.body) ?? [];
        told[reason as LostReason] += Number(count);
        waiting.push(marker.serial);
      };
      const settle = (failed: number): void => {
        const first = waiting.length - failed;
        web.left(waiting.length);
        web.written(first);
        web.failed(failed, "disk", waiting[first] ?? 0, waiting.at(-1) ?? 0);
        log.push(...waiting.slice(0, first));
        waiting = [];
      };
      for (const { kind, n } of steps) {
        if (kind === "offer") {
          at += n;
          const serial = web.offer(web.status.enabled !== 0, at);
          take(web.marker);
          web.marker = undefined;
          if (serial >= 0) waiting.push(serial);
        } else if (kind === "lose") web.lose(n, "bus");
        else if (kind === "settle") settle(0);
        else if (kind === "fail") settle(Math.min(n, waiting.length));
        else if (kind === "admit") web.admit(n);
        else if (kind === "toggle") web.status.enabled = web.status.enabled === 1 ? 0 : 1;
        else if (kind === "rate") web.status.rate_limit = n;
        else if (kind === "limit") web.status.backlog_limit = n;
        else web.offer(false, at);
        if (scopeProblem("web", web.account) !== undefined) return false;
        if (web.account.inFlight !== waiting.length) return false;
      }
      for (let i = 0; i < 4; i++) take(web.takeMarker(at, true));
      settle(0);
      const { lost } = web.account;
      const gaps = web.serial - new Set(log).size;
      return (
        lostTotal(web.account) === gaps &&
        web.account.written === log.length &&
        LOST_REASONS.every((reason) => told[reason] === lost[reason])
      );
    }),
  );
});
