import { dropOldest } from "./link-table.ts";
import type { NameTable, Place } from "./name-table.ts";
import type { FileId } from "./path-fact.ts";

/** What a descriptor is open on. */
export interface OpenFile {
  readonly file: FileId;
  readonly place: Place;
}

/** The most descriptors that are remembered. */
const MAX_OPEN = 16384;
/** Descriptors from here on are not remembered; so are errors, which are large numbers here. */
const MAX_FD = 65536;
/** A place that no rule is about. */
export const OUTSIDE: Place = { major: 0, minor: 0, path: "/", gone: false };

/** What the descriptors of tasks are open on, as far as rules are about it. Bounded. */
export class OpenFiles {
  readonly #table: NameTable;
  /** By task and number. */
  readonly #open: Map<number, OpenFile> = new Map();

  constructor(table: NameTable) {
    this.#table = table;
  }

  /** True when nothing is remembered. */
  get empty(): boolean {
    return this.#open.size === 0;
  }

  /** What a descriptor is open on; undefined = not known. */
  get(pid: number, fd: number): OpenFile | undefined {
    return fd < MAX_FD ? this.#open.get(pid * MAX_FD + fd) : undefined;
  }

  /** The directory that a name starts from; undefined when it is not known. */
  baseOf(open: OpenFile): string | undefined {
    return open.place === OUTSIDE ? this.#table.placeOf(open.file, true) : open.place.path;
  }

  /** A call opened a descriptor; `file` may be used again by the caller. False for an error. */
  put(pid: number, fd: number, file: FileId, place: Place): boolean {
    if (fd >= MAX_FD) return false;
    const key = pid * MAX_FD + fd;
    const before = this.#open.get(key);
    const same = before !== undefined && before.place === place && isSame(before.file, file);
    if (before !== undefined) this.#open.delete(key);
    else dropOldest(this.#open, MAX_OPEN);
    const { inode, major, minor } = file;
    this.#open.set(key, same ? before : { file: { inode, major, minor }, place });
    return true;
  }

  /** A call opened a descriptor on something of no interest. False for an error. */
  forget(pid: number, fd: number): boolean {
    if (fd >= MAX_FD) return false;
    this.#open.delete(pid * MAX_FD + fd);
    return true;
  }
}

function isSame(left: FileId, right: FileId): boolean {
  return left.inode === right.inode && left.major === right.major && left.minor === right.minor;
}
