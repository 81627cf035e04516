/** The smallest buffer, and the most that is kept of those that nobody uses, bytes. */
const SMALLEST = 4096;
const KEPT_BYTES = 16 * 1024 * 1024;

/**
 * Buffers that are used again, for all instances of a process: an instance holds one only while its
 * lines are on the way to the disk, so that an idle one costs nothing.
 */
export class BufferPool {
  /** Unused buffers by the power of two that is their size. */
  readonly #unused: Buffer[][] = [];
  #kept = 0;

  /** A buffer of at least `size` bytes, with anything in it. */
  take(size: number): Buffer {
    const power = powerOf(Math.max(size, SMALLEST));
    const buffer = this.#unused[power]?.pop();
    if (buffer === undefined) return Buffer.allocUnsafeSlow(2 ** power);
    this.#kept -= buffer.length;
    return buffer;
  }

  /** Takes back a buffer that `take` gave, or a part of it; nobody may use it any more. */
  give(part: Buffer): void {
    const buffer = Buffer.from(part.buffer);
    if (this.#kept + buffer.length > KEPT_BYTES) return;
    this.#kept += buffer.length;
    const power = powerOf(buffer.length);
    this.#unused[power] ??= [];
    this.#unused[power].push(buffer);
  }
}

function powerOf(size: number): number {
  return 32 - Math.clz32(size - 1);
}
