import { type LostReason, newScopeAccount, type ScopeAccount } from "./accounting.ts";

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
  readonly #rules: string[] = [DEFAULT_RULE];
  #serial = 0;

  constructor(scope: string) {
    this.scope = scope;
  }

  /** Its rules in order, as auditctl -l prints them. */
  get rules(): readonly string[] {
    return this.#rules;
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
   * Decides on one event.
   * @returns its serial, or -1 when it is not to be recorded
   */
  offer(): number {
    const account = this.#account;
    account.routed++;
    if (this.enabled === 0) {
      account.disabled++;
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
