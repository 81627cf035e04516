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

/** What a segment's first bytes say of it. */
export interface SegmentHead {
  /** Bytes of the segment itself. */
  readonly size: number;
  /** Bytes of the log, from the first to one past the last. */
  readonly from: number;
  readonly to: number;
  /** Runs. */
  readonly count: number;
  /** First and last second of its records, in order of time; 0 and 0 where there is none. */
  readonly lowest: number;
  readonly highest: number;
}

/** The index of one part of a log. */
export interface Segment extends SegmentHead {
  readonly nodes: readonly string[];
  readonly columns: RunColumns;
  /** The terms of a group that pass, and the runs that may have any value. */
  terms(group: TermGroup, passes: (value: string) => boolean): SegmentTerms;
}

/** The terms of one group that passed. */
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

const MAGIC = 0x33584943; // CIX3
const COLUMNS = 6;
/** Places of the words at the beginning; numbers of bytes in the log have two. */
const Word = {
  magic: 0,
  size: 1,
  checksum: 2,
  headChecksum: 3,
  from: 4,
  to: 6,
  count: 8,
  nodes: 9,
  lowest: 10,
  highest: 11,
} as const;
const FIXED_WORDS = 12;
/** Then where each group's terms begin. */
const HEAD_WORDS = FIXED_WORDS + TERM_GROUPS.length;
const UNLISTED = 0xffff_ffff;
const TWO_TO_32 = 4294967296;

/** Bytes that `segmentHead` needs. */
export const SEGMENT_HEAD_BYTES: number = 4 * HEAD_WORDS;

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

  /** How many, how many bytes behind that, and each as its distance from the one before it. */
  runs(runs: readonly number[]): void {
    const bytes = runs.reduce((sum, run, i) => sum + varintBytes(run - (runs[i - 1] ?? -1) - 1), 0);
    this.varint(runs.length);
    this.varint(bytes);
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

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes++;
  return bytes;
}

/** The bytes of a segment. */
export function encodeSegment(draft: SegmentDraft): Buffer {
  const { from, to, nodes, columns, groups } = draft;
  const secs = columns[0] ?? [];
  const writer = new Writer();
  for (let word = 0; word < HEAD_WORDS; word++) writer.word(0);
  for (const column of columns) for (const value of column) writer.word(value);
  for (const node of nodes) writer.text(node);
  const begins: number[] = [];
  for (const group of TERM_GROUPS) {
    begins.push(writer.size);
    const terms = groups.get(group) ?? new Map<string | undefined, readonly number[]>();
    writer.runs(terms.get(undefined) ?? []);
    writer.varint(terms.size - (terms.has(undefined) ? 1 : 0));
    for (const [value, runs] of terms) {
      if (value === undefined) continue;
      writer.text(value);
      if (runs.length <= secs.length / 2) writer.runs(runs);
      else writer.varint(UNLISTED);
    }
  }
  const bytes = writer.bytes();
  const set = (word: number, value: number): void => void bytes.writeUInt32LE(value, 4 * word);
  set(Word.magic, MAGIC);
  set(Word.size, bytes.length);
  for (const [word, value] of [
    [Word.from, from],
    [Word.to, to],
  ] as const) {
    set(word, value % TWO_TO_32);
    set(word + 1, Math.floor(value / TWO_TO_32));
  }
  set(Word.count, secs.length);
  set(Word.nodes, nodes.length);
  set(
    Word.lowest,
    secs.reduce((low, sec) => Math.min(low, sec), secs[0] ?? 0),
  );
  set(
    Word.highest,
    secs.reduce((high, sec) => Math.max(high, sec), 0),
  );
  for (const [i, begin] of begins.entries()) set(FIXED_WORDS + i, begin);
  set(Word.headChecksum, checksum(bytes.subarray(0, SEGMENT_HEAD_BYTES)));
  set(Word.checksum, checksum(bytes));
  return bytes;
}

