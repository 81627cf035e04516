import type { EventFacts } from "./event-facts.ts";
import { DIRECTORY, FILE_TYPE, NameType, type PathFact, SYMLINK } from "./path-fact.ts";

/** The most inodes whose paths are remembered; the oldest is forgotten first. */
export const MAX_INODES = 65536;
/** The most links that are remembered. */
const MAX_LINKS = 16384;
/** The most paths whose place among the rules is remembered. */
const MAX_CACHED = 8192;
/** The most symbolic links that one name is followed through (kernel: MAXSYMLINKS). */
const MAX_FOLLOWED = 40;

/** A watched path: a rule's `path=`, and the file that is there as far as records tell. */
export interface Watch {
  readonly path: string;
  known: boolean;
  major: number;
  minor: number;
  inode: number;
}

/** A path at which an inode was seen. */
interface Place {
  readonly major: number;
  readonly minor: number;
  readonly path: string;
}

/** What rules say about one path. */
interface Spot {
  /** Numbers of the `dir=` rules whose tree it is in, ascending. */
  readonly dirs: readonly number[];
  readonly watch: Watch | undefined;
}

const NOWHERE: Spot = { dirs: [], watch: undefined };

/**
 * Where files are, learned from the PATH records of earlier events. The kernel compares inodes;
 * records have names as they were given and, for calls on a descriptor, an inode only. So a path
 * below a watched directory or equal to a watched path is remembered for its device and inode
 * and forgotten when it is unlinked or renamed. Bounded.
 */
export class NameTable {
  readonly #dirs: Map<string, number[]> = new Map();
  readonly #watches: Map<string, Watch> = new Map();
  readonly #byInode: Map<number, Place[]> = new Map();
  /** Symbolic links by path: their target. Hard links by path: null. */
  readonly #links: Map<string, string | null> = new Map();
  readonly #spots: Map<string, Spot> = new Map();

  /** True when no rule names a path: nothing needs to be learned. */
  get idle(): boolean {
    return this.#dirs.size === 0 && this.#watches.size === 0;
  }

  /** Inodes whose paths are remembered. */
  get size(): number {
    return this.#byInode.size;
  }

  /** A rule's `dir=`. `rule` numbers must come in ascending order. */
  watchDir(path: string, rule: number): void {
    const key = path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
    const rules = this.#dirs.get(key);
    if (rules === undefined) this.#dirs.set(key, [rule]);
    else rules.push(rule);
  }

  /** A rule's `path=`; the same object for the same path. */
  watchPath(path: string): Watch {
    let watch = this.#watches.get(path);
    if (watch === undefined) {
      watch = { path, known: false, major: 0, minor: 0, inode: 0 };
      this.#watches.set(path, watch);
    }
    return watch;
  }

  /**
   * The absolute path of a name that a call used, following the links that are known.
   * @param base the directory that a relative name starts from; undefined = not known
   */
  resolve(name: string, base: string | undefined): string | undefined {
    let path = name;
    if (!path.startsWith("/")) {
      if (base === undefined) return undefined;
      path = `${base}/${name}`;
    }
    path = clean(path);
    if (this.#links.size === 0) return path;
    for (let followed = 0; followed < MAX_FOLLOWED; followed++) {
      const next = this.#follow(path);
      if (next === undefined) return path;
      path = next;
    }
    return path;
  }

  /** The path with its first known symbolic link replaced; undefined when there is none. */
  #follow(path: string): string | undefined {
    let end = path.indexOf("/", 1);
    for (;;) {
      const part = end < 0 ? path : path.slice(0, end);
      const target = this.#links.get(part);
      if (target !== undefined && target !== null) {
        const folder = part.slice(0, part.lastIndexOf("/"));
        const start = target.startsWith("/") ? target : `${folder}/${target}`;
        return clean(end < 0 ? start : start + path.slice(end));
      }
      if (end < 0) return undefined;
      end = path.indexOf("/", end + 1);
    }
  }

  /** True for a path that was made by link(2): its inode says nothing about where it is. */
  isHardLink(path: string): boolean {
    return this.#links.get(path) === null;
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
    for (let at = path; ; at = at.slice(0, Math.max(at.lastIndexOf("/"), 1))) {
      const rules = this.#dirs.get(at);
      if (rules !== undefined) dirs.push(...rules);
      if (at === "/") break;
    }
    if (watch === undefined && dirs.length === 0) return NOWHERE;
    return { watch, dirs: dirs.sort((a, b) => a - b) };
  }

  /** The paths at which a file was seen. */
  placesOf(fact: PathFact): readonly string[] {
    const places = this.#byInode.get(fact.inode);
    if (places === undefined) return [];
    const paths: string[] = [];
    for (const place of places) if (isAt(place, fact)) paths.push(place.path);
    return paths;
  }

