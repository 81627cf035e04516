// How much a principal may ask over a network, so that one who floods takes no more than a part of
// the time in which all events are routed.

/** What a request costs beside its own bytes. */
export const REQUEST_COST: number = 2 * 1024;
/** Bytes a second that a principal may spend, and the most that it saves up, or owes. */
export const BUDGET_RATE: number = 4 * 1024 * 1024;
export const BUDGET_MOST: number = 8 * 1024 * 1024;
/** A principal is told of at most this often, ms. */
const TELL_MS = 1000;

/** What becomes of a request: it is read, refused unread, or dropped without an answer. */
export type Verdict = "read" | "refuse" | "drop";

/** Told of a principal that asks for more than its budget: of how many requests, refused or not. */
export type FloodListener = (flood: { readonly principal: string; readonly times: number }) => void;

interface Account {
  left: number;
  /** Time of `left`, ms. */
  at: number;
  told: number;
}

/**
 * A budget for each principal, of which there are as many as the caller knows. What is over it is
 * refused, which costs less than to read it; and dropped, if that goes on.
 */
export class RequestBudget {
  readonly #accounts: Map<string, Account> = new Map();
  readonly #counts: Map<string, number> = new Map();
  readonly #onFlood: FloodListener;
  readonly #now: () => number;

  /** @param now a time in ms that rises */
  constructor(onFlood: FloodListener, now: () => number = () => performance.now()) {
    this.#onFlood = onFlood;
    this.#now = now;
  }

  /** Requests that were refused or dropped, by principal. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** Takes a request of so many bytes. */
  take(principal: string, bytes: number): Verdict {
    const now = this.#now();
    const account = this.#account(principal, now);
    const earned = ((now - account.at) / 1000) * BUDGET_RATE;
    account.left = Math.min(BUDGET_MOST, account.left + earned);
    account.at = now;
    if (account.left > 0) {
      account.left -= REQUEST_COST + bytes;
      return "read";
    }
    const times = (this.#counts.get(principal) ?? 0) + 1;
    this.#counts.set(principal, times);
    if (now - account.told >= TELL_MS) {
      account.told = now;
      this.#onFlood({ principal, times });
    }
    if (account.left <= -BUDGET_MOST) return "drop";
    account.left -= REQUEST_COST;
    return "refuse";
  }

  #account(principal: string, now: number): Account {
    const known = this.#accounts.get(principal);
    if (known !== undefined) return known;
    const account = { left: BUDGET_MOST, at: now, told: Number.NEGATIVE_INFINITY };
    this.#accounts.set(principal, account);
    return account;
  }
}
