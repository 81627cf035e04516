// A copy of a log's folder, made while its earlier owner may wake up and go on writing.
import { join } from "node:path";
import { CheckpointFile } from "./checkpoint.ts";
import { STAMPS } from "./custody.ts";
import { type Disk, type DiskFile, type HeldFolder, isMissing } from "./disk.ts";
import { CHECKPOINT_MODE, logPaths } from "./log-store.ts";
import { partialPrefix } from "./recovery.ts";

/**
 * Copies a log into a new folder, as it would be found after a crash of its owner now. What the
 * owner may still write to is copied; rotated files get a second name.
 * @param name of the log, in both folders
 * @returns false when names moved meanwhile: the copy is worth nothing
 * @throws the file system's error
 */
export async function copyLog(
  disk: Disk,
  from: HeldFolder,
  to: HeldFolder,
  name: string,
): Promise<boolean> {
  let current: DiskFile | undefined;
  try {
    const before = await inodesOf(disk, from.at, name);
    const source = logPaths(join(from.at, name));
    const target = logPaths(join(to.at, name));
    // An inode that is held open or has a second name is not given to another file: when every name
    // has its inode at the end, too, no rotation has come between.
    if (before.has(name)) {
      current = await disk.open(source.log, "read");
      if ((await current.status()).inode !== before.get(name)) return false;
    }
    // The checkpoint first: the log has what it counts, and perhaps more.
    const copied = [source.checkpoint, source.pending, source.log];
    for (const [file, inode] of before) {
      if (copied.includes(join(from.at, file))) continue;
      await disk.link(join(from.at, file), join(to.at, file));
      if ((await disk.status(join(to.at, file)))?.inode !== inode) return false;
    }
    for (const path of copied) {
      const file = path.slice(from.at.length + 1);
      if (before.has(file)) await copy(disk, path, join(to.at, file));
    }
    const after = await inodesOf(disk, from.at, name);
    if (!isSame(before, after)) return false;
    return await adopt(disk, target.checkpoint, before.get(name), target.log);
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  } finally {
    await current?.close();
  }
}

/** The files that belong to a log, and their inodes. */
async function inodesOf(disk: Disk, folder: string, name: string): Promise<Map<string, string>> {
  const inodes = new Map<string, string>();
  for (const file of (await disk.list(folder)).sort()) {
    if (STAMPS.has(file) || file.startsWith(partialPrefix(name))) continue;
    const status = await disk.status(join(folder, file));
    if (status?.isFile === true) inodes.set(file, status.inode);
  }
  return inodes;
}

function isSame(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([name, inode]) => b.get(name) === inode);
}

async function copy(disk: Disk, from: string, to: string): Promise<void> {
  await disk.copy(from, to);
  const file = await disk.open(to, "read");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Puts the inode of the copied log into the copied checkpoint. */
async function adopt(
  disk: Disk,
  path: string,
  inode: string | undefined,
  log: string,
): Promise<boolean> {
  if ((await disk.status(path)) === undefined) return true;
  const { file, last, damaged } = await CheckpointFile.open(disk, path, CHECKPOINT_MODE);
  try {
    // Both places were being written while they were copied.
    if (damaged) return false;
    const copied = await disk.status(log);
    if (last === undefined || last.inode !== inode || copied === undefined) return true;
    await file.store({ ...last, inode: copied.inode });
    await file.sync();
    return true;
  } finally {
    await file.close();
  }
}
