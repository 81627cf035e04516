import { HashSet, hashPath } from "./hash-set.ts";

/** Hashes of what is gone are thrown away when there are more of them than this, and than half. */
const STALE = 4096;

/**
 * Tells of paths and inodes, by their hashes, that no rule can have to do with them. What was taken
 * away may still be in it for a while: that costs a closer look.
 */
export class PlaceFilter {
  /** Hashes of the paths of `dir=` rules and of links: what is below them may be anywhere. */
  readonly roots: HashSet = new HashSet();
  /** Hashes of these, of watched paths, and of the directories above all paths of rules. */
  readonly places: HashSet = new HashSet();
  /** Low 32 bits of the inodes of which something is remembered, on whatever device. */
  readonly inodes: HashSet = new HashSet();

  addRoot(path: string): void {
    const hash = hashPath(path);
    this.roots.add(hash);
    this.places.add(hash);
  }

  addPlace(path: string): void {
    this.places.add(hashPath(path));
  }

  /** Forgets roots that are gone, if there are many. `roots` and `places` have what is there. */
  trimPaths(roots: readonly Keys<string>[], places: readonly Keys<string>[]): void {
    if (this.roots.size <= 2 * total(roots) + STALE) return;
    this.roots.clear();
    this.places.clear();
    for (const keys of roots) for (const path of keys.keys()) this.addRoot(path);
    for (const keys of places) for (const path of keys.keys()) this.addPlace(path);
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
