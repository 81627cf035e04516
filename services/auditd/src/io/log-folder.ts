// The folder of a log, held by one process: its lock, and what keeps an earlier owner from it.
import { basename, dirname, join } from "node:path";
import { AuditError, Errno } from "@cauditd/libaudit";
import { asideOf, isRace, removeTree, settle, stamp, tokenOf } from "./custody.ts";
import { type Disk, type HeldFolder, machineDisk } from "./disk.ts";
import { FolderLock, type Lock } from "./folder-lock.ts";
import { FolderView, type ViewedFolder } from "./folder-view.ts";
import { makeLogFolder } from "./log-file.ts";
import { copyLog } from "./takeover.ts";

/** Attempts to get hold of a folder whose names others move. */
const ATTEMPTS = 64;

/** Keeps others off a folder. @throws EBUSY when another has it */
export type TakeLock = (folder: string, at: string) => Promise<Lock>;

/** How a folder is held; see InstanceLogOptions. */
export interface LogFolderOptions {
  readonly disk?: Disk;
  readonly lock?: TakeLock;
  readonly token?: number;
}

interface Wanted {
  /** Name of the log in the folder. */
  readonly name: string;
  readonly mode: number;
  readonly lock: TakeLock | undefined;
  readonly token: number | undefined;
}

interface Hold {
  readonly held: HeldFolder;
  readonly lock: Lock | undefined;
}

/**
 * A folder that is worked on through a descriptor: what is written goes there, and nowhere else,
 * wherever names lead meanwhile.
 */
export class LogFolder implements ViewedFolder {
  /** A disk on which the folder's name leads to what is held. */
  readonly disk: Disk;
  readonly #machine: Disk;
  readonly #folder: string;
  readonly #options: Wanted;
  #hold: Hold;

  private constructor(disk: Disk, folder: string, options: Wanted, hold: Hold) {
    this.#machine = disk;
    this.#folder = folder;
    this.#options = options;
    this.#hold = hold;
    this.disk = new FolderView(disk, folder, this);
  }

  /**
   * Makes the folder of a log when there is none, and takes its lock. With a token, a folder whose
   * lock another holds is taken over.
   * @param mode permissions of the folder when it is made
   * @throws EBUSY when another process has it; EOWNERDEAD when a later owner has it; the file
   * system's error
   */
  static async open(path: string, mode: number, options: LogFolderOptions): Promise<LogFolder> {
    const { disk = machineDisk, token } = options;
    const lock = options.lock ?? (disk === machineDisk ? FolderLock.take : undefined);
    const folder = dirname(path);
    const wanted = { name: basename(path), mode, lock, token };
    return new LogFolder(disk, folder, wanted, await take(disk, folder, wanted));
  }

  get held(): HeldFolder {
    return this.#hold.held;
  }

  /** Whether the folder's name leads to what is held. */
  async inPlace(): Promise<boolean> {
    const status = await this.#machine.status(this.#folder).catch(() => undefined);
    return status?.inode === this.#hold.held.inode;
  }

  /**
   * Makes sure that the folder's name leads to what is held: one that a late process moved is put
   * back; for one that somebody removed or replaced another is held from here on.
   * @returns true when another is held
   * @throws as `open`
   */
  async renew(): Promise<boolean> {
    if (await this.inPlace()) return false;
    const { token } = this.#options;
    const best = await settle(this.#machine, this.#folder, token);
    if (best?.inode === this.#hold.held.inode) return false;
    const next = await take(this.#machine, this.#folder, this.#options);
    const before = this.#hold;
    this.#hold = next;
    await drop(before);
    return true;
  }

  /** Gives the folder back. Twice is allowed. */
  async end(): Promise<void> {
    await drop(this.#hold);
  }
}

async function drop({ held, lock }: Hold): Promise<void> {
  await lock?.release();
  await held.close();
}

async function take(disk: Disk, folder: string, options: Wanted): Promise<Hold> {
  const { token, mode } = options;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const best = await settle(disk, folder, token);
    if (best === undefined) await makeLogFolder(disk, folder, mode);
    const held = await disk.hold(folder).catch((error: unknown) => {
      if (isRace(error)) return undefined;
      throw error;
    });
    if (held === undefined) continue;
    let taken: Hold | undefined;
    try {
      if (best === undefined || best.inode === held.inode) {
        taken = await takeHeld(disk, folder, held, options);
      }
    } finally {
      if (taken?.held !== held) await held.close();
    }
    if (taken !== undefined) return taken;
  }
  throw new AuditError(Errno.EBUSY, `${folder}: its owners get in each other's way`);
}

/** @returns undefined when names moved meanwhile: everything is to be looked at again */
async function takeHeld(
  disk: Disk,
  folder: string,
  held: HeldFolder,
  options: Wanted,
): Promise<Hold | undefined> {
  const { token } = options;
  let lock: Lock | undefined;
  try {
    lock = await options.lock?.(folder, held.at);
  } catch (error) {
    if (!isBusy(error) || token === undefined) throw error;
    // A later owner, or this one, has it already.
    if ((await tokenOf(disk, held.at)) >= token) throw error;
    return await takeOver(disk, folder, held, token, options);
  }
  try {
    if ((await disk.status(folder))?.inode === held.inode) {
      if (token !== undefined) await stamp(disk, held.at, token);
      return { held, lock };
    }
  } catch (error) {
    await lock?.release();
    throw error;
  }
  await lock?.release();
  return undefined;
}

/** Copies a folder and puts the copy into its place. @returns undefined as `takeHeld` */
async function takeOver(
  disk: Disk,
  folder: string,
  from: HeldFolder,
  token: number,
  options: Wanted,
): Promise<Hold | undefined> {
  const aside = asideOf(folder);
  const making = join(aside, `making-${token}`);
  await removeTree(disk, making);
  await makeLogFolder(disk, making, options.mode);
  const held = await disk.hold(making);
  let lock: Lock | undefined;
  let taken: Hold | undefined;
  try {
    if (!(await copyLog(disk, from, held, options.name))) return undefined;
    lock = await options.lock?.(folder, held.at);
    await stamp(disk, held.at, token);
    // From here on the copy is the log, wherever it lies.
    await disk.rename(making, join(aside, `ready-${token}`));
    await disk.syncFolder(aside);
    const best = await settle(disk, folder, token);
    if (best?.inode === held.inode) taken = { held, lock };
  } catch (error) {
    if (!isRace(error)) throw error;
  } finally {
    if (taken === undefined) await drop({ held, lock });
  }
  return taken;
}

function isBusy(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "EBUSY";
}
