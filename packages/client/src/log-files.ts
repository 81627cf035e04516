// A log and its rotated files as one text that goes on: bytes in the order of their writing.
import { type FileHandle, open, readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { createGunzip } from "node:zlib";
import { logNames, type SeenFile, whileUnmoved } from "@cauditd/auparse";

const CHUNK = 256 * 1024;
const COMPRESSED = ".gz";

/** A file of a log. */
interface Place extends SeenFile {
  /** 0 is the current file, 1 the newest rotated one. */
  readonly number: number;
  readonly inode: bigint;
}

interface Opened {
  readonly file: FileHandle;
  readonly inode: bigint;
  at: number;
}

/** The calls of a file system that find a log's files. */
export interface LogFolder {
  /** Names in a folder. */
  readdir(folder: string): Promise<string[]>;
  stat(path: string, options: { readonly bigint: true }): Promise<{ readonly ino: bigint }>;
  open(path: string, flags: "r"): Promise<FileHandle>;
}

const machineFolder: LogFolder = { readdir, stat, open };

/** Looks at a folder that is taken over before it is missed. */
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
  readonly #folder: LogFolder;

  /** @param folder default: this machine's */
  constructor(path: string, folder: LogFolder = machineFolder) {
    this.#path = path;
    this.#folder = folder;
  }

  /**
   * Looks for the log's folder, which is away for a moment only when it is taken over.
   * @throws ENOENT, with the path, when there is none
   */
  async expectFolder(): Promise<void> {
    const folder = dirname(this.#path);
    for (let looks = 1; looks < MAX_LOOKS; looks++) {
      if ((await this.#stat(folder).catch(() => undefined)) !== undefined) return;
    }
    await this.#stat(folder);
  }

  /**
   * The bytes of the rotated files, oldest first. All files are held open before the first is read:
   * a rotation neither hides one nor shows one twice.
   * @throws EAGAIN when it is rotated faster than it can be looked at
   */
  async *earlier(): AsyncGenerator<Buffer, void, void> {
    const rotated = await this.#hold();
    try {
      for (let last = rotated.pop(); last !== undefined; last = rotated.pop()) {
        const { file, path } = last;
        const input = file.createReadStream({ highWaterMark: CHUNK });
        const bytes = path.endsWith(COMPRESSED) ? input.pipe(createGunzip()) : input;
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
    const opened = await openAt(this.#folder, newer);
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
    this.#current = await openAt(this.#folder, { path: this.#path });
  }

  /**
   * Opens all files of the log, newest first, but for the one with which it goes on. Between the
   * steps of a rotation that is the newest rotated one: what follows it then is not lost.
   */
  async #hold(): Promise<(Place & Opened)[]> {
    await this.close();
    const held = await whileUnmoved<Place, (Place & Opened)[]>({
      path: this.#path,
      look: () => this.#look(),
      work: (places) => openAll(this.#folder, places),
      undo: closeAll,
    });
    if (held[0]?.path.endsWith(COMPRESSED) === false) this.#current = held.shift();
    return held;
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

  /** The files, newest first, as they were at one moment. */
  #view(): Promise<readonly Place[]> {
    return whileUnmoved<Place, readonly Place[]>({
      path: this.#path,
      look: () => this.#look(),
      work: async (files) => files,
      undo: async () => undefined,
    });
  }

  #stat(path: string): Promise<{ readonly ino: bigint }> {
    return this.#folder.stat(path, { bigint: true });
  }

  /** A file that is both plain and compressed counts once, as it is plain. */
  async #look(): Promise<Place[]> {
    const folder = dirname(this.#path);
    const places: Place[] = [];
    for (const { name, number } of logNames(
      await namesIn(this.#folder, folder),
      basename(this.#path),
    )) {
      if (places.at(-1)?.number === number) continue;
      const path = join(folder, name);
      const status = await this.#stat(path).catch(() => undefined);
      if (status !== undefined) places.push({ path, number, inode: status.ino });
    }
    return places;
  }
}

/** Names in a folder; none while it is not there: one that is taken over is away for a moment. */
async function namesIn(files: LogFolder, folder: string): Promise<string[]> {
  try {
    return await files.readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Opens files; undefined when one is not there any more, or is another one than was seen. */
async function openAll(
  folder: LogFolder,
  places: readonly Place[],
): Promise<(Place & Opened)[] | undefined> {
  const held: (Place & Opened)[] = [];
  for (const place of places) {
    const opened = await openAt(folder, place);
    if (opened === undefined) {
      await closeAll(held);
      return undefined;
    }
    held.push({ ...place, ...opened });
  }
  return held;
}

async function closeAll(held: readonly Opened[]): Promise<void> {
  for (const { file } of held) await file.close();
}

/** Opens a file; undefined when it is not there, or is another one than was seen. */
async function openAt(
  folder: LogFolder,
  place: { readonly path: string; readonly inode?: bigint },
): Promise<Opened | undefined> {
  let file: FileHandle;
  try {
    file = await folder.open(place.path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const { ino } = await file.stat({ bigint: true });
  if (place.inode === undefined || place.inode === ino) return { file, inode: ino, at: 0 };
  await file.close();
  return undefined;
}
