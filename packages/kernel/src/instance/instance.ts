import type { AuditEvent } from "@cauditd/auparse";
import { Arch } from "@cauditd/libaudit";
import { type LostReason, newScopeAccount, type ScopeAccount } from "../accounting.ts";
import { type Decision, RuleMatcher } from "../rule-matcher.ts";
import type { ControlReply, ControlSubject } from "./control-record.ts";
import { type FeatureName, type FeatureRequest, InstanceFeatures } from "./instance-features.ts";
import { InstanceRules } from "./instance-rules.ts";
import { InstanceStatus } from "./instance-status.ts";

/** The largest serial; the next one is 0, as in the kernel's 32-bit counter. */
const SERIAL_MAX = 0xffffffff;

/** What an instance is made with. */
export interface InstanceOptions {
  /** Architecture of the machine, AUDIT_ARCH_*, for its rules; default x86_64. */
  readonly arch?: number;
}

/**
 * One auditd instance: what one scope's events go through on their way to its log. It has
 * serials of its own, from 1 without gaps (CID-96, CID-97); an event that is lost consumes a
 * serial, so that a gap in a log is exactly a loss.
 */
export class Instance {
  /** `host`, or the decimal contid. */
  readonly scope: string;
  /** Limits, switches and counters: auditctl -s, -e, -f, -r, -b. */
  readonly status: InstanceStatus = new InstanceStatus();
  readonly features: InstanceFeatures = new InstanceFeatures();
  /** Its rules: auditctl -a, -d, -D, -l. */
  readonly rules: InstanceRules;
  readonly #account: ScopeAccount = newScopeAccount();
  #matcher: RuleMatcher | undefined;
  /** `rules.version` that the matcher was made of. */
  #matched = 0;
  #serial = 0;

  constructor(scope: string, options: InstanceOptions = {}) {
    this.scope = scope;
    this.rules = new InstanceRules(this.status, options.arch ?? Arch.X86_64);
  }

  /** Sets feature bits: auditctl --loginuid-immutable. */
  setFeatures(
    request: Partial<Record<FeatureName, FeatureRequest>>,
    subject: ControlSubject,
  ): ControlReply {
    return this.features.set(request, subject, this.status.enabled !== 0);
  }

  /**
   * What its rules say of an event; undefined when it was given none: then everything is recorded
   * as it came. Every event has to come here, in order, because the rules learn from them.
   * @param chain the event's chain, trimmed to this scope
   */
  decide(event: AuditEvent, chain: readonly bigint[]): Decision | undefined {
    if (this.rules.isDefault) return undefined;
    if (this.#matcher === undefined || this.#matched !== this.rules.version) {
      this.#matcher = new RuleMatcher(this.rules.listed);
      this.#matched = this.rules.version;
    }
    return this.#matcher.decide(event, chain);
  }

  /** True when it has other rules than the default: `decide` has something to say. */
  get filters(): boolean {
    return !this.rules.isDefault;
  }

  /** What became of the events that reached it; `routed` counts these. */
  get account(): Readonly<ScopeAccount> {
    return this.#account;
  }

  /** The serial given last; 0 before the first. */
  get serial(): number {
    return this.#serial;
  }

  /**
   * Goes on with the serials of an earlier life; only before the first event.
   * @param serial the one given last, 0..2^32-1
   */
  continueFrom(serial: number): void {
    this.#serial = serial;
  }

  /**
   * Takes one event.
   * @param record what its rules said: false = it is not recorded
   * @returns its serial, or -1 when it is not to be recorded
   */
  offer(record = true): number {
    const account = this.#account;
    account.routed++;
    if (this.status.enabled === 0) {
      account.disabled++;
      return -1;
    }
    if (!record) {
      account.filtered++;
      return -1;
    }
    account.inFlight++;
    this.status.backlog++;
    return this.#next(1);
  }

  /** Events of this scope were lost before they reached it: they consume serials. */
  lose(events: number, reason: LostReason): void {
    this.#account.routed += events;
    this.#lost(events, reason);
    this.#next(events);
  }

  /** Accepted events have reached the log. */
  written(events: number): void {
    this.#account.inFlight -= events;
    this.status.backlog -= events;
    this.#account.written += events;
  }

  /** Accepted events could not be written. */
  failed(events: number, reason: LostReason): void {
    this.#account.inFlight -= events;
    this.status.backlog -= events;
    this.#lost(events, reason);
  }

  #lost(events: number, reason: LostReason): void {
    this.#account.lost[reason] += events;
    this.status.lost += events;
  }

  #next(events: number): number {
    this.#serial = (this.#serial + events) % (SERIAL_MAX + 1);
    return this.#serial;
  }
}