/** Of all words but the checksums themselves; the bytes begin at a multiple of four. */
function checksum(bytes: Buffer): number {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
  let sum = 0x811c_9dc5;
  for (let at = 0; at < words.length; at++) {
    if (at === Word.checksum || at === Word.headChecksum) continue;
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

  /** As many run numbers as were announced, each below `count`. */
  runs(size: number, count: number): Uint32Array {
    if (size > count) throw new BrokenSegment();
    this.varint();
    const runs = new Uint32Array(size);
    let last = -1;
    for (let i = 0; i < size; i++) {
      last += this.varint() + 1;
      if (last >= count) throw new BrokenSegment();
      runs[i] = last;
    }
    return runs;
  }

  /** Goes behind run numbers without reading them. */
  skipRuns(): void {
    const bytes = this.varint();
    this.#at += bytes;
  }
}

/** What the bytes at the beginning of a segment say; undefined when they are no such bytes. */
export function segmentHead(given: Buffer): SegmentHead | undefined {
  if (given.length < SEGMENT_HEAD_BYTES) return undefined;
  const bytes = aligned(given.subarray(0, SEGMENT_HEAD_BYTES));
  const word = (index: number): number => bytes.readUInt32LE(4 * index);
  if (word(Word.magic) !== MAGIC || word(Word.headChecksum) !== checksum(bytes)) return undefined;
  const long = (index: number): number => word(index) + word(index + 1) * TWO_TO_32;
  const head = {
    size: word(Word.size),
    from: long(Word.from),
    to: long(Word.to),
    count: word(Word.count),
    lowest: word(Word.lowest),
    highest: word(Word.highest),
  };
  const columnsEnd = 4 * (HEAD_WORDS + COLUMNS * head.count);
  if (head.size % 4 !== 0 || columnsEnd > head.size || head.to < head.from) return undefined;
  return head;
}

function aligned(bytes: Buffer): Buffer {
  return bytes.byteOffset % 4 === 0 ? bytes : Buffer.from(Uint8Array.from(bytes).buffer);
}

/**
 * The segment in these bytes; undefined when they are not as `encodeSegment` made them. No bytes
 * make it throw or read outside of them. Terms are read when they are asked for; ones that cannot
 * be read exclude nothing.
 */
export function decodeSegment(given: Buffer): Segment | undefined {
  const head = segmentHead(given);
  if (head === undefined || head.size !== given.length) return undefined;
  const bytes = aligned(given);
  const word = (index: number): number => bytes.readUInt32LE(4 * index);
  if (word(Word.checksum) !== checksum(bytes)) return undefined;
  const { from, to, count } = head;
  const end = 4 * (HEAD_WORDS + COLUMNS * count);
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
  const nodes = orElse(undefined, () => readNodes(new Reader(bytes, end), word(Word.nodes)));
  if (nodes === undefined || !isInside(columns, to - from, nodes.length)) return undefined;
  const terms = (group: TermGroup, passes: (value: string) => boolean): SegmentTerms => {
    const begin = word(FIXED_WORDS + TERM_GROUPS.indexOf(group));
    return (
      orElse(undefined, () => readGroup(new Reader(bytes, begin), count, passes)) ?? {
        terms: [],
        any: Uint32Array.from({ length: count }, (_, run) => run),
      }
    );
  };
  return { ...head, nodes, columns, terms };
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

function readGroup(
  reader: Reader,
  count: number,
  passes: (value: string) => boolean,
): SegmentTerms {
  const any = reader.runs(reader.varint(), count);
  const terms: SegmentTerm[] = [];
  for (let left = reader.varint(); left > 0; left--) {
    const value = reader.text();
    const size = reader.varint();
    const listed = size !== UNLISTED;
    if (passes(value)) terms.push({ value, runs: listed ? reader.runs(size, count) : undefined });
    else if (listed) reader.skipRuns();
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
