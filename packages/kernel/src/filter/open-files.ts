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
/** Slots of descriptors that are counted together; a power of two. */
const SLOTS = 4096;
/** A place that no rule is about. */
export const OUTSIDE: Place = { major: 0, minor: 0, path: "/", gone: false };

/** What the descriptors of tasks are open on, as far as rules are about it. Bounded. */
export class OpenFiles {
  readonly #table: NameTable;
  /** By task and number. */
  readonly #open: Map<number, OpenFile> = new Map();
  /** How many are remembered by slot: most descriptors are in one where there is none. */
  readonly #counts = new Uint16Array(SLOTS);

  constructor(table: NameTable) {
    this.#table = table;
  }

  /** True when nothing is remembered. */
  get empty(): boolean {
    return this.#open.size === 0;
  }

  /** True when it is remembered what a descriptor is open on. */
  has(pid: number, fd: number): boolean {
    if (fd >= MAX_FD || this.#counts[slotOf(pid, fd)] === 0) return false;
    return this.#open.has(pid * MAX_FD + fd);
  }

  /** What a descriptor is open on; undefined = not known. */
  get(pid: number, fd: number): OpenFile | undefined {
    return this.has(pid, fd) ? this.#open.get(pid * MAX_FD + fd) : undefined;
  }

  /** The directory that a name starts from; undefined when it is not known. */
  baseOf(open: OpenFile): string | undefined {
    return open.place === OUTSIDE ? this.#table.placeOf(open.file, true) : open.place.path;
  }

  /** A call opened a descriptor; `file` may be used again by the caller. False for an error. */
  put(pid: number, fd: number, file: FileId, place: Place): boolean {
    if (fd >= MAX_FD) return false;
    const before = this.get(pid, fd);
    const same = before !== undefined && before.place === place && isSame(before.file, file);
    // While there is room the order, in which the oldest go first, is not worth its cost.
    if (same && this.#open.size < MAX_OPEN / 2) return true;
    if (before !== undefined) this.forget(pid, fd);
    else if (this.#open.size >= MAX_OPEN) this.#forgetOldest();
    const { inode, major, minor } = file;
    const now = same ? before : { file: { inode, major, minor }, place };
    this.#open.set(pid * MAX_FD + fd, now);
    this.#count(slotOf(pid, fd), 1);
    return true;
  }

  /** A call opened a descriptor on something of no interest. False for an error. */
  forget(pid: number, fd: number): boolean {
    if (fd >= MAX_FD) return false;
    const slot = slotOf(pid, fd);
    if (this.#counts[slot] === 0) return true;
    if (this.#open.delete(pid * MAX_FD + fd)) this.#count(slot, -1);
    return true;
  }

  #count(slot: number, by: number): void {
    this.#counts[slot] = (this.#counts[slot] as number) + by;
  }

  #forgetOldest(): void {
    for (const key of this.#open.keys()) {
      this.forget(Math.floor(key / MAX_FD), key % MAX_FD);
      return;
    }
  }
}

/** Tasks that follow each other, with the same descriptor, are in different slots. */
function slotOf(pid: number, fd: number): number {
  return (pid ^ Math.imul(fd, 0x9e3779b1 | 0)) & (SLOTS - 1);
}

function isSame(left: FileId, right: FileId): boolean {
  return left.inode === right.inode && left.major === right.major && left.minor === right.minor;
}
