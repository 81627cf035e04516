/*
 * Which folder is a log's, when owners have followed each other and the earlier one does not know:
 * the one with the highest token, wherever it lies. Names are only put right for readers. So a
 * process that stood still for long, and moves names late, does no harm
 * (docs/adr/0009-takeover-of-a-log-folder.md).
 */
import { basename, dirname, join } from "node:path";
import { AuditError, Errno } from "@cauditd/libaudit";
import { type Disk, isMissing, readAll, writeAll } from "./disk.ts";

/** Holds the token of the folder's owner, in decimal. */
const STAMP = ".owner";
const STAMP_NEXT = ".owner.next";
/** Files of one folder's custody; they do not go with a copy. */
export const STAMPS: ReadonlySet<string> = new Set([STAMP, STAMP_NEXT]);
/** Attempts to find names at rest. */
const ATTEMPTS = 64;
const NAME = /^(?:ready|old)-\d+$/;
const MAKING = /^making-(\d+)$/;
const TRASH = /^trash-\d+$/;

/** A folder of a log. */
export interface Custody {
  readonly path: string;
  readonly inode: string;
  /** Of the owner that wrote into it last; 0 when that had none. */
  readonly token: number;
}

/** Where the folders of a log lie that are not, or no longer, in their place. */
export function asideOf(folder: string): string {
  return join(dirname(folder), `.${basename(folder)}.takeover`);
}

/** Says whose a folder is. @throws the file system's error */
export async function stamp(disk: Disk, folder: string, token: number): Promise<void> {
  const next = join(folder, STAMP_NEXT);
  const file = await disk.open(next, "update", 0o600);
  try {
    await file.truncate(0);
    await writeAll(file, Buffer.from(`${token}\n`), 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(next, join(folder, STAMP));
  await disk.syncFolder(folder);
}

/** The token of a folder's owner; 0 when it has none. @throws the file system's error */
export async function tokenOf(disk: Disk, folder: string): Promise<number> {
  try {
    const file = await disk.open(join(folder, STAMP), "read");
    try {
      const bytes = Buffer.alloc(20);
      const text = bytes.toString("latin1", 0, await readAll(file, bytes));
      return /^\d{1,16}\n$/.test(text) ? Number(text) : 0;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}

/**
 * Finds the folder of a log, puts it into its place, and removes those of earlier owners.
 * @param token that of the caller; without one, nothing is removed
 * @returns undefined when there is none
 * @throws EOWNERDEAD when a later owner has it; EBUSY when names do not come to rest
 */
export async function settle(
  disk: Disk,
  folder: string,
  token?: number,
): Promise<Custody | undefined> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const seen = await look(disk, folder);
    if (seen === undefined) continue;
    const { inPlace, aside, names } = seen;
    let best = inPlace;
    for (const other of aside) if (best === undefined || other.token > best.token) best = other;
    if (best !== undefined && token !== undefined && best.token > token) {
      throw new AuditError(Errno.EOWNERDEAD, `${folder}: a later owner has taken it over`);
    }
    if (best === inPlace) {
      if (token !== undefined) await clear(disk, folder, names, aside, token);
      return best;
    }
    if (best !== undefined) await place(disk, folder, best, inPlace, names);
  }
  throw new AuditError(Errno.EBUSY, `${folder}: its owners get in each other's way`);
}

interface Seen {
  readonly inPlace: Custody | undefined;
  readonly aside: readonly Custody[];
  /** Everything that lies aside. */
  readonly names: readonly string[];
}

/** @returns undefined when names moved meanwhile */
async function look(disk: Disk, folder: string): Promise<Seen | undefined> {
  const names = await listAside(disk, folder);
  const aside: Custody[] = [];
  for (const name of names) {
    if (!NAME.test(name)) continue;
    const found = await custodyOf(disk, join(asideOf(folder), name));
    if (found === undefined) return undefined;
    aside.push(found);
  }
  const inPlace = await custodyOf(disk, folder);
  // A folder that was put into its place, or aside, between the two looks would not be seen.
  const again = await listAside(disk, folder);
  return again.join() === names.join() ? { inPlace, aside, names } : undefined;
}

async function listAside(disk: Disk, folder: string): Promise<string[]> {
  try {
    return (await disk.list(asideOf(folder))).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

async function custodyOf(disk: Disk, path: string): Promise<Custody | undefined> {
  try {
    const held = await disk.hold(path);
    try {
      return { path, inode: held.inode, token: await tokenOf(disk, held.at) };
    } finally {
      await held.close();
    }
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Puts a folder into its place; another process that does the same is no error. */
async function place(
  disk: Disk,
  folder: string,
  best: Custody,
  inPlace: Custody | undefined,
  names: readonly string[],
): Promise<void> {
  const aside = asideOf(folder);
  const numbers = names.map((name) => Number(/^old-(\d+)$/.exec(name)?.[1] ?? 0));
  try {
    if (inPlace !== undefined) {
      await disk.rename(folder, join(aside, `old-${Math.max(0, ...numbers) + 1}`));
    }
    await disk.rename(best.path, folder);
    await disk.syncFolder(dirname(folder));
    await disk.syncFolder(aside);
  } catch (error) {
    if (!isRace(error)) throw error;
  }
}

/** True for what comes of another process that moves the same names. */
export function isRace(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ENOTEMPTY" || code === "EEXIST";
}

/** Removes what earlier owners left. What cannot be removed stays until the next time. */
async function clear(
  disk: Disk,
  folder: string,
  names: readonly string[],
  aside: readonly Custody[],
  token: number,
): Promise<void> {
  for (const { path, inode } of aside) await removeTree(disk, path, inode).catch(() => undefined);
  const at = asideOf(folder);
  for (const name of names) {
    const made = Number(MAKING.exec(name)?.[1] ?? token);
    // Its maker may be at work: under another name it cannot become a log with files missing.
    const trash = made < token ? `trash-${made}` : name;
    if (made < token) await disk.rename(join(at, name), join(at, trash)).catch(() => undefined);
    if (TRASH.test(trash)) await removeTree(disk, join(at, trash)).catch(() => undefined);
  }
  await disk.removeFolder(at).catch(() => undefined);
}

/**
 * Removes a folder and the files and folders in it; only this one, whatever its name leads to by
 * then. @param inode of the folder that is meant. @throws the file system's error
 */
export async function removeTree(disk: Disk, path: string, inode?: string): Promise<void> {
  let held: Awaited<ReturnType<Disk["hold"]>>;
  try {
    held = await disk.hold(path);
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  try {
    if (inode !== undefined && held.inode !== inode) return;
    for (const name of await disk.list(held.at)) {
      const inside = join(held.at, name);
      const status = await disk.status(inside);
      if (status?.isFolder === true) await removeTree(disk, inside, status.inode);
      else await disk.remove(inside);
    }
  } finally {
    await held.close();
  }
  await disk.removeFolder(path);
}
