/** Buffers that a log is read into, used again once nothing is kept of what was in them. */
export class ChunkPool {
  readonly #size: number;
  readonly #isKept: (memory: ArrayBufferLike) => boolean;
  /** Handed out, the one that was filled first in front. */
  readonly #used: Buffer[] = [];

  /**
   * @param size of each buffer, bytes
   * @param isKept whether bytes of this memory are needed still
   */
  constructor(size: number, isKept: (memory: ArrayBufferLike) => boolean) {
    this.#size = size;
    this.#isKept = isKept;
  }

  /** A buffer to fill. The two that were taken last are never given out again. */
  take(): Buffer {
    const [oldest] = this.#used;
    const free = oldest !== undefined && this.#used.length > IN_USE && !this.#isKept(oldest.buffer);
    const buffer = free ? oldest : Buffer.allocUnsafeSlow(this.#size);
    if (free || this.#used.length > MAX_USED) this.#used.shift();
    this.#used.push(buffer);
    return buffer;
  }
}

/** One is being filled, one read, and the last line of the one before is carried over. */
const IN_USE = 3;
/** Buffers that are looked after; more are left to the garbage collector. */
const MAX_USED = 16;
