import { dropOldest, LinkTable, rekey } from "./link-table.ts";
import type { FileId, PathFact } from "./path-fact.ts";
import { PlaceFilter } from "./place-filter.ts";

/** The most inodes whose paths are remembered; the oldest is forgotten first. */
export const MAX_INODES = 65536;
/** The most links that are remembered. */
const MAX_LINKS = 16384;
/** The most paths whose place among the rules is remembered. */
const MAX_CACHED = 8192;
/** The most paths of one inode that are remembered. */
const MAX_PLACES = 16;

/** A watched path: `path=` of some rules, and the file that is there as far as records tell. */
export interface Watch {
  /** Where the name is now: the directory above may have been moved along. */
  path: string;
  known: boolean;
  major: number;
  minor: number;
  inode: number;
  /** The file is a symbolic link itself. */
  link: boolean;
  /** The kernel has lost the file, though it is there (RENAME_EXCHANGE), until the next change. */
  lost: boolean;
  /** Positions of the rules, in the order in which the next change goes through them. */
  readonly rules: number[];
}

/** A path at which an inode was seen. */
export interface Place {
  readonly major: number;
  readonly minor: number;
  path: string;
  /** It is not there any more, but descriptors may be open. */
  gone: boolean;
}

/** What rules say about one path. */
interface Spot {
  /** Positions of the `dir=` rules whose tree it is in. */
  readonly dirs: readonly number[];
  readonly watch: Watch | undefined;
  /** A rule is about it, or about something below it. */
  readonly kept: boolean;
}

const NOWHERE: Spot = { dirs: [], watch: undefined, kept: false };
const NO_PATHS: readonly string[] = [];
const NO_WATCHES: readonly Watch[] = [];

/**
 * Where files are, learned from the PATH records of earlier events. The kernel compares inodes;
 * records have names as they were given and, for calls on a descriptor, an inode only. So the
 * paths that rules are about, and the directories above them, are remembered for their device
 * and inode. Bounded.
 */
export class NameTable {
  /** Positions of `dir=` rules by where their directory is now. */
  readonly #dirs: Map<string, number[]> = new Map();
  readonly #watches: Map<string, Watch> = new Map();
  readonly #watchesByInode: Map<number, readonly Watch[]> = new Map();
  /** Directories above the paths of rules. */
  readonly #above: Set<string> = new Set();
  readonly #byInode: Map<number, Place[]> = new Map();
  /** Inodes that got a name by link(2): where they are cannot be told from where one was seen. */
  readonly #linked: Map<number, true> = new Map();
  readonly #spots: Map<string, Spot> = new Map();
  readonly filter: PlaceFilter = new PlaceFilter();
  readonly #links: LinkTable = new LinkTable(this.filter);
  /** Numbers the directories that were removed. */
  #removed = 0;

  /** True when no rule names a path: nothing needs to be learned. */
  get idle(): boolean {
    return this.#dirs.size === 0 && this.#watches.size === 0;
  }

  /** Inodes whose paths are remembered. */
  get size(): number {
    return this.#byInode.size;
  }

  /** A rule's `dir=`. `rule` positions must come in ascending order. */
  watchDir(path: string, rule: number): void {
    const key = path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
    const rules = this.#dirs.get(key);
    if (rules === undefined) this.#dirs.set(key, [rule]);
    else rules.push(rule);
    this.filter.addRoot(key);
    this.#keepAbove(key);
  }

  /** A rule's `path=`; the same object for the same path. */
  watchPath(path: string, rule: number): Watch {
    let watch = this.#watches.get(path);
    if (watch === undefined) {
      watch = {
        path,
        known: false,
        major: 0,
        minor: 0,
        inode: 0,
        link: false,
        lost: false,
        rules: [],
      };
      this.#watches.set(path, watch);
      this.filter.addPlace(path);
      this.#keepAbove(path);
    }
    watch.rules.unshift(rule);
    return watch;
  }

