import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import {
  decodeSegment,
  RecordLines,
  SEGMENT_BYTES,
  SEGMENT_HEAD_BYTES,
  type Segment,
  SegmentBuilder,
  type SegmentHead,
  segmentHead,
} from "@cauditd/auparse/search";
import { InputError } from "../terminal/input-error.ts";

const VERSION = 4;
/** Bytes at both ends of a log that show that it is still the same. */
const PROBE = 256;
const CHUNK = 1024 * 1024;
const NEWLINE = 0x0a;
/** Most bytes of the first line of an index file. */
const MAX_HEAD = 1024;
/** Bytes read around a record that is asked for. */
const WINDOW = 256 * 1024;
/** A longer log that is compressed is not taken: it has to fit into memory. */
const MAX_UNPACKED = 1 << 30;

/** What the first line of an index file says of its log. */
interface IndexHead {
  readonly version: number;
  readonly size: number;
  readonly mtime: number;
  readonly head: string;
  readonly tail: string;
}

/** First and last second that are searched; 0 = no bound. */
export interface Seconds {
  readonly start: number;
  readonly end: number;
}

const EVER: Seconds = { start: 0, end: 0 };

/**
 * One log with its index. The index is derived data, kept in the folder `.index` beside the log by
 * the log's inode, so that rotation leaves it valid. One that is missing, broken or of other bytes
 * is built again; only what was appended is read when the log has grown.
 */
export class IndexedLog {
  readonly #path: string;
  readonly #fd: number;
  readonly #size: number;
  readonly #mtime: number;
  readonly #file: string;
  readonly #packed: boolean;
  #unpacked: Buffer | undefined;
  #window: Buffer = Buffer.alloc(0);
  #windowAt = 0;
  readonly #seconds: Seconds;
  /** The parts of the log that have records of the seconds asked for, in order. */
  readonly segments: readonly Segment[];

