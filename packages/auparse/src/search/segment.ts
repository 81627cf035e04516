import { TERM_GROUPS, type TermGroup } from "./terms.ts";

/** The runs of records of one event in a part of a log: parallel columns. */
export interface RunColumns {
  readonly sec: Uint32Array;
  readonly serial: Uint32Array;
  /** Milliseconds and, times 1024, the number of the node. */
  readonly milliNode: Uint32Array;
  /** Type of the first record. */
  readonly type: Uint32Array;
  /** First byte, from the segment's beginning. */
  readonly offset: Uint32Array;
  /** Bytes, the last newline not included. */
  readonly length: Uint32Array;
}

/** One term, and the runs that have it. */
export interface SegmentTerm {
  readonly value: string;
  /** Run numbers in ascending order; undefined = so many that they are not listed. */
  readonly runs: Uint32Array | undefined;
}

/** The index of one part of a log. */
export interface Segment {
  /** Bytes of the log, from the first to one past the last. */
  readonly from: number;
  readonly to: number;
  readonly nodes: readonly string[];
  readonly columns: RunColumns;
  /** The terms of a group; `undefined` as value stands for any. */
  terms(group: TermGroup): SegmentTerms;
}

/** The terms of one group. */
export interface SegmentTerms {
  readonly terms: readonly SegmentTerm[];
  /** Runs that may have any value. */
  readonly any: Uint32Array;
}

/** A segment before it is encoded. */
export interface SegmentDraft {
  readonly from: number;
  readonly to: number;
  readonly nodes: readonly string[];
  /** Columns in the order of `RunColumns`. */
  readonly columns: readonly (readonly number[])[];
  readonly groups: ReadonlyMap<TermGroup, ReadonlyMap<string | undefined, readonly number[]>>;
}

const MAGIC = 0x31584943; // CIX1
const COLUMNS = 6;
/** magic, bytes, checksum, from and to as two words each, runs, nodes, unused. */
const HEAD_WORDS = 10;
const UNLISTED = 0xffff_ffff;
const TWO_TO_32 = 4294967296;

/** Writes words, bytes and numbers of varying length into a growing buffer. */
class Writer {
  #buf: Buffer = Buffer.alloc(1 << 16);
  size = 0;

  #grow(bytes: number): void {
    if (this.size + bytes <= this.#buf.length) return;
    const bigger = Buffer.alloc(Math.max(2 * this.#buf.length, this.size + bytes));
    this.#buf.copy(bigger);
    this.#buf = bigger;
  }

  word(value: number): void {
    this.#grow(4);
    this.#buf.writeUInt32LE(value, this.size);
    this.size += 4;
  }

  /** Seven bits a byte, the lowest first. */
  varint(value: number): void {
    this.#grow(5);
    let rest = value;
    while (rest >= 0x80) {
      this.#buf[this.size++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#buf[this.size++] = rest;
  }

  text(text: string): void {
    this.varint(text.length);
    this.#grow(text.length);
    this.size += this.#buf.write(text, this.size, "latin1");
  }

  runs(runs: readonly number[]): void {
    let last = -1;
    for (const run of runs) {
      this.varint(run - last - 1);
      last = run;
    }
  }

  bytes(): Buffer {
    while (this.size % 4 !== 0) this.varint(0);
    return this.#buf.subarray(0, this.size);
  }
}

/** The bytes of a segment. */
export function encodeSegment(draft: SegmentDraft): Buffer {
  const { from, to, nodes, columns, groups } = draft;
  const count = columns[0]?.length ?? 0;
  const writer = new Writer();
  for (const word of [MAGIC, 0, 0, from % TWO_TO_32, Math.floor(from / TWO_TO_32)]) {
    writer.word(word);
  }
  for (const word of [to % TWO_TO_32, Math.floor(to / TWO_TO_32), count, nodes.length, 0]) {
    writer.word(word);
  }
  for (const column of columns) for (const value of column) writer.word(value);
  for (const node of nodes) writer.text(node);
  for (const group of TERM_GROUPS) {
    const terms = groups.get(group) ?? new Map<string | undefined, readonly number[]>();
    const any = terms.get(undefined) ?? [];
    writer.varint(any.length);
    writer.runs(any);
    writer.varint(terms.size - (terms.has(undefined) ? 1 : 0));
    for (const [value, runs] of terms) {
      if (value === undefined) continue;
      writer.text(value);
      const listed = runs.length <= count / 2;
      writer.varint(listed ? runs.length : UNLISTED);
      if (listed) writer.runs(runs);
    }
  }
  const bytes = writer.bytes();
  bytes.writeUInt32LE(bytes.length, 4);
  bytes.writeUInt32LE(checksum(bytes), 8);
  return bytes;
}

/** Of all words but that of the checksum itself. */
function checksum(bytes: Buffer): number {
  let sum = 0x811c_9dc5;
  const end = bytes.length - 3;
  for (let at = 0; at < end; at += 4) {
    if (at === 8) continue;
    sum = Math.imul(sum ^ bytes.readInt32LE(at), 0x0100_0193);
    sum ^= sum >>> 15;
  }
  return sum >>> 0;
}

/** What is there is no segment. */
class BrokenSegment extends Error {}

class Reader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; scale <= 0x1000_0000; scale *= 0x80) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new BrokenSegment();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new BrokenSegment();
  }

