// The files of a log: their names, and how they are worked on while they are rotated.
import { AuditError, Errno } from "@cauditd/libaudit";

/** A file of a log. */
export interface LogName {
  /** In its folder. */
  readonly name: string;
  /** 0 is the current file, 1 the newest rotated one. */
  readonly number: number;
  /** Its name ends in `.gz`. */
  readonly compressed: boolean;
}

const NUMBERED = /^\.([1-9]\d{0,8})(\.gz)?$/;

/**
 * The files of a log among the names of a folder, newest first. Where a crash left a file both
 * plain and compressed, both are listed, the plain one first.
 * @param log name of the current file
 */
export function logNames(names: Iterable<string>, log: string): LogName[] {
  const found: LogName[] = [];
  for (const name of names) {
    if (name === log) found.push({ name, number: 0, compressed: false });
    else if (name.startsWith(log)) {
      const match = NUMBERED.exec(name.slice(log.length));
      if (match === null) continue;
      found.push({ name, number: Number(match[1]), compressed: match[2] !== undefined });
    }
  }
  return found.sort((a, b) => a.number - b.number || Number(a.compressed) - Number(b.compressed));
}

/** A file as it was seen. */
export interface SeenFile {
  readonly path: string;
  readonly inode: bigint | string;
}

/** Work on the files of a log, which another process may rotate meanwhile. */
export interface LogWork<F extends SeenFile, T> {
  /** Path of the current file, for errors. */
  readonly path: string;
  /** The files that are there now. */
  look(): Promise<readonly F[]>;
  /** @returns undefined when a file that was seen is not there any more, or is another one */
  work(files: readonly F[]): Promise<T | undefined>;
  /** Takes the work back: files have moved. */
  undo(made: T): Promise<void>;
}

/** Looks at a log that is rotated all the time before it is given up. */
const MAX_LOOKS = 100;

/**
 * Does work on the files of a log as they were at one moment: a look before it and a look behind it
 * have seen the same ones. A rotation moves the files one by one: in the middle of it there may be
 * as many names as before, and behind it the same names, but of other files.
 * @throws EAGAIN when it is rotated faster than it can be looked at; the errors of look and work
 */
export async function whileUnmoved<F extends SeenFile, T>(log: LogWork<F, T>): Promise<T> {
  let before = await log.look();
  for (let looks = 1; looks < MAX_LOOKS; looks++) {
    const made = await log.work(before);
    const now = await log.look();
    if (made !== undefined) {
      if (isSame(before, now)) return made;
      await log.undo(made);
    }
    before = now;
  }
  throw new AuditError(Errno.EAGAIN, `${log.path}: rotated all the time`);
}

function isSame(one: readonly SeenFile[], other: readonly SeenFile[]): boolean {
  if (one.length !== other.length) return false;
  return one.every(({ path, inode }, i) => path === other[i]?.path && inode === other[i]?.inode);
}
