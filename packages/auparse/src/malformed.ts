/** Kinds of bytes that are not a record. Each counts one line, or the junk part of one. */
export const MALFORMED_KINDS = ["garbage", "truncated", "stamp", "nul", "overlong"] as const;
/**
 * - `garbage`: does not begin as a record does;
 * - `truncated`: ends inside its head, or is cut short by the next record on the same line;
 * - `stamp`: has a type, but its time stamp or serial is not as it should be;
 * - `nul`: holds NUL bytes, as files have after a crash;
 * - `overlong`: is longer than any record can be.
 */
export type MalformedKind = (typeof MALFORMED_KINDS)[number];

/** One malformed line, for a report. */
export interface MalformedSample {
  readonly kind: MalformedKind;
  /** Position of the first byte in the whole input. */
  readonly offset: number;
  /** Line number, from 1. */
  readonly line: number;
  /** The beginning of it, with bytes other than printable ASCII escaped as `\xHH`. */
  readonly excerpt: string;
}

/** Samples kept of each kind. */
const SAMPLES = 8;
/** Bytes shown of a sample. */
const EXCERPT = 64;

/** Counts malformed input by kind and keeps the first few of each kind as samples. */
export class MalformedLog {
  readonly #counts: Record<MalformedKind, number> = {
    garbage: 0,
    truncated: 0,
    stamp: 0,
    nul: 0,
    overlong: 0,
  };
  readonly #samples: MalformedSample[] = [];
  readonly #sampled: Map<MalformedKind, number> = new Map();

  /** Counts by kind. */
  get counts(): Readonly<Record<MalformedKind, number>> {
    return this.#counts;
  }

  /** All kinds together. */
  get total(): number {
    let total = 0;
    for (const kind of MALFORMED_KINDS) total += this.#counts[kind];
    return total;
  }

  /** The first few of each kind, in order of position. */
  get samples(): readonly MalformedSample[] {
    return this.#samples;
  }

  /** Counts one and keeps a sample of it if there is room. */
  add(
    kind: MalformedKind,
    buf: Uint8Array,
    start: number,
    end: number,
    offset: number,
    line: number,
  ): void {
    this.#counts[kind]++;
    const sampled = this.#sampled.get(kind) ?? 0;
    if (sampled >= SAMPLES) return;
    this.#sampled.set(kind, sampled + 1);
    this.#samples.push({ kind, offset, line, excerpt: excerpt(buf, start, end) });
  }
}

/** The bytes as printable ASCII, other bytes as `\xHH`, at most 64 bytes of them. */
export function excerpt(buf: Uint8Array, start: number, end: number): string {
  let text = "";
  const stop = Math.min(end, start + EXCERPT);
  for (let i = start; i < stop; i++) {
    const byte = buf[i] as number;
    if (byte >= 0x20 && byte < 0x7f && byte !== 0x5c) text += String.fromCharCode(byte);
    else text += `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  return stop < end ? `${text}...` : text;
}
