// Where a source that is read again was over, and has grown since.
import { AuditError, Errno } from "@cauditd/libaudit";
import { MAX_CUTS } from "./book-shapes.ts";

/** What the bytes of a source are given to. */
export interface Reading {
  /** Bytes taken so far. */
  readonly offset: number;
  push(bytes: Uint8Array): void;
  /** What waits for what follows is complete. */
  cut(): void;
}

/**
 * The places, in bytes from the start, where a source ended while something still waited for what
 * follows. That was complete then, and has been counted; so it is complete there in every later
 * life, whatever has been written behind it since.
 */
export class SourceCuts {
  #places: readonly number[];
  #passed = 0;

  /** @param places rising */
  constructor(places: readonly number[]) {
    this.#places = places;
  }

  /** All places, rising. */
  get places(): readonly number[] {
    return this.#places;
  }

  /** Gives bytes to a reading, cut where the source was over before. */
  push(reading: Reading, bytes: Uint8Array): void {
    let rest = bytes;
    for (;;) {
      const part = (this.#places[this.#passed] ?? Number.POSITIVE_INFINITY) - reading.offset;
      if (part > rest.length) break;
      reading.push(rest.subarray(0, part));
      reading.cut();
      this.#passed++;
      rest = rest.subarray(part);
    }
    if (rest.length > 0) reading.push(rest);
  }

  /**
   * The source is over here.
   * @returns false when that is known
   * @throws ENOSPC when it was over at too many places
   */
  add(offset: number): boolean {
    if (this.#places.includes(offset)) return false;
    if (this.#places.length === MAX_CUTS) {
      const text = `the log has grown ${MAX_CUTS} times in the middle of an event: begin a new one`;
      throw new AuditError(Errno.ENOSPC, text);
    }
    this.#places = [...this.#places, offset].sort((a, b) => a - b);
    return true;
  }
}
