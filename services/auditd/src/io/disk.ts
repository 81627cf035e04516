// The part of the file system that logs need, as one small interface: a test can put faults in.
import { constants } from "node:fs";
import {
  chmod,
  chown,
  copyFile,
  type FileHandle,
  link,
  open,
  readdir,
  rename,
  rmdir,
  stat,
  statfs,
  unlink,
} from "node:fs/promises";
import type { FreeSpace } from "@cauditd/kernel";
import { AuditError, Errno } from "@cauditd/libaudit";
import { makeFolders } from "./make-folders.ts";

/** What a path leads to. */
export interface PathStatus {
  /** Bytes. */
  readonly size: number;
  /** Inode number, in decimal. */
  readonly inode: string;
  readonly isFile: boolean;
  readonly isFolder: boolean;
  /** Permission bits. */
  readonly mode: number;
  /** Time of the last change of the contents, seconds since 1970. */
  readonly modified: number;
}

/** An open file. Every error is the file system's own (errno). */
export interface DiskFile {
  /** Writes at the end (O_APPEND); returns how many bytes were taken, perhaps not all. */
  append(bytes: Uint8Array): Promise<number>;
  /** Writes at a place; returns how many bytes were taken, perhaps not all. */
  writeAt(bytes: Uint8Array, position: number): Promise<number>;
  /** Reads from a place; returns how many bytes came, 0 at the end. */
  readAt(into: Uint8Array, position: number): Promise<number>;
  truncate(size: number): Promise<void>;
  /** fdatasync(2): the contents, and what is needed to read them back, are on the disk. */
  sync(): Promise<void>;
  status(): Promise<PathStatus>;
  chmod(mode: number): Promise<void>;
  /** Gives the file to a group, and keeps its owner. */
  setGroup(gid: number): Promise<void>;
  /** Sets the time of the last change, seconds since 1970. */
  setModified(seconds: number): Promise<void>;
  /** Whether a name leads to it. */
  linked(): Promise<boolean>;
  close(): Promise<void>;
}

/**
 * - `append`: for a log; writes go to the end. Made when missing.
 * - `update`: read and written at places. Made when missing.
 * - `read`: must be there.
 */
export type OpenKind = "append" | "update" | "read";

/** When a write counts as done: `cached` = write(2), `data` = O_DSYNC, `full` = O_SYNC. */
export type WriteThrough = "cached" | "data" | "full";

/** A folder that stays the same one wherever its name goes. */
export interface HeldFolder {
  /** Leads to it, also when it was moved or removed. Valid until `close`. */
  readonly at: string;
  readonly inode: string;
  close(): Promise<void>;
}

/** A file system. Errors are its own (errno), with the path. */
export interface Disk {
  /** @param mode permissions of a file that is made, before the umask */
  open(path: string, kind: OpenKind, mode?: number, through?: WriteThrough): Promise<DiskFile>;
  /** undefined when nothing is there. */
  status(path: string): Promise<PathStatus | undefined>;
  /** Names in a folder, in no order. */
  list(folder: string): Promise<string[]>;
  /** Makes a folder and those around it; returns the first that had to be made. */
  makeFolder(folder: string, mode: number): Promise<string | undefined>;
  chmod(path: string, mode: number): Promise<void>;
  setGroup(path: string, gid: number): Promise<void>;
  /** Moves a file; or a folder, to where none is or an empty one. */
  rename(from: string, to: string): Promise<void>;
  /** Gives a file one more name, where none is. */
  link(from: string, to: string): Promise<void>;
  /** Copies a file's contents and permissions. */
  copy(from: string, to: string): Promise<void>;
  /** Nothing happens when it is not there. */
  remove(path: string): Promise<void>;
  /** Removes an empty folder. Nothing happens when it is not there. */
  removeFolder(folder: string): Promise<void>;
  /** Opens a folder. */
  hold(folder: string): Promise<HeldFolder>;
  /** The names in a folder are on the disk. */
  syncFolder(folder: string): Promise<void>;
  space(folder: string): Promise<FreeSpace>;
}

