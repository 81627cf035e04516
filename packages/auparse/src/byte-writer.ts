/** Below this many bytes a loop is faster than a call into the runtime. */
const SHORT = 32;

/** Bytes that are put one after another into a buffer that grows; used again after `clear`. */
export class ByteWriter {
  #buf: Buffer;
  #length = 0;

  /** @param size bytes to begin with */
  constructor(size = 65_536) {
    this.#buf = Buffer.allocUnsafe(size);
  }

  /** Bytes written since the last `clear`. */
  get length(): number {
    return this.#length;
  }

  /** What was written: a view that the next write may change. */
  bytes(): Buffer {
    return this.#buf.subarray(0, this.#length);
  }

  /** Forgets what was written, from byte `length` on. */
  clear(length = 0): void {
    this.#length = length;
  }

  /** The byte at `index`, which must have been written. */
  at(index: number): number {
    return this.#buf[index] as number;
  }

  /** The first byte from `from` on whose entry in `table` is not 0, or `length`. */
  find(from: number, table: Uint8Array): number {
    const buf = this.#buf;
    const end = this.#length;
    let at = from;
    while (at < end && table[buf[at] as number] === 0) at++;
    return at;
  }

  /** Adds one byte. */
  byte(byte: number): void {
    if (this.#length === this.#buf.length) this.#grow(1);
    this.#buf[this.#length++] = byte;
  }

  /** Adds the bytes `[start, end)` of a buffer. */
  copy(from: Buffer, start: number, end: number): void {
    const size = end - start;
    if (size <= 0) return;
    if (this.#length + size > this.#buf.length) this.#grow(size);
    const buf = this.#buf;
    let at = this.#length;
    if (size > SHORT) from.copy(buf, at, start, end);
    else for (let i = start; i < end; i++) buf[at++] = from[i] as number;
    this.#length += size;
  }

  /** Adds what another writer has. */
  append(other: ByteWriter): void {
    this.copy(other.#buf, 0, other.#length);
  }

  /** Adds a text whose characters stand for one byte each (latin1). */
  text(text: string): void {
    const size = text.length;
    if (this.#length + size > this.#buf.length) this.#grow(size);
    const buf = this.#buf;
    let at = this.#length;
    if (size > SHORT) buf.write(text, at, "latin1");
    else for (let i = 0; i < size; i++) buf[at++] = text.charCodeAt(i);
    this.#length += size;
  }

  #grow(size: number): void {
    const grown = Buffer.allocUnsafe(Math.max(this.#buf.length * 2, this.#length + size));
    this.#buf.copy(grown, 0, 0, this.#length);
    this.#buf = grown;
  }
}
