import { HASH_SEED, HashSet, hashByte } from "./hash-set.ts";
import { Mark, PathMarks } from "./path-marks.ts";

/** Hashes of what is gone are thrown away when there are more of them than this, and than half. */
const STALE = 4096;
const SLASH = 0x2f;

/**
 * Tells of paths and inodes, by their hashes, that no rule can have to do with them. What was taken
 * away may still be in it for a while: that costs a closer look.
 */
export class PlaceFilter {
  /**
   * Roots are the paths of `dir=` rules and of links. Places are these, the watched paths, and the
   * directories above all paths of rules. A directory without a mark has no place below it.
   */
  readonly paths: PathMarks = new PathMarks();
  /** Low 32 bits of the inodes of which something is remembered, on whatever device. */
  readonly inodes: HashSet = new HashSet();
  /** Marked paths after the last trim. */
  #kept = 0;

  addRoot(path: string): void {
    this.#add(path, Mark.root | Mark.place);
  }

  addPlace(path: string): void {
    this.#add(path, Mark.place);
  }

  /** Marks an absolute path without a slash at its end, and the directories above it. */
  #add(path: string, marks: number): void {
    let hash = HASH_SEED;
    if (path !== "/") {
      for (let i = 0; i < path.length; i++) {
        const byte = path.charCodeAt(i);
        if (byte === SLASH) this.paths.add(hash, Mark.above);
        hash = hashByte(hash, byte);
      }
    }
    this.paths.add(hash, marks);
  }

  /** Forgets paths that are gone, if there are many. `roots` and `places` have what is there. */
  trimPaths(roots: readonly Keys<string>[], places: readonly Keys<string>[]): void {
    if (this.paths.size <= 2 * this.#kept + STALE) return;
    this.paths.clear();
    for (const keys of roots) for (const path of keys.keys()) this.addRoot(path);
    for (const keys of places) for (const path of keys.keys()) this.addPlace(path);
    this.#kept = this.paths.size;
  }

  /** Forgets inodes that are gone, if there are many. */
  trimInodes(inodes: readonly Keys<number>[]): void {
    if (this.inodes.size <= 2 * total(inodes) + STALE) return;
    this.inodes.clear();
    for (const keys of inodes) for (const inode of keys.keys()) this.inodes.add(inode);
  }
}

/** A map or set, of which the keys count. */
interface Keys<T> {
  readonly size: number;
  keys(): Iterable<T>;
}

function total(all: readonly Keys<unknown>[]): number {
  return all.reduce((sum, { size }) => sum + size, 0);
}
