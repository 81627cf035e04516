// A log and its rotated files as one text that goes on: bytes in the order of their writing.
import { type FileHandle, open, readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { createGunzip } from "node:zlib";
import { AuditError, Errno } from "@cauditd/libaudit";

const CHUNK = 256 * 1024;

/** A file of a log. */
interface Place {
  readonly path: string;
  /** 0 is the current file, 1 the newest rotated one. */
  readonly number: number;
  readonly inode: bigint;
}

interface Opened {
  readonly file: FileHandle;
  readonly inode: bigint;
  at: number;
}

/** Looks at a log that is rotated all the time before it is given up. */
const MAX_LOOKS = 100;

/**
 * Reads the bytes of a log from its oldest rotated file to the end of the current one, and then
 * what is appended, across rotations. A file that is rotated while it is read is read to its end
 * first; a log that is not there yet is waited for. Errors: the file system's, with the path.
 */
export class LogFiles {
  readonly #path: string;
  #current: Opened | undefined;
  readonly #buffer: Buffer = Buffer.allocUnsafe(CHUNK);

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Looks for the log's folder, which is away for a moment only when it is taken over.
   * @throws ENOENT, with the path, when there is none
   */
  async expectFolder(): Promise<void> {
    const folder = dirname(this.#path);
    for (let looks = 1; looks < MAX_LOOKS; looks++) {
      if ((await stat(folder).catch(() => undefined)) !== undefined) return;
    }
    await stat(folder);
  }

  /**
   * The rotated files' bytes, oldest first. All files are held open before the first is read: a
   * rotation neither hides one nor shows one twice.
   * @throws EAGAIN when it is rotated faster than it can be looked at
   */
  async *earlier(): AsyncGenerator<Buffer, void, void> {
    const rotated = await this.#hold();
    try {
      for (let last = rotated.pop(); last !== undefined; last = rotated.pop()) {
        const { file, path } = last;
        const input = file.createReadStream({ highWaterMark: CHUNK });
        const bytes = path.endsWith(".gz") ? input.pipe(createGunzip()) : input;
        input.on("error", (error) => bytes.destroy(error));
        for await (const chunk of bytes) yield chunk as Buffer;
      }
    } finally {
      for (const { file } of rotated) await file.close();
    }
  }

  /** Passes over what the current file has. */
  async skip(): Promise<void> {
    await this.#open();
    if (this.#current !== undefined) this.#current.at = (await this.#current.file.stat()).size;
  }

  /**
   * The next bytes of the current file; undefined when there are none now. Valid until the next
   * call.
   */
  async next(): Promise<Buffer | undefined> {
    await this.#open();
    const current = this.#current;
    if (current === undefined) return undefined;
    const read = await this.#read(current);
    if (read !== undefined) return read;
    const newer = await this.#newer(current.inode);
    if (newer === undefined) return undefined;
    // What was appended between the last read and the rotation comes first.
    const rest = await this.#read(current);
    if (rest !== undefined) return rest;
    const opened = await openAt(newer);
    // Rotated once more: it is elsewhere now.
    if (opened === undefined) return this.next();
    await current.file.close();
    this.#current = opened;
    return this.next();
  }

  async close(): Promise<void> {
    await this.#current?.file.close();
    this.#current = undefined;
  }

  async #open(): Promise<void> {
    if (this.#current !== undefined) return;
    this.#current = await openAt({ path: this.#path });
  }

  /** Opens all files of the log, the current one as such: the rotated ones, newest first. */
  async #hold(): Promise<(Place & Opened)[]> {
    for (let looks = 0; looks < MAX_LOOKS; looks++) {
      await this.#open();
      const held: (Place & Opened)[] = [];
      const files = await this.#view();
      let whole = files.find(({ number }) => number === 0)?.inode === this.#current?.inode;
      for (const place of files.filter(({ number }) => number > 0)) {
        const opened = whole ? await openAt(place) : undefined;
        if (opened === undefined) whole = false;
        else held.push({ ...place, ...opened });
      }
      if (whole) return held;
      for (const { file } of held) await file.close();
      await this.close();
    }
    throw new AuditError(Errno.EAGAIN, `${this.#path}: rotated all the time`);
  }

  async #read(current: { readonly file: FileHandle; at: number }): Promise<Buffer | undefined> {
    const { bytesRead } = await current.file.read(this.#buffer, 0, CHUNK, current.at);
    if (bytesRead === 0) return undefined;
    current.at += bytesRead;
    return this.#buffer.subarray(0, bytesRead);
  }

  /** The file that follows the one with this inode; undefined while that is the current one. */
  async #newer(inode: bigint): Promise<Place | undefined> {
    const files = await this.#view();
    const index = files.findIndex((file) => file.inode === inode);
    if (index >= 0) return files[index - 1];
    // It is gone, or compressed: what is left of the log goes on with its current file.
    return files[0]?.number === 0 ? files[0] : undefined;
  }

  /**
   * The files, newest first, as they were at one moment: two looks have seen the same. A file that
   * is both plain and compressed counts once, as it is plain.
   */
  async #view(): Promise<Place[]> {
    let before = await this.#look();
    for (let looks = 0; looks < MAX_LOOKS; looks++) {
      const now = await this.#look();
      if (isSame(before, now)) return now;
      before = now;
    }
    throw new AuditError(Errno.EAGAIN, `${this.#path}: rotated all the time`);
  }

  async #look(): Promise<Place[]> {
    const folder = dirname(this.#path);
    const found = new Map<number, Place>();
    for (const name of (await namesIn(folder)).sort()) {
      const number = numberOf(name, basename(this.#path));
      if (number === undefined || found.has(number)) continue;
      const path = join(folder, name);
      const status = await stat(path, { bigint: true }).catch(() => undefined);
      if (status !== undefined) found.set(number, { path, number, inode: status.ino });
    }
    return [...found.values()].sort((a, b) => a.number - b.number);
  }
}

/** Names in a folder; none while it is not there: one that is taken over is away for a moment. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Number of a log's file; undefined for any other. */
function numberOf(name: string, log: string): number | undefined {
  if (name === log) return 0;
  const match = /^\.([1-9]\d{0,8})(?:\.gz)?$/.exec(name.slice(log.length));
  return name.startsWith(log) && match !== null ? Number(match[1]) : undefined;
}

function isSame(one: readonly Place[], other: readonly Place[]): boolean {
  if (one.length !== other.length) return false;
  return one.every(({ path, inode }, i) => path === other[i]?.path && inode === other[i]?.inode);
}

/** Opens a file; undefined when it is not there, or is another one than was seen. */
async function openAt(place: {
  readonly path: string;
  readonly inode?: bigint;
}): Promise<Opened | undefined> {
  let file: FileHandle;
  try {
    file = await open(place.path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const { ino } = await file.stat({ bigint: true });
  if (place.inode === undefined || place.inode === ino) return { file, inode: ino, at: 0 };
  await file.close();
  return undefined;
}
