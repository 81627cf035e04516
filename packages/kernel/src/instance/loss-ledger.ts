import { LOST_REASONS, type LostReason } from "../accounting.ts";

/** The shortest time between two markers of one reason, ms. */
export const MARKER_INTERVAL_MS = 1000;

/** Events that were lost for one reason and that no marker has told of yet. */
export interface OwedLoss {
  readonly reason: LostReason;
  readonly events: number;
  /** The lowest and the highest of their serials; not all between them need be lost. */
  readonly first: number;
  readonly last: number;
}

/** The same when its marker is due. */
export interface Loss extends OwedLoss {
  /** Stamp of the marker, ms: at least MARKER_INTERVAL_MS behind the one before it. */
  readonly at: number;
}

interface Entry {
  events: number;
  first: number;
  last: number;
  /** When the last marker was taken, ms. */
  marked: number;
}

/**
 * What the markers of one instance still have to tell: per reason, how many events and in which
 * range of serials. A marker is due at once, and then at most once a second and reason.
 */
export class LossLedger {
  /** Losses wait for their marker. */
  pending = false;
  readonly #entries: Record<LostReason, Entry> = {
    rate: newEntry(),
    backlog: newEntry(),
    bus: newEntry(),
    disk: newEntry(),
  };

  /**
   * Notes a loss.
   * @param first serial of the first event
   * @param last serial of the last one
   * @param events how many of the serials from `first` to `last` are lost, at least 1
   */
  note(reason: LostReason, first: number, last: number, events: number): void {
    widen(this.#entries[reason], first, last, events);
    this.pending = true;
  }

  /** All that markers still have to tell; `restore` gives it to another life. */
  get owed(): OwedLoss[] {
    if (!this.pending) return [];
    return LOST_REASONS.filter((reason) => this.#entries[reason].events > 0).map((reason) => {
      const { events, first, last } = this.#entries[reason];
      return { reason, events, first, last };
    });
  }

  /** Takes over what an earlier life owed. */
  restore(owed: readonly OwedLoss[]): void {
    for (const { reason, first, last, events } of owed) this.note(reason, first, last, events);
  }

  /**
   * The next loss whose marker is due; it is not told again.
   * @param at time, ms; one that runs backwards by more than a second does not hold markers back
   * @param now true: due or not, as at the end; its stamp is that of when it would be due
   */
  take(at: number, now = false): Loss | undefined {
    if (!this.pending) return undefined;
    const due = LOST_REASONS.find((reason) => {
      const { events, marked } = this.#entries[reason];
      return events > 0 && (now || Math.abs(at - marked) >= MARKER_INTERVAL_MS);
    });
    if (due === undefined) return undefined;
    const entry = this.#entries[due];
    const { events, first, last, marked } = entry;
    const early = Math.abs(at - marked) < MARKER_INTERVAL_MS;
    entry.events = 0;
    entry.marked = early ? marked + MARKER_INTERVAL_MS : at;
    this.pending = LOST_REASONS.some((reason) => this.#entries[reason].events > 0);
    return { reason: due, events, first, last, at: entry.marked };
  }
}

/** What is owed when another loss is added. */
export function addLoss(owed: readonly OwedLoss[], loss: OwedLoss): OwedLoss[] {
  const { reason, first, last, events } = loss;
  const same = owed.find((one) => one.reason === reason);
  if (same === undefined) return [...owed, loss];
  const sum = { ...same };
  widen(sum, first, last, events);
  return owed.map((one) => (one === same ? sum : one));
}

function widen(
  entry: { events: number; first: number; last: number },
  first: number,
  last: number,
  events: number,
): void {
  if (entry.events === 0) {
    entry.first = first;
    entry.last = last;
  } else {
    // Serials are compared as the kernel compares counters that wrap: by their distance.
    if (((first - entry.first) | 0) < 0) entry.first = first;
    if (((last - entry.last) | 0) > 0) entry.last = last;
  }
  entry.events += events;
}

function newEntry(): Entry {
  return { events: 0, first: 0, last: 0, marked: Number.NEGATIVE_INFINITY };
}
