import { chmod, type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { AuditError, Errno } from "@cauditd/libaudit";

/** Permissions of a log and of its folder (AUD-136: auditd writes 0640 and 0750). */
export const LOG_MODE = 0o640;
export const LOG_FOLDER_MODE = 0o750;

/** Appends bytes to one log, one write after the other. */
export class LogWriter {
  readonly path: string;
  readonly #file: FileHandle;
  /** Length of the file when it was opened. */
  readonly #start: number;
  #bytes = 0;

  private constructor(path: string, file: FileHandle, start: number) {
    this.path = path;
    this.#file = file;
    this.#start = start;
  }

  /** Bytes written by this writer. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Opens a log for appending; makes its folder. The log, and the folders that are made, get
   * their permissions whatever the umask is.
   * @throws the file system's error (errno), with the path in its text
   */
  static async open(path: string): Promise<LogWriter> {
    await makeFolder(resolve(dirname(path)));
    const file = await open(path, "a", LOG_MODE);
    try {
      const status = await file.stat();
      // The umask may have taken bits away, and an older log may have others; a device is not ours.
      if (status.isFile()) await file.chmod(LOG_MODE);
      return new LogWriter(path, file, status.size);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /**
   * Appends all of `bytes`; a short write is continued. When that fails, what was written of them
   * is taken back, so that the log ends with a whole event.
   * @throws the file system's error; EIO when it takes no bytes and tells no error
   */
  async write(bytes: Buffer): Promise<void> {
    let at = 0;
    try {
      while (at < bytes.length) {
        const { bytesWritten } = await this.#file.write(bytes, at, bytes.length - at, null);
        if (bytesWritten === 0) throw new AuditError(Errno.EIO, `write ${this.path}`);
        at += bytesWritten;
      }
    } catch (error) {
      // The write error is the one to tell; a device cannot be cut.
      if (at > 0) await this.#file.truncate(this.#start + this.#bytes).catch(() => undefined);
      throw error;
    }
    this.#bytes += bytes.length;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** Makes a folder and those around it that are missing. */
async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: LOG_FOLDER_MODE });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) {
    await chmod(made, LOG_FOLDER_MODE);
  }
}
