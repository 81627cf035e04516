// Where a frame stands in its scope's queue, and where its events stood in their source.

/** A frame's place: sequences count from 1 within one life of the publisher, its epoch. */
export interface Place {
  readonly epoch: string;
  readonly sequence: number;
}

/** Which events of a source that can be read again are in a frame; counted per scope, from 1. */
export interface SourceRange {
  /** Names the source: 1..64 of A-Z a-z 0-9 _ -. */
  readonly id: string;
  readonly first: number;
  readonly last: number;
}

/** An epoch that says when it was: the number of the life, and how often the queue was removed. */
const ORDERED = /^([0-9]{1,15})(?:\.([0-9]{1,9}))?$/;

/**
 * True when everything up to and with `reached` includes `place`. Of two epochs that are numbers
 * the lower one is over: a publisher that goes on in it has been replaced. Other epochs are
 * foreign to each other.
 */
export function includes(reached: Place, place: Place): boolean {
  if (reached.epoch === place.epoch) return place.sequence <= reached.sequence;
  const [done, asked] = [ORDERED.exec(reached.epoch), ORDERED.exec(place.epoch)];
  if (done === null || asked === null) return false;
  const [, life = "", removals = "0"] = done;
  const [, otherLife = "", otherRemovals = "0"] = asked;
  if (life !== otherLife) return Number(otherLife) < Number(life);
  return Number(otherRemovals) < Number(removals);
}
