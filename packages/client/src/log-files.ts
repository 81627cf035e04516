// A log and its rotated files as one text that goes on: bytes in the order of their writing.
import { createReadStream } from "node:fs";
import { type FileHandle, open, readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { createGunzip } from "node:zlib";

const CHUNK = 256 * 1024;

/** A rotated file of a log. */
interface Rotated {
  readonly path: string;
  /** 1 is the newest. */
  readonly number: number;
}

/**
 * Reads the bytes of a log from its oldest rotated file to the end of the current one, and then
 * what is appended, across rotations. A file that is rotated while it is read is read to its end
 * first; a log that is not there yet is waited for. Errors: the file system's, with the path.
 */
export class LogFiles {
  readonly #path: string;
  #current: { readonly file: FileHandle; readonly inode: bigint; at: number } | undefined;
  readonly #buffer: Buffer = Buffer.allocUnsafe(CHUNK);

  constructor(path: string) {
    this.#path = path;
  }

  /** The rotated files' bytes, oldest first. The current file is held open before they are read. */
  async *earlier(): AsyncGenerator<Buffer, void, void> {
    await this.#open();
    for (const { path } of (await this.#rotated()).reverse()) {
      const input = createReadStream(path, { highWaterMark: CHUNK });
      const bytes = path.endsWith(".gz") ? input.pipe(createGunzip()) : input;
      input.on("error", (error) => bytes.destroy(error));
      for await (const chunk of bytes) yield chunk as Buffer;
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
    await current.file.close();
    this.#current = undefined;
    await this.#open(newer);
    return this.next();
  }

  async close(): Promise<void> {
    await this.#current?.file.close();
    this.#current = undefined;
  }

  async #open(path: string = this.#path): Promise<void> {
    if (this.#current !== undefined) return;
    let file: FileHandle;
    try {
      file = await open(path, "r");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
      throw error;
    }
    const { ino } = await file.stat({ bigint: true });
    this.#current = { file, inode: ino, at: 0 };
  }

  async #read(current: { readonly file: FileHandle; at: number }): Promise<Buffer | undefined> {
    const { bytesRead } = await current.file.read(this.#buffer, 0, CHUNK, current.at);
    if (bytesRead === 0) return undefined;
    current.at += bytesRead;
    return this.#buffer.subarray(0, bytesRead);
  }

  /** The file that follows the one with this inode; undefined while that is the current one. */
  async #newer(inode: bigint): Promise<string | undefined> {
    const rotated = await this.#rotated().catch((error: NodeJS.ErrnoException) => {
      // A folder that is being taken over is not in its place for a moment.
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    if (rotated === undefined) return undefined;
    const files = [{ path: this.#path, number: 0 }, ...rotated];
    let newer: string | undefined;
    for (const { path } of files) {
      const status = await stat(path, { bigint: true }).catch(() => undefined);
      if (status?.ino === inode) return newer;
      if (status !== undefined) newer = path;
    }
    // It is gone, or compressed: what is left of the log goes on with its current file.
    return newer === undefined ? undefined : this.#path;
  }

  /** Newest first. A file that is both plain and compressed counts once, as it is plain. */
  async #rotated(): Promise<Rotated[]> {
    const prefix = `${basename(this.#path)}.`;
    const found = new Map<number, Rotated>();
    for (const name of (await readdir(dirname(this.#path))).sort()) {
      const match = /^([1-9]\d{0,8})(?:\.gz)?$/.exec(name.slice(prefix.length));
      if (!name.startsWith(prefix) || match === null) continue;
      const number = Number(match[1]);
      if (!found.has(number)) found.set(number, { path: join(dirname(this.#path), name), number });
    }
    return [...found.values()].sort((a, b) => a.number - b.number);
  }
}
