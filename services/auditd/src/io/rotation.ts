// The numbered files behind a log: audit.log.1 is the newest. Each step can be done again.
import { basename, dirname, join } from "node:path";
import { logNames } from "@cauditd/auparse";
import type { Disk } from "./disk.ts";

/** Ending of a rotated file that was compressed. */
export const COMPRESSED = ".gz";

/** One rotated file. */
export interface RotatedFile {
  readonly path: string;
  /** 1 is the newest. */
  readonly number: number;
  readonly compressed: boolean;
}

/**
 * The rotated files of a log, newest first. Where a crash left a file both plain and compressed,
 * both are listed, the plain one first.
 */
export async function rotatedFiles(disk: Disk, path: string): Promise<RotatedFile[]> {
  const folder = dirname(path);
  const files = logNames(await disk.list(folder), basename(path)).filter(
    ({ number }) => number > 0,
  );
  return files.map(({ name, number, compressed }) => {
    return { path: join(folder, name), number, compressed };
  });
}

/**
 * Makes `path` its own `.1`, and every older file one number older (AUD-129). The numbers are moved
 * from the first free one down, so that after a crash at any step the same call finishes the work:
 * the step that was cut left exactly that number free.
 * @param most rotated files that may stay; Infinity for KEEP_LOGS
 * @param mode permissions of a rotated file
 */
export async function rotate(disk: Disk, path: string, most: number, mode: number): Promise<void> {
  const byNumber = new Map<number, RotatedFile[]>();
  for (const file of await rotatedFiles(disk, path)) {
    byNumber.set(file.number, [...(byNumber.get(file.number) ?? []), file]);
  }
  let free = 1;
  while (byNumber.has(free)) free++;
  if (free > most) {
    for (const file of byNumber.get(most) ?? []) await disk.remove(file.path);
    free = most;
  }
  for (let number = free - 1; number >= 1; number--) {
    for (const file of byNumber.get(number) ?? []) {
      await disk.rename(file.path, nameOf(path, number + 1, file.compressed));
    }
  }
  if ((await disk.status(path)) !== undefined) {
    await disk.chmod(path, mode);
    await disk.rename(path, nameOf(path, 1, false));
  }
}

/** Removes rotated files whose number is above `most`; returns their paths. */
export async function removeBeyond(disk: Disk, path: string, most: number): Promise<string[]> {
  const removed: string[] = [];
  for (const file of await rotatedFiles(disk, path)) {
    if (file.number <= most) continue;
    await disk.remove(file.path);
    removed.push(file.path);
  }
  return removed;
}

/** The name of a rotated file. */
export function nameOf(path: string, number: number, compressed: boolean): string {
  return `${path}.${number}${compressed ? COMPRESSED : ""}`;
}
