import type { AuditEvent } from "@cauditd/auparse";
import { Arch, HZ } from "@cauditd/libaudit";
import { type LostReason, newScopeAccount, type ScopeAccount } from "../accounting.ts";
import { type Decision, RuleMatcher } from "../filter/rule-matcher.ts";
import type { ControlRecord, ControlReply, ControlSubject } from "./control-record.ts";
import { type FeatureName, type FeatureRequest, InstanceFeatures } from "./instance-features.ts";
import { InstanceRules } from "./instance-rules.ts";
import { InstanceStatus } from "./instance-status.ts";
import { LossLedger, type OwedLoss } from "./loss-ledger.ts";
import { isMadeWhileOff } from "./made-while-off.ts";
import type { Evictable, OverflowPolicy } from "./overflow.ts";
import { MARKER_TYPE, markerBody, type OwnRecord } from "./own-record.ts";
import { type Quota, QuotaBucket, RateLimit } from "./rate-limit.ts";

/** The largest serial; the next one is 0, as in the kernel's 32-bit counter. */
const SERIAL_MAX = 0xffffffff;

/** What an instance is made with. */
export interface InstanceOptions {
  /** Architecture of the machine, AUDIT_ARCH_*, for its rules; default x86_64. */
  readonly arch?: number;
  /** Which event is lost when the backlog is full; default `newest`, as in the kernel. */
  readonly overflow?: OverflowPolicy;
  /** What the host lets its tenant record; default: no limit but the tenant's own. */
  readonly quota?: Quota;
}

/**
 * One auditd instance: what one scope's events go through on their way to its log: its rules,
 * the rate limits, the backlog. It has serials of its own, from 1 without gaps (CID-96, CID-97); an
 * event that is lost consumes a serial, so that a gap in a log is exactly a loss, and a marker says
 * which.
 *
 * The unit of all limits and counters is the event: it goes through whole
 * (docs/reference/backlog.md).
 */
export class Instance {
  /** `host`, or the decimal contid. */
  readonly scope: string;
  /** Limits, switches and counters: auditctl -s, -e, -f, -r, -b. */
  readonly status: InstanceStatus = new InstanceStatus();
  readonly features: InstanceFeatures = new InstanceFeatures();
  /** Its rules: auditctl -a, -d, -D, -l. */
  readonly rules: InstanceRules;
  overflow: OverflowPolicy;
  /** Where its accepted events wait; without it the newest is lost, whatever the policy. */
  queue: Evictable | undefined;
  /** True: the log takes nothing, and markers wait until it does. */
  holdsMarkers = false;
  /** A marker that is due: it has its serial, and goes in front of the event accepted last. */
  marker: OwnRecord | undefined;
  readonly #account: ScopeAccount = newScopeAccount();
  readonly #ledger = new LossLedger();
  readonly #rate = new RateLimit();
  #bucket: QuotaBucket | undefined;
  #matcher: RuleMatcher | undefined;
  /** `rules.version` that the matcher was made of. */
  #matched = 0;
  #serial = 0;
  #peak = 0;
  /** Events that are taken without a look at the backlog: their group was admitted. */
  #admitted = 0;
  #stopped: LostReason | undefined;

  constructor(scope: string, options: InstanceOptions = {}) {
    this.scope = scope;
    this.rules = new InstanceRules(this.status, options.arch ?? Arch.X86_64);
    this.overflow = options.overflow ?? "newest";
    this.setQuota(options.quota);
  }

  /** Sets feature bits: auditctl --loginuid-immutable. */
  setFeatures(
    request: Partial<Record<FeatureName, FeatureRequest>>,
    subject: ControlSubject,
  ): ControlReply {
    return this.features.set(request, subject, this.status.enabled !== 0);
  }

  /** What the host lets its tenant record; undefined = no limit of the host's. */
  get quota(): Quota | undefined {
    return this.#bucket?.quota;
  }

  /** Only the host may call this; the tenant may see it. */
  setQuota(quota: Quota | undefined): void {
    this.#bucket = quota === undefined ? undefined : new QuotaBucket(quota);
  }

