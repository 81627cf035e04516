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

const MAGIC = 0x32584943; // CIX2
const COLUMNS = 6;
/** magic, bytes, checksum, from and to as two words each, runs, nodes. */
const FIXED_WORDS = 9;
/** Then where each group's terms begin. */
const HEAD_WORDS = FIXED_WORDS + TERM_GROUPS.length;
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
  for (const word of [to % TWO_TO_32, Math.floor(to / TWO_TO_32), count, nodes.length]) {
    writer.word(word);
  }
  for (const _ of TERM_GROUPS) writer.word(0);
  for (const column of columns) for (const value of column) writer.word(value);
  for (const node of nodes) writer.text(node);
  const begins: number[] = [];
  for (const group of TERM_GROUPS) {
    begins.push(writer.size);
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
  for (const [i, begin] of begins.entries()) bytes.writeUInt32LE(begin, 4 * (FIXED_WORDS + i));
  bytes.writeUInt32LE(bytes.length, 4);
  bytes.writeUInt32LE(checksum(bytes), 8);
  return bytes;
}

/** Of all words but that of the checksum itself; the bytes begin at a multiple of four. */
function checksum(bytes: Buffer): number {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
  let sum = 0x811c_9dc5;
  for (let at = 0; at < words.length; at++) {
    if (at === 2) continue;
    sum = Math.imul(sum ^ (words[at] as number), 0x0100_0193);
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
 * The segment in these bytes; undefined when they are not as `encodeSegment` made them. No bytes
 * make it throw or read outside of them. Terms are read when they are asked for; ones that cannot
 * be read exclude nothing.
 */
export function decodeSegment(given: Buffer): Segment | undefined {
  if (given.length === 0 || segmentBytes(given) !== given.length) return undefined;
  const bytes = given.byteOffset % 4 === 0 ? given : Buffer.from(Uint8Array.from(given).buffer);
  if (bytes.readUInt32LE(8) !== checksum(bytes)) return undefined;
  const word = (index: number): number => bytes.readUInt32LE(4 * index);
  const from = word(3) + word(4) * TWO_TO_32;
  const to = word(5) + word(6) * TWO_TO_32;
  const count = word(7);
  const end = 4 * (HEAD_WORDS + COLUMNS * count);
  if (end > bytes.length || to < from) return undefined;
  const column = (index: number): Uint32Array =>
    new Uint32Array(bytes.buffer, bytes.byteOffset + 4 * (HEAD_WORDS + index * count), count);
  const columns: RunColumns = {
    sec: column(0),
    serial: column(1),
    milliNode: column(2),
    type: column(3),
    offset: column(4),
    length: column(5),
  };
  const nodes = orElse(undefined, () => readNodes(new Reader(bytes, end), word(8)));
  if (nodes === undefined || !isInside(columns, to - from, nodes.length)) return undefined;
  const terms = (group: TermGroup): SegmentTerms => {
    const begin = word(FIXED_WORDS + TERM_GROUPS.indexOf(group));
    return (
      orElse(undefined, () => readGroup(new Reader(bytes, begin), count)) ?? {
        terms: [],
        any: Uint32Array.from({ length: count }, (_, run) => run),
      }
    );
  };
  return { from, to, nodes, columns, terms };
}

function orElse<T, B>(broken: B, read: () => T): T | B {
  try {
    return read();
  } catch (error) {
    if (error instanceof BrokenSegment) return broken;
    throw error;
  }
}

function readNodes(reader: Reader, count: number): string[] {
  const nodes: string[] = [];
  while (nodes.length < count) nodes.push(reader.text());
  return nodes;
}

function readGroup(reader: Reader, count: number): SegmentTerms {
  const any = reader.runs(reader.varint(), count);
  const terms: SegmentTerm[] = [];
  for (let left = reader.varint(); left > 0; left--) {
    const value = reader.text();
    const size = reader.varint();
    terms.push({ value, runs: size === UNLISTED ? undefined : reader.runs(size, count) });
  }
  return { terms, any };
}

function isInside({ offset, length, milliNode }: RunColumns, size: number, nodes: number): boolean {
  for (let i = 0; i < offset.length; i++) {
    if ((offset[i] as number) + (length[i] as number) > size) return false;
    if ((milliNode[i] as number) >>> 10 >= nodes) return false;
  }
  return true;
}
