// A log on a disk, with the checkpoint that makes it whole again after a crash.
import { dirname, join } from "node:path";
import { newScopeAccount } from "@cauditd/kernel";
import { AuditError, Errno } from "@cauditd/libaudit";
import { type Checkpoint, CheckpointFile, type Mark } from "./checkpoint.ts";
import type { Disk, WriteThrough } from "./disk.ts";
import { type Appended, correctFolder, LogFile, makeLogFolder } from "./log-file.ts";
import { type LogSettings, mostRotated } from "./log-settings.ts";
import { loadPending, storePending } from "./pending-file.ts";
import { type RecoveryProblem, recover } from "./recovery.ts";
import { removeBeyond, rotate, rotatedFiles } from "./rotation.ts";

const NOTHING: Buffer = Buffer.alloc(0);
/** Permissions of a checkpoint file. */
export const CHECKPOINT_MODE = 0o600;

/** What an instance that has not applied anything has. */
export const FIRST_MARK: Mark = {
  epoch: "",
  sequence: 0,
  serial: 0,
  account: newScopeAccount(),
  owed: [],
};

/** What was found when a log was opened. */
export interface Found {
  /** Where the earlier life of the instance was; undefined for a new log. */
  readonly mark: Mark | undefined;
  /** Rendered events that the earlier life had not yet written. */
  readonly pending: Buffer;
  readonly problems: readonly (RecoveryProblem | "damaged checkpoint" | "damaged pending")[];
}

/** Where the files beside a log are. */
export interface LogPaths {
  readonly log: string;
  readonly folder: string;
  readonly checkpoint: string;
  readonly pending: string;
}

/** The paths of a log's files. */
export function logPaths(log: string): LogPaths {
  const folder = dirname(log);
  const checkpoint = join(folder, ".checkpoint");
  return { log, folder, checkpoint, pending: join(folder, ".pending") };
}

/** The files of one log. Calls must not overlap. Errors are the file system's, unless said. */
export class LogStore {
  readonly #disk: Disk;
  readonly #paths: LogPaths;
  #settings: LogSettings;
  #checkpoints: CheckpointFile | undefined;
  /** Undefined while it is closed. */
  #file: LogFile | undefined;
  /** Inode of the file that was open last. */
  #inode: string;
  #size: number;
  #written = 0;
  /** Length of what the pending file holds of the batch at hand. */
  #pending = 0;

  private constructor(
    disk: Disk,
    paths: LogPaths,
    settings: LogSettings,
    checkpoints: CheckpointFile | undefined,
    file: LogFile,
  ) {
    this.#disk = disk;
    this.#paths = paths;
    this.#settings = settings;
    this.#checkpoints = checkpoints;
    this.#file = file;
    this.#inode = file.inode;
    this.#size = file.size;
  }

  /**
   * Opens a log in a folder that is there, and brings its files to the state that its checkpoint
   * says.
   * @param checkpoint false: nothing is kept for a restart
   */
  static async open(
    disk: Disk,
    path: string,
    settings: LogSettings,
    checkpoint = true,
  ): Promise<{ store: LogStore; found: Found }> {
    const paths = logPaths(path);
    if (!checkpoint) {
      const file = await LogFile.open(disk, path, settings.modes, throughOf(settings));
      const store = new LogStore(disk, paths, settings, undefined, file);
      return { store, found: { mark: undefined, pending: NOTHING, problems: [] } };
    }
    const opened = await CheckpointFile.open(disk, paths.checkpoint, CHECKPOINT_MODE);
    try {
      return await LogStore.#recover(disk, paths, settings, opened);
    } catch (error) {
      await opened.file.close();
      throw error;
    }
  }

