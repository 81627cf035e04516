import { MAX_LINE_BYTES } from "./limits.ts";

/** Receives lines. The bytes are valid until the `push` or `end` that brought them returns. */
export interface LineSink {
  /**
   * One line, without its newline.
   * @param offset position of the line's first byte in the whole input
   * @param terminated false for a last line that has no newline
   */
  line(buf: Buffer, start: number, end: number, offset: number, terminated: boolean): void;
  /** A line longer than the limit was skipped; `head` is the beginning of it. */
  overlong(head: Buffer, offset: number, bytes: number): void;
}

const NEWLINE = 0x0a;

/**
 * Cuts a byte stream into lines, in chunks of any size. Holds at most one partial line of
 * `limit` bytes; a longer line is skipped up to its newline and reported.
 */
export class LineFramer {
  readonly #sink: LineSink;
  readonly #limit: number;
  /** Start of a line whose end has not been seen yet. */
  #carry: Buffer = Buffer.alloc(0);
  /** The other carry: a line that came out of one may be read while the next line is kept. */
  #spare: Buffer = Buffer.alloc(0);
  #carried = 0;
  /** Bytes of an over-long line seen so far; 0 = not inside one. */
  #skipped = 0;
  /** Position of the next chunk's first byte in the whole input. */
  #offset = 0;

  constructor(sink: LineSink, limit: number = MAX_LINE_BYTES) {
    this.#sink = sink;
    this.#limit = limit;
  }

  /** Bytes taken so far. */
  get offset(): number {
    return this.#offset;
  }

  /** A line has begun and its end has not been seen. */
  get partial(): boolean {
    return this.#carried > 0;
  }

  /** Takes the next bytes. Nothing of `chunk` is kept after the call. */
  push(chunk: Buffer): void {
    const base = this.#offset;
    const sink = this.#sink;
    const limit = this.#limit;
    let start = 0;
    if (this.#carried > 0 || this.#skipped > 0) {
      const newline = chunk.indexOf(NEWLINE);
      start = this.#continue(chunk, newline < 0 ? chunk.length : newline, newline >= 0);
    }
    for (;;) {
      const newline = start < chunk.length ? chunk.indexOf(NEWLINE, start) : -1;
      if (newline < 0) break;
      if (newline - start > limit) {
        const head = chunk.subarray(start, start + limit);
        sink.overlong(head, base + start, newline - start);
      } else {
        sink.line(chunk, start, newline, base + start, true);
      }
      start = newline + 1;
    }
    if (start < chunk.length) this.#keep(chunk, start, chunk.length);
    this.#offset = base + chunk.length;
  }

  /** The input is over: a last line without newline comes out now. */
  end(): void {
    const size = this.#carried;
    if (this.#skipped > 0) {
      const from = this.#offset - this.#skipped;
      this.#sink.overlong(this.#carry.subarray(0, size), from, this.#skipped);
    } else if (size > 0) {
      this.#sink.line(this.#carry, 0, size, this.#offset - size, false);
    }
    this.#carried = 0;
    this.#skipped = 0;
  }

  /** The input is given up: a line whose end has not been seen is forgotten. */
  drop(): void {
    this.#offset -= this.#skipped > 0 ? this.#skipped : this.#carried;
    this.#carried = 0;
    this.#skipped = 0;
  }

  /** The line begun in earlier chunks goes on up to `end`; returns where the next one starts. */
  #continue(chunk: Buffer, end: number, terminated: boolean): number {
    const before = this.#skipped > 0 ? this.#skipped : this.#carried;
    const offset = this.#offset - before;
    this.#keep(chunk, 0, end);
    if (!terminated) return chunk.length;
    const size = this.#carried;
    const skipped = this.#skipped;
    const carry = this.#carry;
    this.#carry = this.#spare;
    this.#spare = carry;
    this.#carried = 0;
    this.#skipped = 0;
    if (skipped > 0) this.#sink.overlong(carry.subarray(0, size), offset, skipped);
    else this.#sink.line(carry, 0, size, offset, true);
    return end + 1;
  }

  #keep(chunk: Buffer, start: number, end: number): void {
    const total = this.#carried + (end - start);
    if (this.#skipped > 0) {
      this.#skipped += end - start;
      return;
    }
    if (this.#carry.length === 0) this.#carry = Buffer.allocUnsafe(this.#limit);
    const taken = Math.min(end - start, this.#limit - this.#carried);
    chunk.copy(this.#carry, this.#carried, start, start + taken);
    this.#carried += taken;
    if (total > this.#limit) this.#skipped = total;
  }
}
