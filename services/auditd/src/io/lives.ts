// The account of all lives of an instance, and what the disk has cost in this one.
import { addLoss, LOST_REASONS, type ScopeAccount } from "@cauditd/kernel";
import type { Mark } from "./checkpoint.ts";
import { countEvents, serialOf } from "./event-ends.ts";

/**
 * A mark of an earlier life, when a part of what it has as written could not be.
 * @param lost its last events, rendered
 */
export function withoutLost(mark: Mark, lost: Buffer): Mark {
  const events = countEvents(lost);
  if (events === 0) return mark;
  const account = structuredClone(mark.account);
  account.written -= events;
  account.lost.disk += events;
  const { serial: last } = mark;
  const loss = { reason: "disk", events, first: serialOf(lost) ?? last, last } as const;
  return { ...mark, account, owed: addLoss(mark.owed, loss) };
}

/** Turns the marks of one life into marks of all lives. */
export class Lives {
  readonly #earlier: ScopeAccount;
  /** Events lost to the disk in this life. */
  #lost = 0;
  /** The serials among which are those that the last mark did not know of. */
  #first = 0;
  #last = 0;

  /** @param earlier the account of the lives before */
  constructor(earlier: ScopeAccount) {
    this.#earlier = earlier;
  }

  /**
   * Events up to `mark` are lost.
   * @param applied the last serial that is not among them
   */
  lose(events: number, applied: number, mark: Mark | undefined): void {
    if (events === 0) return;
    const first = (applied + 1) >>> 0;
    if (mark === undefined || mark.account.lost.disk === this.#lost) this.#first = first;
    this.#last = mark?.serial ?? first;
    this.#lost += events;
  }

  /** A mark of this life with the account of all lives, nothing in flight. */
  total(mark: Mark): Mark {
    const { account } = mark;
    const lost = this.#lost;
    const accepted = account.written + account.inFlight + account.lost.disk;
    const total = structuredClone(this.#earlier);
    total.routed += account.routed;
    total.own += account.own;
    total.filtered += account.filtered;
    total.disabled += account.disabled;
    for (const reason of LOST_REASONS) total.lost[reason] += account.lost[reason];
    total.lost.disk += lost - account.lost.disk;
    total.written += accepted - lost;
    // The instance had not been told of these when it made the mark.
    const events = lost - account.lost.disk;
    if (events === 0) return { ...mark, account: total };
    const loss = { reason: "disk", events, first: this.#first, last: this.#last } as const;
    return { ...mark, account: total, owed: addLoss(mark.owed, loss) };
  }
}
