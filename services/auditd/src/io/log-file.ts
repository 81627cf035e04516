import { dirname } from "node:path";
import { AuditError, Errno, errnoNumber } from "@cauditd/libaudit";
import type { Disk, DiskFile, WriteThrough } from "./disk.ts";
import { eventEndBefore } from "./event-ends.ts";

/** Permissions of a log, of its rotated files and of its folder. */
export interface LogModes {
  readonly file: number;
  readonly rotated: number;
  readonly folder: number;
  /** Group of all of them, by its number; absent: as they come. */
  readonly group?: number;
}

/** auditd's when `log_group` is set (AUD-136). */
export const GROUP_MODES: LogModes = { file: 0o640, rotated: 0o440, folder: 0o750 };
/** auditd's when `log_group` is not set (AUD-129). */
export const ROOT_MODES: LogModes = { file: 0o600, rotated: 0o400, folder: 0o700 };

/** What an append came to. */
export interface Appended {
  /** Bytes that are in the log now: all, or whole events up to the error. */
  readonly kept: number;
  readonly error?: Error;
}

/** The current file of a log. It always ends with a whole event. */
export class LogFile {
  readonly path: string;
  readonly inode: string;
  readonly #file: DiskFile;
  #size: number;
  /** Bytes behind `size` could not be taken back yet. */
  #torn = false;

  private constructor(path: string, file: DiskFile, inode: string, size: number) {
    this.path = path;
    this.#file = file;
    this.inode = inode;
    this.#size = size;
  }

  /**
   * Opens or makes a log, with its permissions whatever the umask is.
   * @throws the file system's error; EINVAL for what is no regular file
   */
  static async open(
    disk: Disk,
    path: string,
    modes: LogModes,
    through: WriteThrough,
  ): Promise<LogFile> {
    const file = await disk.open(path, "append", modes.file, through);
    try {
      const status = await file.status();
      if (!status.isFile) throw new AuditError(Errno.EINVAL, `${path}: no regular file`);
      await file.chmod(modes.file);
      if (modes.group !== undefined) await toGroup(path, modes.group, file.setGroup(modes.group));
      return new LogFile(path, file, status.inode, status.size);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Bytes. */
  get size(): number {
    return this.#size;
  }

  /**
   * Appends whole events; a short write is continued. When that fails, the event that was cut is
   * taken back, now or before the next append.
   */
  async append(bytes: Buffer): Promise<Appended> {
    let at = 0;
    try {
      if (this.#torn) {
        await this.#file.truncate(this.#size);
        this.#torn = false;
      }
      while (at < bytes.length) {
        const taken = await this.#file.append(at === 0 ? bytes : bytes.subarray(at));
        if (taken === 0) throw new AuditError(Errno.EIO, `write ${this.path}`);
        at += taken;
      }
    } catch (error) {
      const kept = eventEndBefore(bytes, at);
      this.#size += kept;
      if (kept < at) await this.#takeBack();
      return { kept, error: error as Error };
    }
    this.#size += at;
    return { kept: at };
  }

  /** Cuts the log back to a size that it had. @throws the file system's error */
  async cut(size: number): Promise<void> {
    this.#size = size;
    this.#torn = true;
    await this.#file.truncate(size);
    this.#torn = false;
  }

  /** True when no name leads to it any more. */
  async removed(): Promise<boolean> {
    return !(await this.#file.linked().catch(() => true));
  }

  /** fdatasync(2). @throws the file system's error */
  sync(): Promise<void> {
    return this.#file.sync();
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #takeBack(): Promise<void> {
    // The error of the write is the one to tell.
    await this.cut(this.#size).catch(() => undefined);
  }
}

/**
 * Gives a folder that is there its permissions and its group (AUD-136).
 * @throws the file system's error
 */
export async function correctFolder(disk: Disk, folder: string, modes: LogModes): Promise<void> {
  const { folder: mode, group } = modes;
  if ((await disk.status(folder))?.mode !== mode) await disk.chmod(folder, mode);
  if (group !== undefined) await toGroup(folder, group, disk.setGroup(folder, group));
}

/** Says what could not be done, and why it was tried. */
async function toGroup(path: string, group: number, given: Promise<void>): Promise<void> {
  await given.catch((cause: NodeJS.ErrnoException) => {
    const errno = errnoNumber(cause.code ?? "") ?? Errno.EIO;
    throw new AuditError(
      errno as Errno,
      `${path}: log_group ${group}: it cannot be given to that group`,
    );
  });
}

/**
 * Makes a log's folder, and those around it that are missing.
 * @throws the file system's error
 */
export async function makeLogFolder(disk: Disk, folder: string, mode: number): Promise<void> {
  const first = await disk.makeFolder(folder, mode);
  if (first === undefined) return;
  // The umask may have taken bits away.
  for (let made = folder; made.length >= first.length; made = dirname(made)) {
    await disk.chmod(made, mode);
  }
}
