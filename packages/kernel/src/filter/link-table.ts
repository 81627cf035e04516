import { HASH_SEED, hashByte } from "./hash-set.ts";
import { Mark } from "./path-marks.ts";
import type { PlaceFilter } from "./place-filter.ts";

/** The most links that are remembered; the oldest is forgotten first. */
const MAX_LINKS = 16384;
/** The most symbolic links that one name is followed through (kernel: MAXSYMLINKS). */
const MAX_FOLLOWED = 40;
const SLASH = 0x2f;
const DOT = 0x2e;

/** The symbolic links that were seen being made, and what names mean through them. Bounded. */
export class LinkTable {
  /** Targets by path. */
  readonly targets: Map<string, string> = new Map();
  readonly #filter: PlaceFilter;

  /** @param filter gets the paths of links as roots */
  constructor(filter: PlaceFilter) {
    this.#filter = filter;
  }

  /** A symbolic link was made. */
  add(path: string, target: string): void {
    dropOldest(this.targets, MAX_LINKS);
    this.targets.set(path, target);
    this.#filter.addRoot(path);
  }

  /** Something else is at this path now, or nothing. */
  delete(path: string): void {
    this.targets.delete(path);
  }

  /** A file that may be a link was renamed. */
  rename(from: string, to: string): void {
    const target = this.targets.get(from);
    this.delete(from);
    this.delete(to);
    if (target !== undefined) this.add(to, target);
  }

  /** Links have other paths now, those that `renamed` gives. */
  rekey(renamed: (path: string) => string | undefined): void {
    for (const path of rekey(this.targets, renamed)) this.#filter.addRoot(path);
  }

  /**
   * The absolute path of a name, links that are known replaced by what they stand for.
   * @param base the directory that a relative name starts from; undefined = not known
   * @param follow replace the last part as well
   */
  resolve(name: string, base: string | undefined, follow: boolean): string | undefined {
    let path = name;
    if (path === "/") return path;
    if (!path.startsWith("/")) {
      if (base === undefined) return undefined;
      path = base === "/" ? `/${name}` : `${base}/${name}`;
    }
    if (this.#isPlain(path, follow)) return path;
    const todo = path.split("/").reverse();
    let at = "";
    for (let followed = 0; todo.length > 0; ) {
      const part = todo.pop() as string;
      if (part === "" || part === ".") continue;
      if (part === "..") {
        at = at.slice(0, Math.max(at.lastIndexOf("/"), 0));
        continue;
      }
      const next = `${at}/${part}`;
      const last = !follow && todo.every((rest) => rest === "");
      const target = last ? undefined : this.targets.get(next);
      if (target === undefined || followed++ >= MAX_FOLLOWED) {
        at = next;
        continue;
      }
      if (target.startsWith("/")) at = "";
      todo.push(...target.split("/").reverse());
    }
    return at === "" ? "/" : at;
  }

  /** True when nothing in an absolute path leads elsewhere. */
  #isPlain(path: string, follow: boolean): boolean {
    const { paths } = this.#filter;
    let hash = HASH_SEED;
    let near = false;
    for (let i = 0; i < path.length; i++) {
      const byte = path.charCodeAt(i);
      if (byte === SLASH) {
        if (isDetour(path, i + 1)) return false;
        near ||= (paths.of(hash) & Mark.root) !== 0;
      }
      hash = hashByte(hash, byte);
    }
    near ||= (paths.of(hash) & Mark.root) !== 0;
    return !(near && this.#usesLink(path, follow));
  }

  /** True when a part of a path without detours is a link that is known. */
  #usesLink(path: string, follow: boolean): boolean {
    if (this.targets.size === 0) return false;
    if (follow && this.targets.has(path)) return true;
    for (let end = path.indexOf("/", 1); end > 0; end = path.indexOf("/", end + 1)) {
      if (this.targets.has(path.slice(0, end))) return true;
    }
    return false;
  }
}

/** True for a part of a path that is empty, `.` or `..`. */
function isDetour(path: string, start: number): boolean {
  let at = start;
  while (at < start + 2 && path.charCodeAt(at) === DOT) at++;
  return at === path.length || path.charCodeAt(at) === SLASH;
}

/** Gives the entries new keys where `renamed` has one; returns these. */
export function rekey<T>(
  map: Map<string, T>,
  renamed: (path: string) => string | undefined,
): string[] {
  const found: string[] = [];
  for (const [path, value] of [...map.entries()]) {
    const key = renamed(path);
    if (key === undefined) continue;
    map.delete(path);
    map.set(key, value);
    found.push(key);
  }
  return found;
}

/** Makes room for one more entry of a bounded map. */
export function dropOldest<K, V>(map: Map<K, V>, most: number): void {
  if (map.size < most) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
