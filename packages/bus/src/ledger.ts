// What a publisher knows about the bytes of its scope's queue: JetStream counts frames per
// subject, not bytes.
import type { QueueState } from "./bus.ts";

/**
 * The sizes of the frames that were stored, oldest first. The server's count of what is left trims
 * it from the front, which is exact while frames are acknowledged in order. Between trims it is an
 * upper bound. It holds at most as many entries as the queue may hold frames.
 */
export class Ledger {
  readonly #limit: number;
  /** Frames and bytes that were there before this publisher. */
  #before: QueueState = { frames: 0, bytes: 0 };
  #sizes: number[] = [];
  #start = 0;
  #bytes = 0;

  /** `limit` is the most frames that the queue may hold. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get frames(): number {
    return this.#before.frames + this.#sizes.length - this.#start;
  }

  get bytes(): number {
    return this.#before.bytes + this.#bytes;
  }

  /** Starts again with what an earlier publisher left. */
  reset(before: QueueState): void {
    this.#before = { ...before };
    this.#sizes = [];
    this.#start = 0;
    this.#bytes = 0;
  }

  /** A frame of `bytes` was stored at the tail. */
  add(bytes: number): void {
    this.#sizes.push(bytes);
    this.#bytes += bytes;
    // The server refuses more than the limit, so the oldest entry is no longer stored.
    if (this.frames > this.#limit) this.trim(this.#limit);
  }

  /** The queue holds `frames` now: older entries are gone. */
  trim(frames: number): void {
    let gone = this.frames - frames;
    if (gone <= 0) return;
    const old = Math.min(gone, this.#before.frames);
    if (old > 0) this.#trimBefore(this.#before.frames - old);
    gone -= old;
    for (; gone > 0; gone--) {
      this.#bytes -= this.#sizes[this.#start] ?? 0;
      this.#start++;
    }
    if (this.#start * 2 > this.#sizes.length) {
      this.#sizes = this.#sizes.slice(this.#start);
      this.#start = 0;
    }
  }

  /** Sizes of single frames from before are not known: their share is taken, rounded up. */
  #trimBefore(frames: number): void {
    const share = (this.#before.bytes * frames) / this.#before.frames;
    this.#before = { frames, bytes: Math.ceil(share) };
  }
}