  /**
   * What its rules say of an event; undefined when it was given none: then everything is recorded
   * as it came. Every event has to come here, in order, because the rules learn from them. While
   * auditing is off only what is made nevertheless is left (AUD-95).
   * @param chain the event's chain, trimmed to this scope
   */
  decide(event: AuditEvent, chain: readonly bigint[]): Decision | undefined {
    if (!this.filters) return undefined;
    if (this.#matcher === undefined || this.#matched !== this.rules.version) {
      this.#matcher = new RuleMatcher(this.rules.listed);
      this.#matched = this.rules.version;
    }
    const decision = this.#matcher.decide(event, chain);
    if (this.status.enabled === 0) this.#leaveOut(event, decision);
    return decision;
  }

  /** True when `decide` has something to say: it has rules, or auditing is off. */
  get filters(): boolean {
    return !this.rules.isDefault || this.status.enabled === 0;
  }

  /** What became of the events that reached it; `routed` counts these. */
  get account(): Readonly<ScopeAccount> {
    return this.#account;
  }

  /** The serial given last; 0 before the first. */
  get serial(): number {
    return this.#serial;
  }

  /** The longest that the backlog has been. */
  get peak(): number {
    return this.#peak;
  }

  /** The loss that has stopped it for good (failure 2, AUD-110); undefined while it runs. */
  get stopped(): LostReason | undefined {
    return this.#stopped;
  }

  /** Losses wait for their marker. */
  get owesMarker(): boolean {
    return this.#ledger.pending;
  }

  /** Losses that wait for their marker. */
  get owed(): readonly OwedLoss[] {
    return this.#ledger.owed;
  }