  static async #recover(
    disk: Disk,
    paths: LogPaths,
    settings: LogSettings,
    opened: { file: CheckpointFile; last: Checkpoint | undefined; damaged: boolean },
  ): Promise<{ store: LogStore; found: Found }> {
    const { last } = opened;
    const most = mostRotated(settings);
    const problem = await recover(disk, paths.log, last, most, settings.modes);
    const problems: Found["problems"][number][] = problem === undefined ? [] : [problem];
    if (opened.damaged) problems.push("damaged checkpoint");
    await removeBeyond(disk, paths.log, most);
    let pending = NOTHING;
    if (last !== undefined && last.pending > last.done) {
      const all = await loadPending(disk, paths.pending, last.pending);
      if (all === undefined) problems.push("damaged pending");
      else pending = all.subarray(last.done);
    }
    const file = await LogFile.open(disk, paths.log, settings.modes, throughOf(settings));
    const store = new LogStore(disk, paths, settings, opened.file, file);
    if (pending.length > 0) store.#pending = last?.pending ?? 0;
    try {
      // Also for a new log: what is written without a checkpoint could not be taken back.
      await store.#store(last ?? FIRST_MARK, pending.length, false);
      if (store.durable) {
        await opened.file.sync();
        await disk.syncFolder(paths.folder);
      }
    } catch (error) {
      await file.close();
      throw error;
    }
    return { store, found: { mark: last, pending, problems } };
  }

  /** Bytes of the current file. */
  get size(): number {
    return this.#size;
  }

  /** Bytes of the current file, and those written in this life, to whichever file. */
  get counts(): { readonly size: number; readonly written: number } {
    return { size: this.#size, written: this.#written };
  }

  /** True while the log is closed: nothing can be written. */
  get closed(): boolean {
    return this.#file === undefined;
  }

  /** True when what is acknowledged survives a power cut, but for the loss that freq allows. */
  get durable(): boolean {
    return this.#settings.flush !== "NONE";
  }

  /** Appends whole events. */
  async append(bytes: Buffer): Promise<Appended> {
    const file = this.#open();
    const appended = await file.append(bytes);
    this.#written += file.size - this.#size;
    this.#size = file.size;
    return appended;
  }

  /** Cuts the current file back to a size that it had; a closed one when it is opened again. */
  async cut(size: number): Promise<void> {
    this.#size = size;
    await this.#file?.cut(size);
  }

  /**
   * Says that everything up to `mark` is in the log.
   * @param sync true: the log, and the checkpoint behind it, are put on the disk
   */
  async commit(mark: Mark, sync: boolean): Promise<void> {
    if (sync && throughOf(this.#settings) === "cached") await this.#file?.sync();
    this.#pending = 0;
    await this.#store(mark, 0, false);
    if (sync) await this.#checkpoints?.sync();
  }

  /** Puts what was written so far on the disk; may run beside the other calls. */
  async sync(): Promise<void> {
    await this.#file?.sync();
    await this.#checkpoints?.sync();
  }

  /**
   * Rotates: the current file gets the number 1, a new one begins.
   * @param most rotated files that may stay; Infinity for KEEP_LOGS
   * @param rest events that are to follow in the new file; they survive a crash in here
   * @param mark what is applied once `rest` is in the log
   */
  async rotate(most: number, rest: Buffer, mark: Mark): Promise<void> {
    const { log, folder } = this.#paths;
    const { modes } = this.#settings;
    const { durable } = this;
    const file = this.#open();
    if (durable) await file.sync();
    if (rest.length > 0 && this.#pending === 0 && this.#checkpoints !== undefined) {
      await storePending(this.#disk, this.#paths.pending, rest, durable);
      // Its name, too: the file may be new.
      if (durable) await this.#disk.syncFolder(folder);
      this.#pending = rest.length;
    }
    await this.#store(mark, rest.length, true);
    if (durable) await this.#checkpoints?.sync();
    await this.close();
    await rotate(this.#disk, log, Math.max(1, most), modes.rotated);
    await this.open();
    if (durable) await this.#disk.syncFolder(folder);
  }

  /** Rotated files that there are. */
  async rotatedCount(): Promise<number> {
    return (await rotatedFiles(this.#disk, this.#paths.log)).length;
  }

  /** Permissions of a rotated file. */
  get rotatedMode(): number {
    return this.#settings.modes.rotated;
  }

  /** Whether the log's name still leads to the file that is written. */
  async inPlace(): Promise<boolean> {
    const status = await this.#disk.status(this.#paths.log).catch(() => undefined);
    return status?.inode === this.#inode;
  }

  /** Whether the file that is written has no name any more: it is gone when it is closed. */
  async removed(): Promise<boolean> {
    return (await this.#file?.removed()) === true;
  }

  /** Removes rotated files with a number above `most`; returns their paths. */
  removeBeyond(most: number): Promise<string[]> {
    return removeBeyond(this.#disk, this.#paths.log, most);
  }

  /** From the next `open` on the log is kept so. */
  reload(settings: LogSettings): void {
    this.#settings = settings;
  }

  /** Opens the log again, or a new one in its place; the checkpoint, too, when it is gone. */
  async open(): Promise<void> {
    const { modes } = this.#settings;
    await this.close();
    await makeLogFolder(this.#disk, this.#paths.folder, modes.folder);
    if (modes.group !== undefined) await correctFolder(this.#disk, this.#paths.folder, modes);
    await this.#openCheckpoint();
    const through = throughOf(this.#settings);
    const file = await LogFile.open(this.#disk, this.#paths.log, modes, through);
    try {
      // What a failed write left behind the last whole event.
      if (file.inode === this.#inode && file.size > this.#size) await file.cut(this.#size);
    } catch (error) {
      await file.close();
      throw error;
    }
    this.#file = file;
    this.#inode = file.inode;
    this.#size = file.size;
  }

  /** Closes the log; `open` opens it again. */
  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  /** Closes everything. */
  async end(): Promise<void> {
    try {
      await this.close();
    } finally {
      await this.#checkpoints?.close();
    }
  }

  async #openCheckpoint(): Promise<void> {
    const before = this.#checkpoints;
    const path = this.#paths.checkpoint;
    if (before === undefined) return;
    if ((await this.#disk.status(path))?.inode === before.inode) return;
    this.#checkpoints = (await CheckpointFile.open(this.#disk, path, CHECKPOINT_MODE)).file;
    await before.close();
  }

  #open(): LogFile {
    if (this.#file === undefined) throw new AuditError(Errno.EBADF, `${this.#paths.log}: closed`);
    return this.#file;
  }

  /** @param left bytes of the pending file that are not yet in the log */
  async #store(mark: Mark, left: number, rotating: boolean): Promise<void> {
    const pending = this.#pending;
    await this.#checkpoints?.store({
      epoch: mark.epoch,
      sequence: mark.sequence,
      serial: mark.serial,
      ...(mark.source === undefined ? {} : { source: mark.source }),
      account: mark.account,
      owed: mark.owed,
      inode: this.#inode,
      size: this.#size,
      rotating,
      pending,
      done: pending - left,
    });
  }
}

function throughOf({ flush }: LogSettings): WriteThrough {
  if (flush === "DATA") return "data";
  return flush === "SYNC" ? "full" : "cached";
}

/** Removes a log with everything that belongs to it. Errors are the file system's. */
export async function removeLog(disk: Disk, path: string): Promise<void> {
  const { folder, checkpoint, pending } = logPaths(path);
  if ((await disk.status(folder)) === undefined) return;
  await disk.remove(checkpoint);
  await disk.remove(pending);
  for (const file of await rotatedFiles(disk, path)) await disk.remove(file.path);
  await disk.remove(path);
}
