// Brings the files of a log to the state that its checkpoint speaks of.
import { basename, dirname, join } from "node:path";
import type { Checkpoint } from "./checkpoint.ts";
import { type Disk, readAll } from "./disk.ts";
import { lineEndBefore } from "./event-ends.ts";
import type { LogModes } from "./log-file.ts";
import { COMPRESSED, rotate, rotatedFiles } from "./rotation.ts";

/** How much is read at once when the end of the last line is looked for, bytes. */
const CHUNK_BYTES = 65536;

/** What was found that should not be so; empty after a crash of the process alone. */
export type RecoveryProblem =
  /** The log is shorter than what was acknowledged: the machine lost writes, or somebody cut it. */
  | "short"
  /** Another file stands in the log's place. */
  | "replaced"
  /** The log is gone. */
  | "missing";

/**
 * Finishes a rotation that was cut, and cuts what the checkpoint does not count. Every step can be
 * done again, so a crash in here does no harm.
 * @param last the checkpoint; undefined = there is none: only a cut line is taken off
 * @param most rotated files that may stay
 * @throws the file system's error
 */
export async function recover(
  disk: Disk,
  path: string,
  last: Checkpoint | undefined,
  most: number,
  modes: LogModes,
): Promise<RecoveryProblem | undefined> {
  await dropTwins(disk, path);
  const status = await disk.status(path);
  if (last?.rotating === true) {
    if (status === undefined) {
      await disk.chmod(`${path}.1`, modes.rotated).catch(() => undefined);
      return undefined;
    }
    if (status.inode !== last.inode) {
      // The new file: what is in it comes from what is pending.
      await cut(disk, path, 0, modes);
      return undefined;
    }
    const problem = await cutBack(disk, path, status.size, last.size, modes);
    await rotate(disk, path, Math.max(1, most), modes.rotated);
    return problem;
  }
  if (status === undefined) return last === undefined || last.size === 0 ? undefined : "missing";
  if (last === undefined) {
    await cut(disk, path, await wholeLines(disk, path, status.size), modes);
    return undefined;
  }
  if (status.inode !== last.inode) {
    await cut(disk, path, await wholeLines(disk, path, status.size), modes);
    return "replaced";
  }
  return await cutBack(disk, path, status.size, last.size, modes);
}

/** Cuts a file to what counts of it; a file that is shorter to its whole lines. */
async function cutBack(
  disk: Disk,
  path: string,
  size: number,
  counts: number,
  modes: LogModes,
): Promise<RecoveryProblem | undefined> {
  if (size >= counts) {
    if (size > counts) await cut(disk, path, counts, modes);
    return undefined;
  }
  await cut(disk, path, await wholeLines(disk, path, size), modes);
  return "short";
}

async function cut(disk: Disk, path: string, size: number, modes: LogModes): Promise<void> {
  // A rotation that was cut may have taken the right to write already.
  await disk.chmod(path, modes.file);
  const file = await disk.open(path, "update", modes.file);
  try {
    if ((await file.status()).size !== size) await file.truncate(size);
  } finally {
    await file.close();
  }
}

/** The length of the whole lines at the start of a file. */
async function wholeLines(disk: Disk, path: string, size: number): Promise<number> {
  const file = await disk.open(path, "read");
  try {
    const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, size));
    for (let end = size; end > 0; ) {
      const start = Math.max(0, end - chunk.length);
      const length = await readAll(file, chunk.subarray(0, end - start), start);
      const found = lineEndBefore(chunk, length);
      if (found > 0) return start + found;
      end = start;
    }
    return 0;
  } finally {
    await file.close();
  }
}

/** A crash while a file was compressed leaves it plain and compressed: the plain one counts. */
async function dropTwins(disk: Disk, path: string): Promise<void> {
  const files = await rotatedFiles(disk, path);
  for (const { number, compressed } of files) {
    if (compressed && files.some((file) => file.number === number && !file.compressed)) {
      await disk.remove(`${path}.${number}${COMPRESSED}`);
    }
  }
  const prefix = partialPrefix(path);
  for (const name of await disk.list(dirname(path))) {
    if (name.startsWith(prefix)) await disk.remove(join(dirname(path), name));
  }
}

/** How the name of a file starts that is being compressed. */
export function partialPrefix(path: string): string {
  return `.${basename(path)}.partial`;
}
