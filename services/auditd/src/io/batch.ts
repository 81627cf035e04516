// What an instance hands to its log, and what it gets back.
import type { Mark } from "./checkpoint.ts";
import { countEvents } from "./event-ends.ts";

/** Rendered events, and what is applied once they are in the log. */
export interface Batch {
  /** Whole events; not to be changed until the batch is settled. */
  readonly bytes: Buffer;
  readonly events: number;
  /** Absent for records of the daemon itself. The account is that of this life, as it stands. */
  readonly mark?: Mark;
  /** Told when its turn has come: until then, what it holds may get less. */
  seal?(): void;
}

/** What became of a batch's events. */
export interface Outcome {
  readonly written: number;
  readonly lost: number;
  /** The log is another's: the batch is not to be counted, and its frame not acknowledged. */
  readonly abandoned?: true;
}

/** That of a batch of a log that was abandoned. */
export const ABANDONED: Outcome = { written: 0, lost: 0, abandoned: true };

/** What became of a batch of which `kept` bytes are in the log. */
export function outcomeOf({ bytes, events }: Batch, kept: number): Outcome {
  if (kept >= bytes.length) return { written: events, lost: 0 };
  const written = kept <= 0 ? 0 : Math.min(events, countEvents(bytes.subarray(0, kept)));
  return { written, lost: events - written };
}

/** Events of batches that are lost when `kept` of its bytes are in the log. */
export function lostOf(batches: readonly Batch[], kept: number): number {
  let lost = 0;
  let start = 0;
  for (const batch of batches) {
    lost += outcomeOf(batch, kept - start).lost;
    start += batch.bytes.length;
  }
  return lost;
}
