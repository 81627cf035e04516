import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";

/** Permissions of a log and of its folder (AUD: auditd writes 0640 and 0750). */
export const LOG_MODE = 0o640;
export const LOG_FOLDER_MODE = 0o750;

/** Appends bytes to one log, one write after the other. */
export class LogWriter {
  readonly path: string;
  readonly #file: FileHandle;
  #bytes = 0;

  private constructor(path: string, file: FileHandle) {
    this.path = path;
    this.#file = file;
  }

  /** Bytes written by this writer. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Opens a log for appending; makes its folder.
   * @throws the file system's error (errno), with the path in its text
   */
  static async open(path: string): Promise<LogWriter> {
    const folder = dirname(path);
    await mkdir(folder, { recursive: true, mode: LOG_FOLDER_MODE });
    const file = await open(path, "a", LOG_MODE);
    // The umask may have taken bits away, and an older log may have others.
    await file.chmod(LOG_MODE);
    return new LogWriter(path, file);
  }

  /**
   * Appends all of `bytes`; a short write is continued.
   * @throws the file system's error; what was written before it stays
   */
  async write(bytes: Buffer): Promise<void> {
    let at = 0;
    while (at < bytes.length) {
      const { bytesWritten } = await this.#file.write(bytes, at, bytes.length - at, null);
      at += bytesWritten;
      this.#bytes += bytesWritten;
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