  /** The file was looked up at this path. */
  learn(path: string, fact: PathFact): void {
    const spot = this.spot(path);
    if (spot === NOWHERE) return;
    if (spot.watch !== undefined) setWatch(spot.watch, fact);
    const places = this.#byInode.get(fact.inode);
    if (places === undefined) {
      if (this.#byInode.size >= MAX_INODES) {
        for (const oldest of this.#byInode.keys()) {
          this.#byInode.delete(oldest);
          break;
        }
      }
      this.#byInode.set(fact.inode, [{ major: fact.major, minor: fact.minor, path }]);
      return;
    }
    for (const place of places) if (place.path === path && isAt(place, fact)) return;
    if (places.length < 16) places.push({ major: fact.major, minor: fact.minor, path });
  }

  /** The call removed this path: the file may have others. */
  forget(path: string, fact: PathFact): void {
    this.#links.delete(path);
    const watch = this.#watches.get(path);
    if (watch !== undefined) watch.known = false;
    const places = this.#byInode.get(fact.inode);
    if (places === undefined) return;
    const rest = places.filter((place) => place.path !== path || !isAt(place, fact));
    if (rest.length === 0) this.#byInode.delete(fact.inode);
    else this.#byInode.set(fact.inode, rest);
  }

  /** The call made this path for a file that is new: whatever had its inode before is gone. */
  created(path: string, fact: PathFact): void {
    for (const old of this.placesOf(fact)) if (old !== path) this.forget(old, fact);
    this.#links.delete(path);
    this.learn(path, fact);
  }

  /** A link was made. `target` of a symbolic link, null for a hard link. */
  linked(path: string, target: string | null): void {
    if (this.#links.size >= MAX_LINKS) {
      for (const oldest of this.#links.keys()) {
        this.#links.delete(oldest);
        break;
      }
    }
    this.#links.set(path, target);
  }

  /** A directory was renamed: what was known below it is below the new path now. */
  movedDir(from: string, to: string): void {
    const prefix = `${from}/`;
    const moved: { inode: number; place: Place }[] = [];
    for (const [inode, places] of this.#byInode) {
      for (const place of places) if (place.path.startsWith(prefix)) moved.push({ inode, place });
    }
    for (const { inode, place } of moved) {
      const rest = (this.#byInode.get(inode) ?? []).filter((other) => other !== place);
      const path = to + place.path.slice(from.length);
      if (this.spot(path) !== NOWHERE) rest.push({ ...place, path });
      if (rest.length === 0) this.#byInode.delete(inode);
      else this.#byInode.set(inode, rest);
    }
    for (const [path, target] of [...this.#links]) {
      if (!path.startsWith(prefix)) continue;
      this.#links.delete(path);
      this.#links.set(to + path.slice(from.length), target);
    }
    for (const watch of this.#watches.values()) {
      if (watch.path.startsWith(prefix)) watch.known = false;
    }
  }
}

/**
 * Takes over what an event changed: files that were created, removed, renamed and linked. Call
 * it once for each event, after its decision.
 * @param paths the resolved path of each of the event's names; undefined = not known
 */
export function learnChanges(
  table: NameTable,
  facts: EventFacts,
  paths: readonly (string | undefined)[],
): void {
  let target: string | undefined;
  const removed: number[] = [];
  const made: number[] = [];
  for (let i = 0; i < facts.paths; i++) {
    const { type, name } = facts.path(i);
    if (type === NameType.unknown) target = name;
    else if (type === NameType.delete) removed.push(i);
    else if (type === NameType.create) made.push(i);
  }
  for (const i of removed) {
    const path = paths[i];
    if (path !== undefined) table.forget(path, facts.path(i));
  }
  for (const i of made) {
    const path = paths[i];
    const fact = facts.path(i);
    if (path === undefined || !fact.found) continue;
    const source = removed.find((at) => sameFile(facts.path(at), fact));
    const from = source === undefined ? undefined : paths[source];
    if (from !== undefined) {
      table.learn(path, fact);
      if ((fact.mode & FILE_TYPE) === DIRECTORY) table.movedDir(from, path);
    } else if (hasNormal(facts, fact)) {
      table.learn(path, fact);
      table.linked(path, null);
    } else {
      table.created(path, fact);
      if ((fact.mode & FILE_TYPE) === SYMLINK && target !== undefined) table.linked(path, target);
    }
  }
}

/** True when the call looked the same file up under another name: link(2). */
function hasNormal(facts: EventFacts, fact: PathFact): boolean {
  for (let i = 0; i < facts.paths; i++) {
    const other = facts.path(i);
    if (other.type === NameType.normal && sameFile(other, fact)) return true;
  }
  return false;
}

function sameFile(a: PathFact, b: PathFact): boolean {
  return a.found && b.found && a.inode === b.inode && a.major === b.major && a.minor === b.minor;
}

function isAt(place: Place, fact: PathFact): boolean {
  return place.major === fact.major && place.minor === fact.minor;
}

function setWatch(watch: Watch, fact: PathFact): void {
  watch.known = true;
  watch.inode = fact.inode;
  watch.major = fact.major;
  watch.minor = fact.minor;
}

/** An absolute path without `.`, `..`, doubled or trailing slashes. */
export function clean(path: string): string {
  if (!/\/\.{0,2}(?:\/|$)/.test(path)) return path;
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  return `/${parts.join("/")}`;
}