  text(): string {
    const size = this.varint();
    if (size > this.#bytes.length - this.#at) throw new BrokenSegment();
    this.#at += size;
    return this.#bytes.toString("latin1", this.#at - size, this.#at);
  }

  /** So many run numbers below `count`. */
  runs(size: number, count: number): Uint32Array {
    if (size > count) throw new BrokenSegment();
    const runs = new Uint32Array(size);
    let last = -1;
    for (let i = 0; i < size; i++) {
      last += this.varint() + 1;
      if (last >= count) throw new BrokenSegment();
      runs[i] = last;
    }
    return runs;
  }
}

/** How many bytes the segment at the beginning of these has; 0 when there is none. */
export function segmentBytes(bytes: Buffer): number {
  if (bytes.length < 4 * HEAD_WORDS || bytes.readUInt32LE(0) !== MAGIC) return 0;
  const size = bytes.readUInt32LE(4);
  return size >= 4 * HEAD_WORDS && size % 4 === 0 && size <= bytes.length ? size : 0;
}

/**
 * The segment in these bytes; undefined for anything that is not exactly what `encodeSegment`
 * made. No bytes make it throw or read outside of them.
 */
export function decodeSegment(bytes: Buffer): Segment | undefined {
  if (bytes.length === 0 || segmentBytes(bytes) !== bytes.length) return undefined;
  if (bytes.readUInt32LE(8) !== checksum(bytes)) return undefined;
  const word = (index: number): number => bytes.readUInt32LE(4 * index);
  const from = word(3) + word(4) * TWO_TO_32;
  const to = word(5) + word(6) * TWO_TO_32;
  const count = word(7);
  const end = 4 * (HEAD_WORDS + COLUMNS * count);
  if (end > bytes.length || to < from) return undefined;
  const column = (index: number): Uint32Array => {
    const start = 4 * (HEAD_WORDS + index * count);
    // A copy: the bytes need not begin at a multiple of four.
    return new Uint32Array(Uint8Array.from(bytes.subarray(start, start + 4 * count)).buffer);
  };
  try {
    const reader = new Reader(bytes, end);
    const nodes: string[] = [];
    for (let i = 0; i < word(8); i++) nodes.push(reader.text());
    const groups = readGroups(reader, count);
    const columns: RunColumns = {
      sec: column(0),
      serial: column(1),
      milliNode: column(2),
      type: column(3),
      offset: column(4),
      length: column(5),
    };
    if (!isInside(columns, to - from, nodes.length)) return undefined;
    const terms = (group: TermGroup): SegmentTerms => groups.get(group) as SegmentTerms;
    return { from, to, nodes, columns, terms };
  } catch (error) {
    if (error instanceof BrokenSegment) return undefined;
    throw error;
  }
}

function readGroups(reader: Reader, count: number): Map<TermGroup, SegmentTerms> {
  const groups = new Map<TermGroup, SegmentTerms>();
  for (const group of TERM_GROUPS) {
    const any = reader.runs(reader.varint(), count);
    const terms: SegmentTerm[] = [];
    for (let left = reader.varint(); left > 0; left--) {
      const value = reader.text();
      const size = reader.varint();
      terms.push({ value, runs: size === UNLISTED ? undefined : reader.runs(size, count) });
    }
    groups.set(group, { terms, any });
  }
  return groups;
}

function isInside({ offset, length, milliNode }: RunColumns, size: number, nodes: number): boolean {
  for (let i = 0; i < offset.length; i++) {
    if ((offset[i] as number) + (length[i] as number) > size) return false;
    if ((milliNode[i] as number) >>> 10 >= nodes) return false;
  }
  return true;
}
