import {
  Instance,
  Kauditd,
  Priority,
  type SendResult,
  scopeProblem,
  UNICAST_RETRIES,
} from "@cauditd/kernel";
import fc from "fast-check";
import t from "tap";

interface Emulated {
  readonly instance: Instance;
  readonly queues: Kauditd<number>;
  /** What the daemon has got. */
  readonly sent: number[];
  /** A send that answers as the list says, then `sent`. */
  daemon(...answers: SendResult[]): (serial: number) => SendResult;
  /** Offers events and puts those that are accepted into the main queue. */
  offer(events?: number, priority?: number): void;
}

function emulated(limit = 0, holds = true): Emulated {
  const instance = new Instance("7");
  instance.status.backlog_limit = limit;
  const queues = new Kauditd<number>(instance, { holds });
  const sent: number[] = [];
  return {
    instance,
    queues,
    sent,
    daemon(...answers) {
      return (serial) => {
        const answer = answers.shift() ?? "sent";
        if (answer === "sent") sent.push(serial);
        return answer;
      };
    },
    offer(events = 1, priority = 0) {
      for (let i = 0; i < events; i++) {
        const serial = instance.offer(true, 0, priority);
        const { marker } = instance;
        instance.marker = undefined;
        if (marker !== undefined) queues.push(marker.serial, marker.serial, Priority.CONTROL);
        if (serial >= 0) queues.push(serial, serial, priority);
      }
    },
  };
}

t.test("events go to the daemon in order; backlog is the main queue", async (t) => {
  const { instance, queues, sent, daemon, offer } = emulated();
  offer(3);
  t.equal(instance.status.backlog, 3);
  t.equal(queues.run(daemon()), true);
  t.same(sent, [1, 2, 3]);
  t.match(instance.account, { written: 3, inFlight: 0 });
  t.equal(instance.status.backlog, 0);
});

t.test("AUD-105: with limit 2 the third event is still queued, the fourth is lost", async (t) => {
  const { instance, queues, offer } = emulated(2);
  offer(3);
  t.match(instance.status.get(), { backlog: 3, lost: 0 });
  offer();
  t.match(instance.status.get(), { backlog: 3, lost: 1 });
  t.equal(instance.account.lost.backlog, 1);
  t.equal(queues.sizes.main, 3);
});

t.test("AUD-106: with limit 0 nothing is lost", async (t) => {
  const { instance, queues, offer } = emulated(0);
  offer(20_000);
  queues.run(undefined);
  t.equal(instance.status.lost, 0);
  t.equal(queues.sizes.hold, 20_000);
});

t.test("AUD-111: without a daemon and with default off, events go and lost stays", async (t) => {
  const { instance, queues, offer } = emulated(10, false);
  offer(5);
  t.equal(queues.run(undefined), false);
  t.same(queues.sizes, { main: 0, retry: 0, hold: 0 });
  t.match(instance.account, { routed: 5, disabled: 5, inFlight: 0 });
  t.equal(instance.status.lost, 0);
});

t.test("AUD-112, CID-105: without a daemon backlog_limit events are held, then lost", async (t) => {
  const { instance, queues, sent, daemon, offer } = emulated(3);
  for (let i = 0; i < 5; i++) {
    offer();
    queues.run(undefined);
  }
  t.same(queues.sizes, { main: 0, retry: 0, hold: 3 });
  t.equal(instance.status.lost, 3, "the marker of the first loss among them");
  t.equal(instance.account.lost.backlog, 3);
  offer();
  t.equal(queues.run(daemon()), true);
  t.same(sent, [1, 2, 3, 7], "what was held comes first");
});

t.test("CID-106: a daemon that returns gets hold, then retry, then main, in order", async (t) => {
  const { queues, sent, daemon, offer } = emulated();
  offer(2);
  queues.run(undefined);
  t.same(queues.sizes, { main: 0, retry: 0, hold: 2 });
  offer(2);
  const full: SendResult[] = Array(UNICAST_RETRIES).fill("again");
  t.equal(queues.run(daemon("sent", "sent", "again")), true);
  t.same(queues.sizes, { main: 0, retry: 2, hold: 0 });
  offer(2);
  t.equal(queues.run(daemon(...full)), true, "a full socket is not a daemon that has gone");
  t.same(queues.sizes, { main: 0, retry: 4, hold: 0 });
  offer(1);
  t.equal(queues.run(daemon("sent", "refused")), false);
  t.same(queues.sizes, { main: 0, retry: 0, hold: 4 });
  offer(1);
  queues.run(daemon());
  t.same(sent, [1, 2, 3, 4, 5, 6, 7, 8]);
});