  /** The file that a watched path stands for now; undefined = none, or not known. */
  setWatch(watch: Watch, fact: PathFact | undefined): void {
    if (watch.known) {
      const others = this.watchesOf(watch).filter((other) => other !== watch);
      if (others.length === 0) this.#watchesByInode.delete(watch.inode);
      else this.#watchesByInode.set(watch.inode, others);
    }
    watch.known = fact !== undefined;
    if (fact === undefined) return;
    watch.inode = fact.inode;
    watch.major = fact.major;
    watch.minor = fact.minor;
    watch.link = fact.isLink;
    this.#watchesByInode.set(fact.inode, [...this.watchesOf(fact), watch]);
    this.#keepInode(fact.inode);
  }

  /** The watches whose file may be this one: its inode fits, its device is to be compared. */
  watchesOf({ inode }: FileId): readonly Watch[] {
    return this.#watchesByInode.get(inode) ?? NO_WATCHES;
  }

  #keepAbove(path: string): void {
    for (let at = above(path); ; at = above(at)) {
      this.#above.add(at);
      this.filter.addPlace(at);
      if (at === "/") return;
    }
  }

  /**
   * The absolute path of a name, links that are known replaced by what they stand for.
   * @param base the directory that a relative name starts from; undefined = not known
   * @param follow replace the last part as well
   */
  resolve(name: string, base: string | undefined, follow: boolean): string | undefined {
    return this.#links.resolve(name, base, follow);
  }

  #keepInode(inode: number): void {
    this.filter.inodes.add(inode);
    this.filter.trimInodes([this.#byInode, this.#watchesByInode, this.#linked]);
  }

  #trimPaths(): void {
    const { targets } = this.#links;
    this.filter.trimPaths([this.#dirs, targets], [this.#watches, this.#above]);
  }

  /** What rules say about a path. */
  spot(path: string): Spot {
    let spot = this.#spots.get(path);
    if (spot === undefined) {
      spot = this.#find(path);
      if (this.#spots.size >= MAX_CACHED) this.#spots.clear();
      this.#spots.set(path, spot);
    }
    return spot;
  }

  #find(path: string): Spot {
    const watch = this.#watches.get(path);
    const dirs: number[] = [];
    for (let at = path; ; at = above(at)) {
      const rules = this.#dirs.get(at);
      if (rules !== undefined) dirs.push(...rules);
      if (at === "/") break;
    }
    if (watch === undefined && dirs.length === 0 && !this.#above.has(path)) return NOWHERE;
    return { watch, dirs, kept: true };
  }

  /** The paths at which a file was seen; for a call on a descriptor those that are gone, too. */
  placesOf(fact: FileId, gone: boolean): readonly string[] {
    const places = this.#byInode.get(fact.inode);
    if (places === undefined) return NO_PATHS;
    const paths: string[] = [];
    for (const place of places) {
      if (isAt(place, fact) && (gone || !place.gone)) paths.push(place.path);
    }
    return paths;
  }

  /** The first of these paths; undefined = none. */
  placeOf(fact: FileId, gone: boolean): string | undefined {
    const places = this.#byInode.get(fact.inode);
    if (places === undefined) return undefined;
    for (const place of places) {
      if (isAt(place, fact) && (gone || !place.gone)) return place.path;
    }
    return undefined;
  }

  /** The place of a root directory when to look it up again would teach nothing. */
  rootPlace(root: FileId): Place | undefined {
    const places = this.#byInode.get(root.inode);
    const place = places?.length === 1 ? places[0] : undefined;
    if (place === undefined || place.gone || place.path !== "/" || !isAt(place, root)) {
      return undefined;
    }
    return this.#watches.has("/") || this.#watchesByInode.has(root.inode) ? undefined : place;
  }

  /** True for a file that got a name by link(2) while it was known. */
  isLinked(fact: PathFact): boolean {
    return this.#linked.has(fact.inode);
  }

  /** The file was looked up at this path. Answers its place if rules are about it. */
  learn(path: string, fact: PathFact): Place | undefined {
    const spot = this.spot(path);
    if (!spot.kept) return undefined;
    const { watch } = spot;
    // What is found through a link is not the link.
    if (watch !== undefined && !watch.lost && !(watch.known && watch.link && !fact.isLink)) {
      this.setWatch(watch, fact);
    }
    let places = this.#byInode.get(fact.inode);
    if (places === undefined) {
      dropOldest(this.#byInode, MAX_INODES);
      places = [];
      this.#byInode.set(fact.inode, places);
      this.#keepInode(fact.inode);
    }
    for (const place of places) {
      if (place.path !== path || !isAt(place, fact)) continue;
      place.gone = false;
      return place;
    }
    // A directory is at one place.
    if (fact.isDir) places.length = 0;
    else if (places.length >= MAX_PLACES) places.shift();
    const place = { major: fact.major, minor: fact.minor, path, gone: false };
    places.push(place);
    return place;
  }

  /** The call removed this path: the file may have others, and open descriptors. */
  removed(path: string, fact: PathFact): void {
    this.#links.delete(path);
    for (const place of this.#byInode.get(fact.inode) ?? []) {
      if (place.path === path && isAt(place, fact)) place.gone = true;
    }
    // A rule's directory keeps its rule while it is open; another one at its place has none.
    if (fact.isDir) {
      this.#removed++;
      this.moved(path, `${path} (deleted ${this.#removed})`, fact);
    }
  }

  /** The call made this path for a file that is new: what had its inode before is gone. */
  created(path: string, fact: PathFact): void {
    this.#byInode.delete(fact.inode);
    this.#linked.delete(fact.inode);
    this.#links.delete(path);
    this.learn(path, fact);
  }

  /** The call gave a file another name: link(2). */
  linked(path: string | undefined, fact: PathFact): void {
    dropOldest(this.#linked, MAX_LINKS);
    this.#linked.set(fact.inode, true);
    this.#keepInode(fact.inode);
    if (path === undefined) return;
    this.#links.delete(path);
    this.learn(path, fact);
  }

  /** A symbolic link was made. */
  symlinked(path: string, target: string): void {
    this.#links.add(path, target);
    this.#trimPaths();
  }

  /**
   * A file was renamed, with all that is below it if it is a directory.
   * @param fact the file; undefined when it may be a directory
   */
  moved(from: string, to: string, fact: PathFact | undefined): void {
    if (fact !== undefined && !fact.isDir) {
      this.#links.rename(from, to);
      for (const place of this.#byInode.get(fact.inode) ?? []) {
        if (place.path === from && isAt(place, fact)) place.path = to;
      }
      return;
    }
    const prefix = `${from}/`;
    const renamed = (path: string): string | undefined => {
      if (path === from) return to;
      return path.startsWith(prefix) ? to + path.slice(from.length) : undefined;
    };
    this.#links.delete(to);
    this.#links.rekey(renamed);
    this.#trimPaths();
    // Nothing is remembered of what no rule is about.
    if (!this.spot(from).kept) return;
    for (const places of this.#byInode.values()) {
      for (const place of places) place.path = renamed(place.path) ?? place.path;
    }
    const trees = rekey(this.#dirs, renamed);
    for (const path of trees) this.filter.addRoot(path);
    this.#moveRules(prefix, to, trees);
  }

  /** The rules below a directory that was renamed; `paths` are new ones already. */
  #moveRules(prefix: string, to: string, paths: string[]): void {
    for (const watch of [...this.#watches.values()]) {
      if (!watch.path.startsWith(prefix)) continue;
      this.#watches.delete(watch.path);
      // The kernel removes the watches of a directory's entries when the directory itself moves.
      const lost = above(watch.path) === prefix.slice(0, -1);
      watch.path = lost ? "" : to + watch.path.slice(prefix.length - 1);
      if (lost) this.setWatch(watch, undefined);
      else {
        this.#watches.set(watch.path, watch);
        this.filter.addPlace(watch.path);
      }
      paths.push(lost ? to : watch.path);
    }
    if (paths.length === 0) return;
    for (const path of paths) this.#keepAbove(path);
    this.#spots.clear();
  }

  /** Two paths changed places (RENAME_EXCHANGE). */
  exchanged(left: string, right: string): void {
    const between = `${left} (exchanged)`;
    this.moved(left, between, undefined);
    this.moved(right, left, undefined);
    this.moved(between, right, undefined);
  }
}

function isAt(place: Place, fact: FileId): boolean {
  return place.major === fact.major && place.minor === fact.minor;
}

/** The directory above a path. */
export function above(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf("/"), 1));
}
