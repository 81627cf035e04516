/*
 * Byte scanning: every index below is bounded by its loop, so `as number` only removes the
 * `undefined` that noUncheckedIndexedAccess adds.
 */
import { HASH_SEED, hashByte } from "./hash-set.ts";
import { Mark } from "./path-marks.ts";
import type { PlaceFilter } from "./place-filter.ts";
import { WordView } from "./word-view.ts";

const SPACE = 0x20;
const QUOTE = 0x22;
const DOT = 0x2e;
const SLASH = 0x2f;
const ZERO = 0x30;
/** A byte, four times over, and the bits of four bytes. */
const QUOTES = 0x22222222;
const SLASHES = 0x2f2f2f2f;
const LOWEST = 0x01010101;
const HIGHEST = 0x80808080 | 0;

/**
 * Tells of a name in a PATH record, byte by byte and without making text of it, whether it may be
 * where a rule looks. A name is left alone as soon as it has turned into a directory below which
 * there is nothing of interest; from there on only its end is looked for, and parts such as `..`,
 * with which it may come back. One object is used again; allocates nothing.
 */
export class PathScan {
  /** The path may be where a rule looks or behind a link, or the scan cannot tell. */
  near = false;
  /** Where the name ends: at its closing quote, or in front of the blank behind its last digit. */
  end = 0;
  /** Hash of the path so far; a slash at its end is not in it. */
  #hash = HASH_SEED;
  /** There is no place below the path so far: the hash does not matter any more. */
  #far = false;
  readonly #filter: PlaceFilter;
  readonly #words: WordView;

  constructor(filter: PlaceFilter, words: WordView = new WordView()) {
    this.#filter = filter;
    this.#words = words;
  }

  /** An absolute name that begins at `start` and ends at a quote in front of `end`. */
  absolute(buf: Buffer, start: number, end: number): void {
    this.#walk(buf, start, end, HASH_SEED);
    this.#finish();
  }

  /** As `absolute`, of a name that is written as hex digits. */
  hex(buf: Buffer, start: number, end: number): void {
    this.#walkHex(buf, start, end);
    this.#finish();
  }

  /** A relative name; `directory` or `place` was asked about where it starts from. */
  relative(buf: Buffer, start: number, end: number): void {
    const first = buf[start];
    let near = this.near || first === QUOTE || (first === DOT && isDetour(buf, start));
    if (this.#far) {
      this.near = false;
      this.end = this.#rest(buf, start, end);
    } else {
      near ||= (this.#filter.paths.of(this.#hash) & Mark.root) !== 0;
      this.#walk(buf, start, end, hashByte(this.#hash, SLASH));
      this.#finish();
    }
    this.near ||= near;
  }

  /** A relative name that starts from a directory of which nothing is known. */
  unknown(buf: Buffer, start: number, end: number): void {
    this.end = this.#rest(buf, start, end);
    this.near = buf[start] === QUOTE;
  }

  /** No name: the call was on a descriptor. `end` is where the last byte of `(null)` stands. */
  nameless(end: number): void {
    this.near = false;
    this.end = end;
  }

  /** The working directory as its record writes it, from its first slash to the quote. */
  directory(buf: Buffer, start: number, end: number): void {
    this.#walk(buf, start, end, HASH_SEED);
    if (!this.#far && this.#filter.paths.of(this.#hash) === 0) this.#far = true;
  }

  /** The path of a directory as it is remembered: absolute, and straight. */
  place(path: string): void {
    const { paths } = this.#filter;
    let hash = HASH_SEED;
    let near = false;
    for (let at = 0; at < path.length; at++) {
      const byte = path.charCodeAt(at);
      if (byte === SLASH && (paths.of(hash) & Mark.root) !== 0) near = true;
      if (path.length > 1) hash = hashByte(hash, byte);
    }
    this.#hash = hash;
    this.#far = false;
    this.near = near;
  }

  /** A name was read to its end. */
  #finish(): void {
    if (!this.#far && (this.#filter.paths.of(this.#hash) & Mark.place) !== 0) this.near = true;
  }

  #walk(buf: Buffer, start: number, end: number, seed: number): void {
    const { paths } = this.#filter;
    let hash = seed;
    let at = start;
    this.near = false;
    this.#far = false;
    for (; at < end; at++) {
      const byte = buf[at] as number;
      if (byte === QUOTE) break;
      if (byte === SLASH) {
        const marks = paths.of(hash);
        if (marks === 0) {
          this.#far = true;
          this.end = this.#rest(buf, at, end);
          return;
        }
        if ((marks & Mark.root) !== 0) this.near = true;
        const next = buf[at + 1];
        if (next === QUOTE) {
          at++;
          break;
        }
        if (next === SLASH || (next === DOT && isDetour(buf, at + 1))) this.near = true;
      }
      hash = hashByte(hash, byte);
    }
    this.end = at;
    this.#hash = hash;
  }

  /** The closing quote from `start` on, four bytes at a time; a part such as `..` may be near. */
  #rest(buf: Buffer, start: number, end: number): number {
    const view = this.#words.of(buf);
    let at = start;
    const last = buf.length - 4;
    // The last byte of the word before was a slash or a dot: its highest bit, shifted down.
    let before = 0;
    for (; at < end && at <= last; at += 4) {
      const word = view.getInt32(at, true);
      // A dot and a slash differ in their lowest bit only.
      const parts = zeroBytes((word | LOWEST) ^ SLASHES);
      if ((parts & ((parts << 8) | before)) !== 0 && hasDetour(buf, at)) this.near = true;
      before = parts >>> 24;
      const quotes = zeroBytes(word ^ QUOTES);
      if (quotes === 0) continue;
      at += (31 - Math.clz32(quotes & -quotes)) >> 3;
      if (at < end) return at;
    }
    // The last bytes of the buffer, or a name without an end.
    if (hasDetour(buf, at)) this.near = true;
    while (at < end && buf[at] !== QUOTE) at++;
    if (at >= end) this.near = true;
    return Math.min(at, end);
  }