/** uid_t -1: chown(2) leaves the owner as it is. */
const KEEP_OWNER = 0xffffffff;
const KINDS: Readonly<Record<OpenKind, number>> = {
  append: constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW,
  update: constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW,
  read: constants.O_RDONLY | constants.O_NOFOLLOW,
};
const THROUGH: Readonly<Record<WriteThrough, number>> = {
  cached: 0,
  data: constants.O_DSYNC,
  full: constants.O_SYNC,
};

/** The file system of this machine. */
export const machineDisk: Disk = {
  async open(path, kind, mode, through = "cached") {
    return new MachineFile(await open(path, KINDS[kind] | THROUGH[through], mode));
  },
  async status(path) {
    try {
      return statusOf(await stat(path, { bigint: true }));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  },
  list: (folder) => readdir(folder),
  makeFolder: makeFolders,
  chmod,
  setGroup: (path, gid) => chown(path, KEEP_OWNER, gid),
  rename,
  link,
  copy: (from, to) => copyFile(from, to, constants.COPYFILE_FICLONE),
  remove: (path) => unlessMissing(unlink(path)),
  removeFolder: (folder) => unlessMissing(rmdir(folder)),
  async hold(folder) {
    const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      const { inode } = statusOf(await handle.stat({ bigint: true }));
      return { at: `/proc/self/fd/${handle.fd}`, inode, close: () => handle.close() };
    } catch (error) {
      await handle.close();
      throw error;
    }
  },
  async syncFolder(folder) {
    const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  async space(folder) {
    const { bavail, blocks, bsize } = await statfs(folder);
    return { free: bavail * bsize, total: blocks * bsize, block: bsize };
  },
};

async function unlessMissing(done: Promise<void>): Promise<void> {
  try {
    await done;
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

class MachineFile implements DiskFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async append(bytes: Uint8Array): Promise<number> {
    return (await this.#handle.write(bytes, 0, bytes.length, null)).bytesWritten;
  }

  async writeAt(bytes: Uint8Array, position: number): Promise<number> {
    return (await this.#handle.write(bytes, 0, bytes.length, position)).bytesWritten;
  }

  async readAt(into: Uint8Array, position: number): Promise<number> {
    return (await this.#handle.read(into, 0, into.length, position)).bytesRead;
  }

  truncate(size: number): Promise<void> {
    return this.#handle.truncate(size);
  }

  sync(): Promise<void> {
    return this.#handle.datasync();
  }

  async status(): Promise<PathStatus> {
    return statusOf(await this.#handle.stat({ bigint: true }));
  }

  chmod(mode: number): Promise<void> {
    return this.#handle.chmod(mode);
  }

  setGroup(gid: number): Promise<void> {
    return this.#handle.chown(KEEP_OWNER, gid);
  }

  setModified(seconds: number): Promise<void> {
    return this.#handle.utimes(seconds, seconds);
  }

  async linked(): Promise<boolean> {
    return (await this.#handle.stat()).nlink > 0;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

interface Stat {
  readonly size: bigint;
  readonly ino: bigint;
  readonly mode: bigint;
  readonly mtimeMs: bigint;
  isFile(): boolean;
  isDirectory(): boolean;
}

function statusOf(found: Stat): PathStatus {
  return {
    size: Number(found.size),
    inode: String(found.ino),
    isFile: found.isFile(),
    isFolder: found.isDirectory(),
    mode: Number(found.mode & 0o7777n),
    modified: Number(found.mtimeMs / 1000n),
  };
}

/** True for ENOENT. */
export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}

/** Reads until the buffer is full or the file ends; returns how many bytes came. */
export async function readAll(file: DiskFile, into: Buffer, position = 0): Promise<number> {
  let at = 0;
  while (at < into.length) {
    const count = await file.readAt(into.subarray(at), position + at);
    if (count === 0) break;
    at += count;
  }
  return at;
}

/** Writes all bytes at a place. @throws the file system's error; EIO when nothing is taken */
export async function writeAll(file: DiskFile, bytes: Buffer, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const count = await file.writeAt(bytes.subarray(at), position + at);
    if (count === 0) throw new AuditError(Errno.EIO, "write: no bytes were taken");
    at += count;
  }
}
