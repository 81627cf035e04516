import { Header, HeaderState, scanHeader } from "../header.ts";

/** ausearch reads a line in pieces of so many bytes, each a line to it. */
export const PIECE_BYTES = 8969;

const NEWLINE = 0x0a;

/** Told of each line that begins as a record; the bytes stay valid. */
export type RecordLineSink = (
  head: Header,
  buf: Buffer,
  start: number,
  end: number,
  /** Where the line begins in the file. */
  offset: number,
) => void;

/**
 * Cuts the bytes of one log into lines as ausearch reads them: pieces of at most 8,969 bytes, each
 * up to its first NUL. What does not begin as a record is left out, as ausearch does (AUD: "a line
 * that cannot be parsed is skipped without a message"). A line that two chunks share is copied; the
 * sink may keep any buffer it was given.
 */
export class RecordLines {
  readonly #sink: RecordLineSink;
  readonly #head: Header = new Header();
  /** The end of the chunks so far, up to its line's end. */
  #carry: Buffer | undefined;
  /** Offset of the carry, or else of the next chunk. */
  #offset: number;
  #consumed: number;

  /** @param offset where the first chunk begins in the file */
  constructor(sink: RecordLineSink, offset = 0) {
    this.#sink = sink;
    this.#offset = offset;
    this.#consumed = offset;
  }

  /** Offset behind the last complete line. */
  get consumed(): number {
    return this.#consumed;
  }

  /** Takes the next bytes; they must not change any more. */
  push(chunk: Buffer): void {
    const carry = this.#carry;
    const first = carry === undefined ? 0 : chunk.indexOf(NEWLINE) + 1;
    if (carry === undefined) this.#lines(chunk);
    else if (first === 0) this.#lines(Buffer.concat([carry, chunk]));
    else {
      this.#lines(Buffer.concat([carry, chunk.subarray(0, first)]));
      this.#lines(chunk.subarray(first));
    }
  }

  #lines(buf: Buffer): void {
    const nuls = buf.includes(0);
    const base = this.#offset;
    let start = 0;
    for (;;) {
      let end = buf.indexOf(NEWLINE, start);
      // A line without end goes out in pieces, so that not more than one piece is kept.
      if (end < 0 || end - start >= PIECE_BYTES) {
        if (buf.length - start < PIECE_BYTES) break;
        end = start + PIECE_BYTES;
        this.#piece(buf, start, end, base, nuls);
        start = end;
        continue;
      }
      this.#piece(buf, start, end, base, nuls);
      start = end + 1;
    }
    this.#carry = start === buf.length ? undefined : buf.subarray(start);
    this.#offset = base + start;
    this.#consumed = this.#offset;
  }

  /** The log is over: its last line may lack its newline. */
  end(): void {
    const buf = this.#carry;
    if (buf === undefined) return;
    this.#carry = undefined;
    this.#piece(buf, 0, buf.length, this.#offset, true);
    this.#offset += buf.length;
    this.#consumed = this.#offset;
  }

  #piece(buf: Buffer, start: number, last: number, base: number, nuls: boolean): void {
    let end = last;
    if (nuls) {
      const nul = buf.indexOf(0, start);
      if (nul >= 0 && nul < end) end = nul;
    }
    if (scanHeader(buf, start, end, this.#head) !== HeaderState.ok) return;
    this.#sink(this.#head, buf, start, end, base + start);
  }
}
