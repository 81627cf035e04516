/** Milliseconds of the kernel's window. */
const SECOND = 1000;
/** A stamp that is this much older than the newest starts a new window: the clock was set back. */
const SET_BACK = SECOND;

/**
 * The kernel's rate limit (audit_rate_check): about `limit` events of a second pass. It counts
 * up to the limit, then nothing passes until more than a second is over since the count was last
 * set to 0 (AUD-108). Time is what the caller says, ms: the events' own stamps.
 */
export class RateLimit {
  #count = Number.POSITIVE_INFINITY;
  #since = Number.NEGATIVE_INFINITY;

  /**
   * Counts one event.
   * @param limit events of a second; 0 = all pass
   * @param at time, ms
   * @returns whether it passes
   */
  passes(limit: number, at: number): boolean {
    if (limit === 0) return true;
    if (++this.#count < limit) return true;
    const elapsed = at - this.#since;
    if (elapsed <= SECOND && elapsed >= -SET_BACK) return false;
    this.#since = at;
    this.#count = 0;
    return true;
  }
}

/** What the host lets a tenant record. */
export interface Quota {
  /** Events of a second, in the long run; more than 0. */
  readonly rate: number;
  /** Events that may come at once; at least 1. */
  readonly burst: number;
}

/** A quota as a bucket: it holds up to `burst` events and `rate` of a second flow in. */
export class QuotaBucket {
  readonly quota: Quota;
  #level: number;
  #at = Number.NEGATIVE_INFINITY;

  constructor(quota: Quota) {
    this.quota = quota;
    this.#level = quota.burst;
  }

  /** Takes one event out, at a time in ms; false when there is none. */
  takes(at: number): boolean {
    const { rate, burst } = this.quota;
    const elapsed = at - this.#at;
    if (elapsed > 0) {
      this.#level = Math.min(burst, this.#level + (elapsed * rate) / SECOND);
      this.#at = at;
    } else if (elapsed < -SET_BACK) {
      this.#at = at;
    }
    if (this.#level < 1) return false;
    this.#level--;
    return true;
  }
}
