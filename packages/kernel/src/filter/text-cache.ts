/*
 * Byte scanning: every index below is bounded by its loop, so `as number` only removes the
 * `undefined` that noUncheckedIndexedAccess adds.
 */
import { HASH_SEED, hashByte } from "./hash-set.ts";

/** Texts that are kept; a power of two. */
const SLOTS = 1024;
/** Longer texts are not kept. */
const LONGEST = 256;

/**
 * Makes text of bytes (latin1) and keeps it: programs use the same few names again and again, and
 * a text that is at hand already needs no allocation, and has its hash for maps. Bounded; a text
 * takes the place of another that falls into its slot.
 */
export class TextCache {
  readonly #texts: (string | undefined)[] = new Array(SLOTS).fill(undefined);

  /** The text of the bytes from `start` to `end`. */
  text(buf: Buffer, start: number, end: number): string {
    const size = end - start;
    if (size > LONGEST) return buf.toString("latin1", start, end);
    let hash = HASH_SEED;
    for (let at = start; at < end; at++) hash = hashByte(hash, buf[at] as number);
    const slot = (Math.imul(hash, 0x9e3779b1) >>> 16) & (SLOTS - 1);
    const known = this.#texts[slot];
    if (known !== undefined && known.length === size && same(known, buf, start)) return known;
    const text = buf.toString("latin1", start, end);
    this.#texts[slot] = text;
    return text;
  }
}

function same(text: string, buf: Buffer, start: number): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== buf[start + i]) return false;
  return true;
}