t.test("an event is tried five times from hold and retry, once from main", async (t) => {
  const { queues, daemon, offer } = emulated();
  let tries = 0;
  const never = (): SendResult => {
    tries++;
    return "again";
  };
  offer(3);
  queues.run(never);
  t.equal(tries, 1);
  tries = 0;
  queues.run(never);
  t.equal(tries, UNICAST_RETRIES);
  queues.run(daemon("refused"));
  t.equal(queues.sizes.hold, 3);
  tries = 0;
  queues.run(never);
  t.equal(tries, UNICAST_RETRIES);
  t.equal(queues.sizes.hold, 3, "what is held stays held");
});

t.test("a retry queue that is full loses what comes", async (t) => {
  const { instance, queues, daemon, offer } = emulated(2);
  offer(3);
  queues.run(daemon("again"));
  t.same(queues.sizes, { main: 0, retry: 2, hold: 0 });
  t.equal(instance.account.lost.backlog, 1);
});

t.test("AUD-113: a listener gets every event of the main queue once, daemon or not", async (t) => {
  const { queues, daemon, offer } = emulated();
  const heard: number[] = [];
  const listen = (serial: number): unknown => heard.push(serial);
  offer(2);
  queues.run(undefined, listen);
  offer(2);
  queues.run(daemon("again", "again", "again", "again", "again"), listen);
  queues.run(daemon(), listen);
  t.same(heard, [1, 2, 3, 4]);
});

t.test("CID-104: a scope that has ended leaves nothing behind", async (t) => {
  const { instance, queues, daemon, sent, offer } = emulated();
  offer(2);
  queues.run(undefined);
  offer(1);
  queues.run(daemon("sent", "sent", "again"));
  offer(3);
  queues.clear();
  t.same(queues.sizes, { main: 0, retry: 0, hold: 0 });
  t.equal(instance.status.backlog, 0);
  queues.run(daemon());
  t.same(sent, [1, 2]);
  t.equal(scopeProblem("7", instance.account), undefined);
});

t.test("policy oldest: the oldest event makes room", async (t) => {
  const { instance, queues, sent, daemon, offer } = emulated(2);
  instance.overflow = "oldest";
  offer(5);
  t.match(instance.status.get(), { backlog: 4, lost: 2 }, "a marker passes the limit");
  queues.run(daemon());
  t.same(sent, [3, 4, 5, 6], "4 is the marker");
});

t.test("policy priority: the oldest of the lowest priority makes room, if lower", async (t) => {
  const { instance, queues, sent, daemon, offer } = emulated(2);
  instance.overflow = "priority";
  offer(1, 1);
  offer(2, 0);
  offer(1, 2);
  offer(1, 0);
  offer(1, 3);
  offer(1, 1);
  queues.run(daemon());
  t.same(sent, [1, 4, 5, 7], "4 is the marker");
  t.equal(instance.account.lost.backlog, 4);
  t.equal(queues.evictOldest(), -1);
  t.equal(queues.evictBelow(3), -1);
});

t.test("order is kept and the law holds, whatever the daemon does", async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("offer" as const), n: fc.integer({ min: 1, max: 6 }) }),
    fc.record({
      kind: fc.constant("run" as const),
      answers: fc.array(fc.constantFrom<SendResult>("sent", "sent", "again", "refused")),
    }),
    fc.record({ kind: fc.constant("away" as const) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.nat({ max: 5 }), (steps, limit) => {
      const { instance, queues, sent, daemon, offer } = emulated(limit);
      for (const one of steps) {
        if (one.kind === "offer") offer(one.n);
        else if (one.kind === "run") queues.run(daemon(...one.answers));
        else queues.run(undefined);
        const { main, retry, hold } = queues.sizes;
        if (scopeProblem("7", instance.account) !== undefined) return false;
        if (instance.account.inFlight !== main + retry + hold) return false;
        if (instance.status.backlog !== main) return false;
        const markers = instance.account.own;
        if (limit > 0 && (main > limit + 1 + markers || retry > limit || hold > limit))
          return false;
      }
      queues.run(daemon());
      return (
        sent.length + instance.account.lost.backlog === instance.serial &&
        sent.every((serial, i) => i === 0 || serial > (sent[i - 1] as number))
      );
    }),
  );
});