  #walkHex(buf: Buffer, start: number, end: number): void {
    const { paths } = this.#filter;
    let hash = HASH_SEED;
    let above = hash;
    let near = false;
    // Bytes, and dots among them, since the last slash.
    let size = 1;
    let dots = 0;
    let at = start;
    for (; at + 1 < end && buf[at] !== SPACE; at += 2) {
      const high = hexDigit(buf[at] as number);
      const low = hexDigit(buf[at + 1] as number);
      if (high < 0 || low < 0) near = true;
      const byte = (high << 4) | low;
      if (byte === SLASH) {
        if ((paths.of(hash) & Mark.root) !== 0 || (dots === size && size < 3)) near = true;
        above = hash;
        size = 0;
        dots = 0;
      } else {
        size++;
        if (byte === DOT) dots++;
      }
      hash = hashByte(hash, byte);
    }
    this.end = at - 1;
    this.#hash = size === 0 ? above : hash;
    this.#far = false;
    this.near = near || (size > 0 && size === dots && size < 3);
  }
}

/** The highest bit of each byte that is 0. Exact for the lowest such byte, and without 0x01. */
function zeroBytes(word: number): number {
  return (word - LOWEST) & ~word & HIGHEST;
}

/** True when a part of a path that may lead elsewhere begins in the word at `at`. */
function hasDetour(buf: Buffer, at: number): boolean {
  for (let slash = at - 1; slash < at + 3; slash++) {
    if (buf[slash] !== SLASH) continue;
    const next = buf[slash + 1];
    if (next === SLASH || (next === DOT && isDetour(buf, slash + 1))) return true;
  }
  return false;
}

/** True for the parts `.` and `..` of a path. */
function isDetour(buf: Buffer, start: number): boolean {
  const at = buf[start + 1] === DOT ? start + 2 : start + 1;
  return buf[at] === SLASH || buf[at] === QUOTE;
}

/** The value of a hex digit as the kernel writes it; -1 = it is none. */
function hexDigit(byte: number): number {
  if (byte >= ZERO && byte < ZERO + 10) return byte - ZERO;
  return byte >= 0x41 && byte <= 0x46 ? byte - 0x37 : -1;
}
