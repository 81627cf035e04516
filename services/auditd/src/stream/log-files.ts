// The files of a log, opened for reading behind a serial.
import { basename, dirname, join } from "node:path";
import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { firstSerial, isBefore, logNames, type SeenFile } from "@cauditd/auparse";
import { chunksOf } from "../io/compress.ts";
import { type Disk, type DiskFile, readAll } from "../io/disk.ts";
import { BATCH_BYTES } from "./stream-course.ts";

/** Bytes that are looked at to learn which events are at a place. */
const LOOK_BYTES = 64 * 1024;
/** Bytes that are read at once. */
const CHUNK_BYTES = BATCH_BYTES;

/** A file of a log that is being read. */
export interface OpenFile {
  readonly inode: string;
  /** Serial of its first event; undefined for none of the instance's. */
  readonly first: number | undefined;
  /** Goes to a place in front of everything behind a serial. */
  seek(behind: number): Promise<void>;
  /** The next bytes; undefined at the end, as it is now. */
  next(): Promise<Buffer | undefined>;
  /** Gives back the end of what `next` has given last. */
  unread(bytes: Buffer): void;
  close(): Promise<void>;
}

/** A file of a log, as it was seen. */
export interface LogFileName extends SeenFile {
  readonly inode: string;
  readonly compressed: boolean;
}

/**
 * The files of a log, newest first; one that is both plain and compressed is listed once, as it is
 * plain. Between the steps of a rotation there is no current file.
 */
export async function logFiles(disk: Disk, path: string): Promise<LogFileName[]> {
  const folder = dirname(path);
  const files: LogFileName[] = [];
  let last = -1;
  for (const { name, number, compressed } of logNames(await disk.list(folder), basename(path))) {
    if (number === last) continue;
    const at = join(folder, name);
    const status = await disk.status(at);
    if (status === undefined) continue;
    last = number;
    files.push({ path: at, inode: status.inode, compressed });
  }
  return files;
}

/** Opens a file at its start. @throws the file system's error */
export async function openLogFile(
  disk: Disk,
  { path, compressed }: Omit<LogFileName, "inode">,
): Promise<OpenFile> {
  const file = await disk.open(path, "read");
  try {
    const { inode } = await file.status();
    if (compressed) return await CompressedFile.of(file, inode);
    const head = Buffer.alloc(LOOK_BYTES);
    const first = firstSerial(head.subarray(0, await readAll(file, head)));
    return new PlainFile(file, inode, first);
  } catch (error) {
    await file.close();
    throw error;
  }
}

class PlainFile implements OpenFile {
  readonly inode: string;
  readonly first: number | undefined;
  readonly #file: DiskFile;
  #position = 0;

  constructor(file: DiskFile, inode: string, first: number | undefined) {
    this.#file = file;
    this.inode = inode;
    this.first = first;
  }

  /** By halves: serials rise from the start of a log to its end. */
  async seek(behind: number): Promise<void> {
    let [low, high] = [0, (await this.#file.status()).size];
    const look = Buffer.alloc(LOOK_BYTES);
    while (high - low > CHUNK_BYTES) {
      const middle = Math.floor((low + high) / 2);
      const bytes = look.subarray(0, await readAll(this.#file, look, middle));
      const line = bytes.indexOf(0x0a) + 1;
      const serial = firstSerial(bytes, line);
      if (serial === undefined) break;
      if (isBefore(behind, serial)) high = middle;
      else low = middle + line;
    }
    this.#position = low;
  }

  async next(): Promise<Buffer | undefined> {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const length = await this.#file.readAt(chunk, this.#position);
    if (length === 0) return undefined;
    this.#position += length;
    return chunk.subarray(0, length);
  }

  unread(bytes: Buffer): void {
    this.#position -= bytes.length;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

class CompressedFile implements OpenFile {
  readonly inode: string;
  readonly first: number | undefined;
  readonly #file: DiskFile;
  readonly #chunks: AsyncIterator<Buffer>;
  #unread: Buffer | undefined;

  private constructor(file: DiskFile, inode: string, chunks: AsyncIterator<Buffer>, head: Buffer) {
    this.#file = file;
    this.inode = inode;
    this.#chunks = chunks;
    this.unread(head);
    this.first = firstSerial(head);
  }

  static async of(file: DiskFile, inode: string): Promise<CompressedFile> {
    const stream = createGunzip();
    // An error of reading is one of the stream's, which is where it is seen.
    pipeline(Readable.from(chunksOf(file)), stream, () => undefined);
    const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    let head: Buffer = Buffer.alloc(0);
    while (head.length < LOOK_BYTES && firstSerial(head) === undefined) {
      const { value, done } = await chunks.next();
      if (done === true) break;
      head = Buffer.concat([head, value]);
    }
    return new CompressedFile(file, inode, chunks, head);
  }

  /** It is read from its start: what is before the serial is passed over by the caller. */
  async seek(): Promise<void> {}

  async next(): Promise<Buffer | undefined> {
    const unread = this.#unread;
    this.#unread = undefined;
    if (unread !== undefined) return unread;
    const { value, done } = await this.#chunks.next();
    return done === true ? undefined : value;
  }

  unread(bytes: Buffer): void {
    this.#unread = bytes.length === 0 ? undefined : bytes;
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
    await this.#file.close();
  }
}