  /** An offer may make a marker: losses wait for theirs, or may happen. */
  get mayMark(): boolean {
    const { rate_limit, backlog_limit } = this.status;
    return (
      this.#ledger.pending ||
      rate_limit !== 0 ||
      this.#bucket !== undefined ||
      (backlog_limit !== 0 && this.#admitted === 0)
    );
  }

  /**
   * Goes on with the serials of an earlier life; only before the first event.
   * @param serial the one given last, 0..2^32-1
   * @param owed losses of which no marker had told
   */
  continueFrom(serial: number, owed: readonly OwedLoss[] = []): void {
    this.#serial = serial;
    this.#ledger.restore(owed);
  }

  /**
   * Asks for room for events that come together, as in a frame. They are taken as a whole when they
   * fit, or when nothing waits: then they pass the limit by at most their own number. When not, the
   * caller may hold their source for up to `status.waitMs`, ask again and say how long it `waited`;
   * what is offered without room is lost or takes another's place.
   */
  admit(events: number): boolean {
    const { backlog, backlog_limit } = this.status;
    const fits = backlog_limit === 0 || backlog === 0 || backlog + events <= backlog_limit + 1;
    this.#admitted = fits ? events : 0;
    return fits;
  }

  /** A source was held for room in the backlog (AUD-107). @param ms milliseconds */
  waited(ms: number): void {
    this.status.backlog_wait_time_actual += (ms * HZ) / 1000;
  }

  /**
   * Takes one event. A `marker` that is due then has been made.
   * @param record what its rules said: false = it is not recorded
   * @param at time of its stamp, milliseconds since 1970
   * @param priority Priority; only the policy `priority` looks at it
   * @returns its serial, or -1 when it is not to be recorded
   */
  offer(record: boolean = this.status.enabled !== 0, at: number = 0, priority: number = 0): number {
    const account = this.#account;
    const { status } = this;
    account.routed++;
    if (!record || this.#stopped !== undefined) {
      if (status.enabled === 0 || this.#stopped !== undefined) account.disabled++;
      else account.filtered++;
      return -1;
    }
    if ((status.rate_limit !== 0 || this.#bucket !== undefined) && !this.#inRate(at)) {
      this.#lost("rate", this.#next(1), 1);
      return -1;
    }
    if (this.#admitted > 0) this.#admitted--;
    else if (
      status.backlog_limit !== 0 &&
      status.backlog > status.backlog_limit &&
      !this.#evict(priority)
    ) {
      this.#lost("backlog", this.#next(1), 1);
      return -1;
    }
    if (this.#ledger.pending && !this.holdsMarkers) this.marker ??= this.takeMarker(at);
    return this.#accept();
  }

  /** Events of this scope were lost before they reached it: they consume serials. */
  lose(events: number, reason: LostReason): void {
    if (events === 0) return;
    this.#account.routed += events;
    const first = this.#next(1);
    this.#next(events - 1);
    this.#lost(reason, first, events);
  }

  /**
   * Makes a record of its own, as of a control request: an event that no rule and no limit stops.
   * @param at time of its stamp, milliseconds since 1970
   */
  record({ type, body }: ControlRecord, at: number): OwnRecord {
    this.#account.own++;
    return { serial: this.#accept(), at, type, body };
  }

  /**
   * The next marker that is due: at once after a loss, then at most once a second and reason.
   * @param at time of its stamp, milliseconds since 1970
   * @param now true: due or not, as at the end
   */
  takeMarker(at: number, now: boolean = this.#stopped !== undefined): OwnRecord | undefined {
    const loss = this.#ledger.take(at, now);
    if (loss === undefined) return undefined;
    const { lost, rate_limit, backlog_limit } = this.status.get();
    const stopped = this.#stopped !== undefined;
    const body = markerBody(loss, { lost, rate_limit, backlog_limit, stopped });
    return this.record({ type: MARKER_TYPE, body }, loss.at);
  }

  /** Accepted events have left the backlog: the daemon has them. */
  left(events: number): void {
    this.status.backlog -= events;
  }

  /** Events that have left the backlog are in the log. */
  written(events: number): void {
    this.#account.inFlight -= events;
    this.#account.written += events;
  }

  /**
   * Events that have left the backlog are lost.
   * @param first serial of the first
   * @param last serial of the last; not all serials between them need be lost
   */
  failed(events: number, reason: LostReason, first: number, last: number): void {
    if (events === 0) return;
    this.#account.inFlight -= events;
    this.#note(reason, first, last, events);
  }

  /** Events that have left the backlog are dropped and not counted as lost (AUD-111). */
  dropped(events: number): void {
    this.#account.inFlight -= events;
    this.#account.disabled += events;
  }

  #accept(): number {
    this.#account.inFlight++;
    const depth = ++this.status.backlog;
    if (depth > this.#peak) this.#peak = depth;
    return this.#next(1);
  }

  #inRate(at: number): boolean {
    if (!this.#rate.passes(this.status.rate_limit, at)) return false;
    return this.#bucket === undefined || this.#bucket.takes(at);
  }

  /** Makes room as the policy says; false when the newcomer is the one to go. */
  #evict(priority: number): boolean {
    if (this.overflow === "newest" || this.queue === undefined) return false;
    const serial =
      this.overflow === "oldest" ? this.queue.evictOldest() : this.queue.evictBelow(priority);
    if (serial < 0) return false;
    this.#account.inFlight--;
    this.status.backlog--;
    this.#note("backlog", serial, serial, 1);
    return this.#stopped === undefined;
  }

  #lost(reason: LostReason, first: number, events: number): void {
    this.#note(reason, first, (first + events - 1) >>> 0, events);
  }

  #note(reason: LostReason, first: number, last: number, events: number): void {
    this.#account.lost[reason] += events;
    this.status.lost += events;
    this.#ledger.note(reason, first, last, events);
    if (this.status.failure === 2) this.#stopped ??= reason;
  }

  #leaveOut(event: AuditEvent, decision: Decision): void {
    let kept = 0;
    for (let i = 0; i < event.count; i++) {
      if (decision.leftOut[i] === 0 && isMadeWhileOff(event.types[i] as number)) kept++;
      else decision.leftOut[i] = 1;
    }
    decision.left = event.count - kept;
    decision.record = decision.record && kept > 0;
  }

  #next(events: number): number {
    this.#serial = (this.#serial + events) % (SERIAL_MAX + 1);
    return this.#serial;
  }
}
