import { ENRICHMENT_SEPARATOR } from "../fields.ts";

const BLANK = 0x20;
const EQUALS = 0x3d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const SADDR = Buffer.from("SADDR=", "latin1");
const UNKNOWN = Buffer.from("unknown-", "latin1");

/** The first byte 0x1D in `[start, end)`, or `end`. */
export function enrichmentStart(buf: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && buf[at] !== ENRICHMENT_SEPARATOR) at++;
  return at;
}

/** What auditd wrote behind the 0x1D of an ENRICHED record; one object is used again. */
export class Enrichment {
  /** Where the value that `find` found lies. */
  valueStart = 0;
  valueEnd = 0;
  #buf: Buffer = Buffer.alloc(0);
  /** Four offsets for each name and its value. */
  readonly #spans: number[] = [];
  #count = 0;

  /** Forgets everything. */
  clear(): void {
    this.#count = 0;
  }

  /** Takes the text `[start, end)` behind the separator. */
  load(buf: Buffer, start: number, end: number): void {
    this.#count = 0;
    this.#buf = buf;
    if (end - start >= SADDR.length && SADDR.compare(buf, start, start + SADDR.length) === 0) {
      this.#loadAddress(start, end);
      return;
    }
    let at = start;
    while (at < end) {
      if (buf[at] === BLANK) {
        at++;
        continue;
      }
      let stop = at;
      let equals = -1;
      for (; stop < end && buf[stop] !== BLANK; stop++) {
        if (equals < 0 && buf[stop] === EQUALS) equals = stop;
      }
      if (equals >= 0) this.#add(at, equals, equals + 1, stop);
      at = stop;
    }
  }

  /** A socket address has blanks in it and stands alone. */
  #loadAddress(start: number, end: number): void {
    const buf = this.#buf;
    let open = start;
    while (open < end && buf[open] !== OPEN_BRACE) open++;
    let close = open;
    while (close < end && buf[close] !== CLOSE_BRACE) close++;
    if (close < end) this.#add(start, start + SADDR.length - 1, open, end);
  }

  #add(nameStart: number, nameEnd: number, valueStart: number, valueEnd: number): void {
    const at = 4 * this.#count++;
    this.#spans[at] = nameStart;
    this.#spans[at + 1] = nameEnd;
    this.#spans[at + 2] = valueStart;
    this.#spans[at + 3] = valueEnd;
  }

  /**
   * Finds the value for the field named `[start, end)` of `buf`; false when there is none or when
   * auditd did not know (`unknown-`), so that it has to be interpreted after all.
   */
  find(buf: Buffer, start: number, end: number): boolean {
    const size = end - start;
    for (let i = 0; i < 4 * this.#count; i += 4) {
      const name = this.#spans[i] as number;
      if ((this.#spans[i + 1] as number) - name !== size) continue;
      let same = 0;
      while (same < size && lower(this.#buf[name + same] as number) === buf[start + same]) same++;
      if (same < size) continue;
      this.valueStart = this.#spans[i + 2] as number;
      this.valueEnd = this.#spans[i + 3] as number;
      return !this.#unknown();
    }
    return false;
  }

  #unknown(): boolean {
    const size = UNKNOWN.length;
    const start = this.valueStart;
    if (this.valueEnd - start < size) return false;
    return UNKNOWN.compare(this.#buf, start, start + size) === 0;
  }
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte;
}
