// Reads a log on behind a serial, through its rotated files, while it is written and rotated.

import {
  isBefore,
  type Lines,
  lastSerial,
  type Picked,
  pickEvents,
  type Wanted,
  whileUnmoved,
} from "@cauditd/auparse";
import { AuditError, Errno } from "@cauditd/libaudit";
import { type Disk, isMissing } from "../io/disk.ts";
import { type LogFileName, logFiles, type OpenFile, openLogFile } from "./log-files.ts";

const SERIALS = 2 ** 32;

/** What a read came to. */
export interface ReadResult {
  /** Whole events, oldest first; undefined when there are none, now or any more. */
  readonly lines: Lines | undefined;
  /** Serial up to which the log was read. */
  readonly last: number;
  /** Nothing more is there up to the serial that was asked for. */
  readonly whole: boolean;
  /** Serials that were given up: too old, or in files that are gone; some may be of no event. */
  readonly missed: number;
}

/** The file that was looked for; none when there is none. */
interface Found {
  readonly file: OpenFile | undefined;
}

/**
 * Reads the events of an instance from its log. What is asked for is in the log, or was: its serial
 * was told when it was written.
 */
export class LogReader {
  readonly #disk: Disk;
  readonly #path: string;
  #file: OpenFile | undefined;
  /** Serial up to which it was read. */
  #behind = 0;
  #over = false;

  /** @param path of the current file */
  constructor(disk: Disk, path: string) {
    this.#disk = disk;
    this.#path = path;
  }

  /** Reads on, or anew when `behind` is not where it was. @throws the file system's error */
  async read(wanted: Wanted): Promise<ReadResult> {
    let missed = 0;
    if (this.#file === undefined || this.#behind !== wanted.behind) {
      missed += await this.#open(wanted.behind, false);
    }
    for (;;) {
      const picked = await this.#pick(wanted);
      missed += picked.old;
      this.#behind = picked.last;
      const { lines, last } = picked;
      if (lines !== undefined || last !== wanted.behind || picked.beyond) {
        if (picked.beyond) await this.#drop();
        return { lines, last, whole: picked.beyond, missed };
      }
      if (await this.#isCurrent()) {
        await this.#drop();
        return { lines, last, whole: true, missed };
      }
      missed += await this.#open(wanted.behind, true);
    }
  }

  /** Ends it for good, also while it reads: what that opens then is closed. */
  async close(): Promise<void> {
    this.#over = true;
    await this.#drop();
  }

  async #drop(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  /** Events of the file at hand: the first that there are, or what its end says. */
  async #pick(wanted: Wanted): Promise<Picked> {
    let bytes: Buffer = Buffer.alloc(0);
    for (;;) {
      const chunk = await this.#file?.next();
      if (chunk !== undefined) bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
      const next = chunk === undefined ? await this.#following(bytes, wanted) : undefined;
      const picked = pickEvents(bytes, wanted, next);
      bytes = bytes.subarray(picked.used);
      if (next !== undefined || picked.beyond || picked.last !== wanted.behind) {
        // What is behind these events may still be taken back, so it is read again.
        this.#file?.unread(bytes);
        return picked;
      }
    }
  }

  /** The serial that follows the end of a file. */
  async #following(bytes: Buffer, { behind, upTo }: Wanted): Promise<number> {
    const after = (upTo + 1) % SERIALS;
    if (await this.#isCurrent()) return after;
    const following = await this.#find(lastSerial(bytes) ?? behind, true);
    await following?.close();
    return following?.first ?? after;
  }

  /**
   * Opens the file that has what is behind a serial.
   * @param exhausted true: a file was read up to the serial, the one that follows it is wanted
   * @returns serials between the serial and the first event that there is
   */
  async #open(behind: number, exhausted: boolean): Promise<number> {
    await this.#drop();
    const found = await this.#find(behind, exhausted);
    if (this.#over) {
      await found?.close();
      throw new AuditError(Errno.ESHUTDOWN, `${this.#path}: nobody reads it any more`);
    }
    this.#file = found;
    if (!exhausted) await this.#file?.seek(behind);
    this.#behind = behind;
    const first = this.#file?.first;
    if (first === undefined || !isBefore(behind, first)) return 0;
    return (first - behind - 1 + SERIALS) % SERIALS;
  }

  /** As `search`, while files may move: until none has. */
  async #find(behind: number, exhausted: boolean): Promise<OpenFile | undefined> {
    const { file } = await whileUnmoved({
      path: this.#path,
      look: () => logFiles(this.#disk, this.#path),
      work: (files) => this.#search(files, behind, exhausted),
      undo: async ({ file }) => await file?.close(),
    });
    return file;
  }

  /**
   * The newest file that begins at the serial or in front of it, else the oldest behind it.
   * @returns undefined when a file was rotated or compressed since it was seen
   */
  async #search(
    files: readonly LogFileName[],
    behind: number,
    exhausted: boolean,
  ): Promise<Found | undefined> {
    let found: OpenFile | undefined;
    for (const name of files) {
      const file = await this.#openFile(name).catch(async (error: unknown) => {
        await found?.close();
        throw error;
      });
      if (file === undefined) {
        await found?.close();
        return undefined;
      }
      const isEarlier = file.first !== undefined && !isBefore(behind, file.first);
      const isBetter =
        found === undefined || (file.first !== undefined && !(isEarlier && exhausted));
      await (isBetter ? found : file)?.close();
      if (isBetter) found = file;
      if (isEarlier) break;
    }
    return { file: found };
  }

  async #openFile(name: LogFileName): Promise<OpenFile | undefined> {
    let file: OpenFile;
    try {
      file = await openLogFile(this.#disk, name);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
    if (file.inode === name.inode) return file;
    await file.close();
    return undefined;
  }

  async #isCurrent(): Promise<boolean> {
    return this.#file === undefined || this.#file.inode === (await this.#currentInode());
  }

  async #currentInode(): Promise<string | undefined> {
    return (await this.#disk.status(this.#path))?.inode;
  }
}