  /** @throws {InputError} when the log cannot be read */
  constructor(path: string, seconds: Seconds = EVER) {
    this.#path = path;
    this.#seconds = seconds;
    try {
      this.#fd = openSync(path, "r");
    } catch (cause) {
      throw InputError.fromSystem(path, cause);
    }
    const found = fstatSync(this.#fd);
    this.#size = found.size;
    this.#mtime = found.mtimeMs;
    this.#file = join(dirname(path), ".index", `${found.ino}.idx`);
    const magic = this.#pread(0, Math.min(2, this.#size));
    this.#packed = magic.length === 2 && magic.readUInt16BE(0) === 0x1f8b;
    this.segments = this.#load();
  }

  /** Name of the index file in its folder. */
  get indexName(): string {
    return this.#file.slice(dirname(this.#file).length + 1);
  }

  /** The bytes of one run; they do not change. */
  run(segment: Segment, run: number): Buffer {
    const start = segment.from + (segment.columns.offset[run] as number);
    const size = segment.columns.length[run] as number;
    if (this.#packed) return this.#unpack().subarray(start, start + size);
    const inside = start - this.#windowAt;
    if (inside < 0 || inside + size > this.#window.length) {
      this.#window = this.#pread(start, Math.max(size, WINDOW));
      this.#windowAt = start;
      return this.#window.subarray(0, size);
    }
    return this.#window.subarray(inside, inside + size);
  }

  close(): void {
    closeSync(this.#fd);
  }

  #unpack(): Buffer {
    try {
      const bytes = readFileSync(this.#path);
      this.#unpacked ??= gunzipSync(bytes, { maxOutputLength: MAX_UNPACKED });
      return this.#unpacked;
    } catch (cause) {
      throw InputError.fromSystem(this.#path, cause);
    }
  }

  /** Bytes of the file itself, fewer at its end. */
  #pread(at: number, size: number): Buffer {
    return pread(this.#fd, at, Math.max(0, Math.min(size, this.#size - at)));
  }

  #load(): Segment[] {
    const kept = this.#read();
    const covered = kept.at(-1)?.head.to ?? 0;
    if (this.#packed ? kept.length > 0 : covered === this.#size) return this.#wanted(kept);
    // A last part that is small is built again with what follows, so that parts stay few, and so
    // is one whose last line had no end.
    const last = kept.at(-1)?.head;
    if (last !== undefined) {
      const small = last.to - last.from < SEGMENT_BYTES / 2;
      if (small || this.#pread(last.to - 1, 1)[0] !== NEWLINE) kept.pop();
    }
    const from = kept.at(-1)?.head.to ?? 0;
    const built = this.#packed ? this.#build(0, this.#unpack()) : this.#build(from, undefined);
    const all = [...kept, ...built];
    this.#write(all);
    return this.#wanted(all);
  }

  #isWanted({ lowest, highest }: SegmentHead): boolean {
    const { start, end } = this.#seconds;
    return (start === 0 || highest >= start) && (end === 0 || lowest <= end);
  }

  #wanted(all: readonly StoredSegment[]): Segment[] {
    return all.flatMap(({ head, segment }) => {
      return segment !== undefined && this.#isWanted(head) ? [segment] : [];
    });
  }

  /** The segments of the index file that are of this log; none when any that is read is broken. */
  #read(): StoredSegment[] {
    let fd: number;
    try {
      fd = openSync(this.#file, "r");
    } catch {
      return [];
    }
    try {
      return this.#readSegments(fd);
    } catch {
      return [];
    } finally {
      closeSync(fd);
    }
  }

  #readSegments(fd: number): StoredSegment[] {
    const { size } = fstatSync(fd);
    const line = pread(fd, 0, Math.min(MAX_HEAD, size));
    const newline = line.indexOf(NEWLINE);
    const head = headOf(line.toString("latin1", 0, Math.max(0, newline)));
    if (head === undefined || !this.#isOf(head)) return [];
    const stored: StoredSegment[] = [];
    let to = 0;
    for (let at = newline + 1; at < size; ) {
      const found = segmentHead(pread(fd, at, Math.min(SEGMENT_HEAD_BYTES, size - at)));
      if (found === undefined || found.from !== to || found.size > size - at) return [];
      // A log that has grown gets a new index file, of all segments.
      if (this.#size > head.size || this.#isWanted(found)) {
        const bytes = pread(fd, at, found.size);
        const segment = decodeSegment(bytes);
        if (segment === undefined) return [];
        stored.push({ head: found, bytes, segment });
      } else stored.push({ head: found, bytes: undefined, segment: undefined });
      to = found.to;
      at += found.size;
    }
    if (!this.#packed && (to > this.#size || this.#probe(to - PROBE, to) !== head.tail)) return [];
    return stored;
  }

  #isOf(head: IndexHead): boolean {
    if (head.size > this.#size || head.head !== this.#probe(0, Math.min(PROBE, head.size))) {
      return false;
    }
    // Only an appended log may have changed.
    return head.size < this.#size ? !this.#packed : head.mtime === this.#mtime;
  }

  #probe(from: number, to: number): string {
    const start = Math.max(0, from);
    return this.#pread(start, to - start).toString("base64");
  }

  #build(from: number, unpacked: Buffer | undefined): StoredSegment[] {
    const built: StoredSegment[] = [];
    let builder = new SegmentBuilder(from);
    let begun = from;
    const lines = new RecordLines(
      (head, buf, start, end, offset) => builder.add(head, buf, start, end, offset),
      from,
    );
    const finish = (to: number): void => {
      if (to === begun) return;
      const bytes = builder.encode(to);
      const segment = decodeSegment(bytes);
      if (segment !== undefined) built.push({ head: segment, bytes, segment });
      builder = new SegmentBuilder(to);
      begun = to;
    };
    const size = unpacked?.length ?? this.#size;
    for (let at = from; at < size; at += CHUNK) {
      lines.push(unpacked?.subarray(at, at + CHUNK) ?? this.#pread(at, CHUNK));
      if (lines.consumed - begun >= SEGMENT_BYTES) finish(lines.consumed);
    }
    lines.end();
    finish(size);
    return built;
  }

  /** Writes the index; a folder that cannot be written has none. */
  #write(all: readonly StoredSegment[]): void {
    const to = all.at(-1)?.head.to ?? 0;
    const head: IndexHead = {
      version: VERSION,
      size: this.#size,
      mtime: this.#mtime,
      head: this.#probe(0, Math.min(PROBE, this.#size)),
      tail: this.#packed ? "" : this.#probe(to - PROBE, to),
    };
    const temporary = `${this.#file}.${process.pid}`;
    try {
      mkdirSync(dirname(this.#file), { mode: 0o700, recursive: true });
      const text = JSON.stringify(head);
      // Segments of which each word can be read where it is.
      const line = Buffer.from(`${text.padEnd(text.length + 3 - (text.length % 4))}\n`);
      const parts = [line, ...all.flatMap(({ bytes }) => bytes ?? [])];
      writeFileSync(temporary, Buffer.concat(parts), { flag: "wx", mode: 0o600 });
      renameSync(temporary, this.#file);
    } catch {
      rmSync(temporary, { force: true });
    }
  }
}

/** One that is not wanted has been read no further than its head. */
interface StoredSegment {
  readonly head: SegmentHead;
  readonly bytes: Buffer | undefined;
  readonly segment: Segment | undefined;
}

/** So many bytes of a file, fewer at its end. */
function pread(fd: number, at: number, size: number): Buffer {
  const buf = Buffer.allocUnsafe(size);
  let read = 0;
  while (read < buf.length) {
    const count = readSync(fd, buf, read, buf.length - read, at + read);
    if (count === 0) break;
    read += count;
  }
  return buf.subarray(0, read);
}

function headOf(line: string): IndexHead | undefined {
  try {
    const head: Partial<IndexHead> | null = JSON.parse(line);
    if (head?.version !== VERSION) return undefined;
    const { size, mtime, tail } = head;
    const texts = typeof head.head === "string" && typeof tail === "string";
    const numbers = Number.isSafeInteger(size) && typeof mtime === "number";
    return texts && numbers ? (head as IndexHead) : undefined;
  } catch {
    return undefined;
  }
}

/** Removes the indexes of logs that are there no more, and what an ended search left unfinished. */
export function removeOldIndexes(folder: string, names: ReadonlySet<string>): void {
  const path = join(folder, ".index");
  try {
    for (const name of readdirSync(path)) {
      const found = /^\d+\.idx(?:\.(\d+))?$/.exec(name);
      if (found === null) continue;
      const [, pid] = found;
      const old = pid === undefined ? !names.has(name) : !isAlive(Number(pid));
      if (old) rmSync(join(path, name));
    }
  } catch {
    // A folder that cannot be read or written keeps what it has.
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
