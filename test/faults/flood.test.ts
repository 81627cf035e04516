// One instance is offered twenty times what its daemon takes, nine others run at their usual rate.
import { Instance, Kauditd, LOST_REASONS, lostTotal, scopeProblem } from "@cauditd/kernel";
import t from "tap";

/** Milliseconds. */
const DURATION = 30_000;
/** Events of a millisecond: what a daemon takes, and what the usual instances are offered. */
const CAPACITY = 5;
const USUAL = 1;
const INSTANCES = 10;

interface Waiting {
  readonly serial: number;
  readonly at: number;
  readonly body: string;
}

/** One scope: its instance, its queues, and the log of a daemon that takes CAPACITY an ms. */
class Scope {
  readonly instance: Instance;
  readonly queues: Kauditd<Waiting>;
  readonly log: Waiting[] = [];
  /** Time from an event to the log, ms. */
  readonly latencies: number[] = [];

  constructor(name: string) {
    this.instance = new Instance(name);
    this.instance.status.backlog_limit = 64;
    this.queues = new Kauditd(this.instance);
  }

  offer(at: number): void {
    const serial = this.instance.offer(true, at);
    const { marker } = this.instance;
    this.instance.marker = undefined;
    if (marker !== undefined) this.queues.push(marker, marker.serial);
    if (serial >= 0) this.queues.push({ serial, at, body: "" }, serial);
  }

  write(now: number, capacity: number): void {
    let room = capacity;
    this.queues.run((waiting) => {
      if (room === 0) return "again";
      room--;
      this.log.push(waiting);
      if (waiting.body === "") this.latencies.push(now - waiting.at);
      return "sent";
    });
  }

  get p99(): number {
    const sorted = Float64Array.from(this.latencies).sort();
    return sorted[Math.floor(sorted.length * 0.99)] ?? 0;
  }
}

/** Runs ten scopes beside each other, the first at a multiple of the usual rate. */
function run(first: number): Scope[] {
  const scopes = Array.from({ length: INSTANCES }, (_, i) => new Scope(String(i + 1)));
  for (let now = 0; now < DURATION; now++) {
    scopes.forEach((scope, index) => {
      const events = index === 0 ? first : USUAL;
      for (let i = 0; i < events; i++) scope.offer(now);
    });
    for (const scope of scopes) scope.write(now + 1, CAPACITY);
  }
  for (const scope of scopes) {
    let marker = scope.instance.takeMarker(DURATION, true);
    for (; marker !== undefined; marker = scope.instance.takeMarker(DURATION, true)) {
      scope.queues.push(marker, marker.serial);
    }
    // Each pass moves what waits nearer to the log.
    while (scope.instance.account.inFlight > 0) scope.write(DURATION, Number.POSITIVE_INFINITY);
  }
  return scopes;
}

t.test("CID-99: a flood in one scope costs the nine others no event and no time", async (t) => {
  const calm = run(USUAL);
  const flooded = run(20 * CAPACITY);
  for (let i = 1; i < INSTANCES; i++) {
    const scope = flooded[i] as Scope;
    t.equal(lostTotal(scope.instance.account), 0);
    t.equal(scope.instance.account.written, DURATION * USUAL);
    t.ok(scope.p99 - (calm[i] as Scope).p99 < 5, "added p99 latency below 5 ms");
    t.ok(scope.log.every(({ serial }, place) => serial === place + 1));
  }
});

t.test("the flooded scope's counters, markers and gaps agree exactly", async (t) => {
  const [scope] = run(20 * CAPACITY) as [Scope];
  const { account, status, serial } = scope.instance;
  t.equal(scopeProblem("1", account), undefined);
  t.equal(account.routed, DURATION * 20 * CAPACITY);
  t.ok(account.lost.backlog > 0.9 * account.routed, "most of it is lost");
  t.equal(status.lost, lostTotal(account));
  t.equal(serial - scope.log.length, lostTotal(account), "the gaps are the losses");
  const told = new Map<string, number>();
  const stamps = new Map<string, number>();
  const inLog = new Set(scope.log.map((waiting) => waiting.serial));
  for (const { body, at } of scope.log) {
    const [, reason = "", lost, first, last] =
      /reason=(\w+) lost=(\d+) first=(\d+) last=(\d+) /.exec(body) ?? [];
    if (body === "") continue;
    const before = stamps.get(reason) ?? Number.NEGATIVE_INFINITY;
    if (at - before < 1000) t.fail(`two markers of ${reason} at ${before} and ${at}`);
    stamps.set(reason, at);
    told.set(reason, (told.get(reason) ?? 0) + Number(lost));
    let missing = 0;
    for (let i = Number(first); i <= Number(last); i++) if (!inLog.has(i)) missing++;
    if (missing < Number(lost)) t.fail(`${body}: only ${missing} are missing`);
  }
  for (const reason of LOST_REASONS) t.equal(told.get(reason) ?? 0, account.lost[reason], reason);
  t.ok(stamps.size > 0);
});
