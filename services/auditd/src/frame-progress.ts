// How far an instance is with its frames: what makes their application exactly-once.
import { type Delivery, includes, type Place, type SourceRange } from "@cauditd/bus";
import type { Mark, SourcePlace } from "./io/checkpoint.ts";

/** The place in front of all others. */
const BEGINNING: Place = { epoch: "", sequence: 0 };

/** Follows frames from their delivery until they are dealt with; goes on from a checkpoint. */
export class FrameProgress {
  /** The last frame that was taken, the last that was let in, and the last that is dealt with. */
  #taken: Place = BEGINNING;
  #passed: Place = BEGINNING;
  #settled: Place = BEGINNING;
  #source: SourcePlace | undefined;
  #stale = 0;
  /** Frames that came again before they were dealt with. */
  #repeats: Delivery[] = [];

  constructor(recovered: Mark | undefined) {
    if (recovered === undefined) return;
    this.#taken = this.#passed = this.#settled = placeOf(recovered);
    this.#source = recovered.source;
  }

  /** The place of the last frame that is dealt with. */
  get settled(): Place {
    return this.#settled;
  }

  /** Epoch of the frames that are taken now. */
  get epoch(): string {
    return this.#taken.epoch;
  }

  /** Frames that were let go because a later life of the dispatcher has taken over. */
  get stale(): number {
    return this.#stale;
  }

  /** What a checkpoint has of it, when everything that was let in is in the log. */
  get mark(): Pick<Mark, "epoch" | "sequence" | "source"> {
    return { ...this.#passed, source: this.#source };
  }

  /** True when a frame is dealt with. */
  isSettled(place: Place): boolean {
    return includes(this.#settled, place);
  }

  /**
   * Takes a frame; false for one that was taken before, which is acknowledged when it is dealt
   * with: at once, as a rule.
   */
  take(delivery: Delivery): boolean {
    if (includes(this.#settled, delivery)) {
      if (delivery.epoch !== this.#settled.epoch) this.#stale++;
      delivery.ack();
      return false;
    }
    if (includes(this.#taken, delivery)) {
      this.#repeats.push(delivery);
      return false;
    }
    this.#taken = placeOf(delivery);
    return true;
  }

  /** Notes the events of a source; how many of them, from the first on, were there before. */
  note({ id, first, last }: SourceRange): number {
    const had = id === this.#source?.id ? this.#source.last : 0;
    if (last > had) this.#source = { id, last };
    return Math.min(Math.max(0, had - first + 1), last - first + 1);
  }

  /** A frame that was taken has been let in. */
  pass(place: Place): void {
    this.#passed = placeOf(place);
  }

  /** A frame that was let in is dealt with. */
  settle(place: Place): void {
    this.#settled = placeOf(place);
    if (this.#repeats.length === 0) return;
    for (const repeat of this.#repeats) if (this.isSettled(repeat)) repeat.ack();
    this.#repeats = this.#repeats.filter((repeat) => !this.isSettled(repeat));
  }
}

function placeOf({ epoch, sequence }: Place): Place {
  return { epoch, sequence };
}
