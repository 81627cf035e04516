// Serials that no event has: each gap is exactly a loss.

/** Serials of a tenant that were lost, or are not in its stream any more. */
export interface Gap {
  readonly generation: number;
  /** The first and the last serial that is missing. */
  readonly first: number;
  readonly last: number;
  /** How many are missing. */
  readonly events: number;
}

const SERIALS = 2 ** 32;

/** Watches serials for gaps. Serials begin again with each generation, and behind 4294967295. */
export class GapWatch {
  #generation: number | undefined;
  #next: number;

  /** @param from the position behind which reading goes on; without it, any serial may be first */
  constructor(from?: { readonly generation: number; readonly serial: number }) {
    this.#generation = from?.generation;
    this.#next = from === undefined ? 1 : (from.serial + 1) % SERIALS;
  }

  /**
   * Takes the serial of the next event.
   * @returns what is missing before it; undefined for nothing
   */
  take(generation: number, serial: number): Gap | undefined {
    const known = this.#generation === generation;
    // The first generation that is seen may begin anywhere: older batches are gone.
    const expected = known ? this.#next : this.#generation === undefined ? serial : 1;
    this.#generation = generation;
    this.#next = (serial + 1) % SERIALS;
    const events = (serial - expected + SERIALS) % SERIALS;
    // Half the numbers away is behind, not ahead: an event that comes again is no gap.
    if (events === 0 || events >= SERIALS / 2) return undefined;
    return { generation, first: expected, last: (serial - 1 + SERIALS) % SERIALS, events };
  }
}
