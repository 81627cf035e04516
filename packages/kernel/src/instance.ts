import type { AuditEvent } from "@cauditd/auparse";
import { formatRule, type Rule } from "@cauditd/libaudit";
import { type LostReason, newScopeAccount, type ScopeAccount } from "./accounting.ts";
import { type Decision, RuleMatcher } from "./rule-matcher.ts";

/** The rule of an instance that was given none; visible and removable like any other. */
export const DEFAULT_RULE = "-a always,exit -S all";

/** The largest serial; the next one is 0, as in the kernel's 32-bit counter. */
const SERIAL_MAX = 0xffffffff;

/**
 * One auditd instance: what one scope's events go through on their way to its log. It has
 * serials of its own, from 1 without gaps (CID-96, CID-97); an event that is lost consumes a
 * serial, so that a gap in a log is exactly a loss.
 */
export class Instance {
  /** `host`, or the decimal contid. */
  readonly scope: string;
  /** 1 = recording, 0 = not (auditctl -e). */
  enabled: 0 | 1 = 1;
  readonly #account: ScopeAccount = newScopeAccount();
  #rules: readonly string[] = [DEFAULT_RULE];
  #matcher: RuleMatcher | undefined;
  #serial = 0;

  constructor(scope: string) {
    this.scope = scope;
  }

  /** Its rules in order, as auditctl -l prints them. */
  get rules(): readonly string[] {
    return this.#rules;
  }

  /**
   * Replaces all rules at once.
   * @param rules in the order in which `auditctl -l` lists them
   * @param arch architecture of the machine, AUDIT_ARCH_*, for the listing
   */
  setRules(rules: readonly Rule[], arch: number): void {
    this.#matcher = new RuleMatcher(rules);
    this.#rules = rules.map((rule) => formatRule(rule, { arch }));
  }

  /**
   * What its rules say of an event; undefined when it was given none: then everything is recorded
   * as it came. Every event has to come here, in order, because the rules learn from them.
   * @param chain the event's chain, trimmed to this scope
   */
  decide(event: AuditEvent, chain: readonly bigint[]): Decision | undefined {
    return this.#matcher?.decide(event, chain);
  }

  /** True when rules were given: `decide` has something to say. */
  get filters(): boolean {
    return this.#matcher !== undefined;
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
    if (this.enabled === 0) {
      account.disabled++;
      return -1;
    }
    if (!record) {
      account.filtered++;
      return -1;
    }
    account.inFlight++;
    return this.#next(1);
  }

  /** Events of this scope were lost before they reached it: they consume serials. */
  lose(events: number, reason: LostReason): void {
    this.#account.routed += events;
    this.#account.lost[reason] += events;
    this.#next(events);
  }

  /** Accepted events have reached the log. */
  written(events: number): void {
    this.#account.inFlight -= events;
    this.#account.written += events;
  }

  /** Accepted events could not be written. */
  failed(events: number, reason: LostReason): void {
    this.#account.inFlight -= events;
    this.#account.lost[reason] += events;
  }

  #next(events: number): number {
    this.#serial = (this.#serial + events) % (SERIAL_MAX + 1);
    return this.#serial;
  }
}
