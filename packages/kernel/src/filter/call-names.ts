import { FieldNumber } from "@cauditd/libaudit";
import { AT_FDCWD, AtKind, type NamedCall, OTHER_CALL } from "./at-calls.ts";
import type { EventFacts } from "./event-facts.ts";
import type { NameTable, Watch } from "./name-table.ts";
import { type OpenFile, type OpenFiles, OUTSIDE } from "./open-files.ts";
import { NameType, type PathFact } from "./path-fact.ts";

const { PID, EXIT } = FieldNumber;

/** A watch that a call took its file from or gave one, in the order of the changes. */
export type WatchChange = (watch: Watch, fact: PathFact | undefined) => void;

/** What a call did with names: found once it is known that it succeeded. */
const Deed = { none: 0, change: 1, rename: 2, exchange: 3 } as const;
type Deed = (typeof Deed)[keyof typeof Deed];

/**
 * The names of one system call: where they are, which trees of `dir=` rules they touch, and what
 * the call changed. One object is used again.
 */
export class CallNames {
  /** Positions of the `dir=` rules whose tree the call touched. */
  readonly trees: Set<number> = new Set();
  readonly #table: NameTable;
  readonly #facts: EventFacts;
  /** Where each name is; undefined = not known. */
  readonly #paths: (string | undefined)[] = [];
  readonly #open: OpenFiles;
  readonly #parents: number[] = [];
  readonly #removed: number[] = [];
  readonly #made: number[] = [];
  /** The new name of a rename has the first PARENT record. */
  #newFirst = true;
  #deed: Deed = Deed.none;
  #target: string | undefined;
  #call: NamedCall = OTHER_CALL;

  constructor(table: NameTable, open: OpenFiles, facts: EventFacts) {
    this.#table = table;
    this.#open = open;
    this.#facts = facts;
  }

  /** Passes over an event whose names are of no interest. */
  pass(): void {
    if (this.trees.size > 0) this.trees.clear();
  }

  /**
   * Passes over an open(2) or its kin: its descriptor is open on something else now.
   * @param directory the directory that it opened
   */
  skip(directory: OpenFile | undefined): void {
    this.pass();
    if (directory === undefined && this.#open.empty) return;
    const { call } = this.#facts;
    const pid = call.number(PID);
    const fd = call.number(EXIT);
    if (directory === undefined) this.#open.forget(pid, fd);
    else this.#open.put(pid, fd, directory.file, directory.place);
  }

  /** Takes an event: finds its names, learns from them, and sees which trees were touched. */
  take(call: NamedCall): void {
    const facts = this.#facts;
    this.#call = call;
    if (this.trees.size > 0) this.trees.clear();
    // To set a length that is right already costs as much as all else here.
    if (this.#parents.length > 0) this.#parents.length = 0;
    if (this.#removed.length > 0) this.#removed.length = 0;
    if (this.#made.length > 0) this.#made.length = 0;
    this.#target = undefined;
    this.#deed = Deed.none;
    for (let i = 0; i < facts.paths; i++) {
      const fact = facts.path(i);
      this.#paths[i] = undefined;
      if (fact.type === NameType.parent) this.#parents.push(i);
      else if (fact.type === NameType.delete) this.#removed.push(i);
      else if (fact.type === NameType.create && fact.found) this.#made.push(i);
      else if (fact.type === NameType.unknown) this.#target = fact.name;
    }
    if (facts.paths === 0) return;
    for (let i = 0; i < facts.paths; i++) {
      const fact = facts.path(i);
      if (!fact.found) continue;
      if (fact.type === NameType.parent) this.#takeParent(i, fact);
      else if (fact.type === NameType.normal) this.#takeNormal(i, fact);
    }
    for (let i = 0; i < this.#removed.length; i++) this.#takeRemoved(i);
    this.#deed = this.#findDeed();
  }

  /** A directory has one place: where it was seen counts more than a name, which may use links. */
  #takeParent(index: number, fact: PathFact): void {
    const table = this.#table;
    const cwd = this.#facts.cwd();
    const { name } = fact;
    let path: string | undefined;
    // The PARENT of a relative name shows the working directory, whatever it started from.
    if (name !== undefined && !(name === cwd && this.#fromDescriptor(fact))) {
      path = table.resolve(name, this.#base(fact), true);
      if (path !== undefined) this.#touch(path);
    }
    const known = table.placeOf(fact, false);
    // An open's directory may be the one that a link in the last part leads to.
    if (known === undefined && path !== undefined && !this.#call.open) table.learn(path, fact);
    this.#paths[index] = known ?? path ?? table.placeOf(fact, true);
    const found = this.#paths[index];
    if (found !== undefined) this.#touch(found);
  }

  #takeNormal(index: number, fact: PathFact): void {
    const table = this.#table;
    const { name } = fact;
    let path: string | undefined;
    if (name !== undefined && name !== "") {
      path = table.resolve(name, this.#base(fact), !fact.isLink);
    }
    if (path === undefined) {
      this.#takeOpen(index, fact);
      return;
    }
    this.#paths[index] = path;
    const known = table.placeOf(fact, false);
    if (fact.isDir && known !== undefined) {
      this.#paths[index] = known;
      this.#touch(known);
      return;
    }
    // A link that is not known may have led to where the file was seen.
    if (!table.isLinked(fact)) {
      for (const place of table.placesOf(fact, false)) this.#touch(place);
    }
    table.learn(path, fact);
    this.#touch(path);
  }

  /** A name of which the inode is known only: it comes from an open descriptor. */
  #takeOpen(index: number, fact: PathFact): void {
    const table = this.#table;
    const facts = this.#facts;
    const { call } = facts;
    const open = this.#open.get(call.number(PID), call.number(FieldNumber.ARG0));
    const named = fact.name !== undefined && fact.name !== "";
    const places = table.placesOf(fact, !named);
    if (open !== undefined && !named && open.file.inode === fact.inode) {
      this.#touch(open.place.path);
      return;
    }
    if (open !== undefined && named) {
      const base = this.#open.baseOf(open);
      const path = table.resolve(fact.name ?? "", base, !fact.isLink);
      // A directory that no rule is about: what it holds is somewhere else.
      if (base === undefined && table.isLinked(fact)) return;
      const fits = places.length === 0 || table.isLinked(fact);
      if (path !== undefined && (fits || places.includes(path))) {
        this.#paths[index] = path;
        this.#touch(path);
        return;
      }
    }
    if (places.length === 1) this.#paths[index] = places[0];
    for (const place of places) this.#touch(place);
  }

  /** Remembers what an open gave a descriptor to. */
  #opened(): void {
    const facts = this.#facts;
    if (!this.#call.open) return;
    const pid = facts.call.number(PID);
    const fd = facts.call.number(EXIT);
    if (!this.#open.forget(pid, fd)) return;
    const index = facts.paths - 1;
    if (index < 0) return;
    const fact = facts.path(index);
    const path = fact.type === NameType.create ? this.#madePath(index) : this.#paths[index];
    if (path === undefined || !fact.found) return;
    const place = this.#table.learn(path, fact) ?? OUTSIDE;
    if (place === OUTSIDE && !fact.isDir && !this.#table.isLinked(fact)) return;
    this.#open.put(pid, fd, fact, place);
  }

  #takeRemoved(nth: number): void {
    const index = this.#removed[nth] as number;
    const fact = this.#facts.path(index);
    const known = fact.isDir ? this.#table.placeOf(fact, false) : undefined;
    const path = this.#child(this.#parentOf(fact, nth === 0), fact) ?? known;
    this.#paths[index] = path;
    if (path === undefined || !fact.found) return;
    this.#touch(path);
    if (!this.#standsForBoth(fact)) {
      this.#table.learn(path, fact);
      return;
    }
    for (const parent of this.#parents) {
      const other = this.#child(parent, fact);
      if (other !== undefined) this.#touch(other);
    }
  }

  /** One record may stand for both files of a rename: its inode is that of the new name then. */
  #standsForBoth(fact: PathFact): boolean {
    const made = this.#made[0];
    if (this.#parents.length < 2 || this.#removed.length > 1) return false;
    if (made === undefined) return true;
    return baseName(this.#facts.path(made).name ?? "") === baseName(fact.name ?? "");
  }

  #touch(path: string): void {
    for (const rule of this.#table.spot(path).dirs) this.trees.add(rule);
  }

  /** The directory that a name starts from; undefined when it is an open descriptor's. */
  #base(fact: PathFact): string | undefined {
    return this.#fromDescriptor(fact) ? undefined : this.#facts.cwd();
  }

  /**
   * The PARENT record of a name. A rename has two: which is whose is told by their names, and for
   * two names without a directory by the order that this kernel has shown.
   * @param old the name is the old one
   */
  #parentOf(fact: PathFact, old: boolean): number | undefined {
    const first = this.#parents[0];
    const second = this.#parents[1];
    if (first === undefined || second === undefined) return first;
    const facts = this.#facts;
    const name = fact.name ?? "";
    const base = baseName(name) ?? "";
    const folder = name.slice(0, name.lastIndexOf(base)) || facts.cwd();
    const isFirst = facts.path(first).name === folder;
    if (isFirst !== (facts.path(second).name === folder)) {
      this.#newFirst = isFirst !== old;
      return isFirst ? first : second;
    }
    return this.#newFirst === old ? second : first;
  }

  /** The path of a name in the directory of record `parent`. */
  #child(parent: number | undefined, fact: PathFact): string | undefined {
    const folder = parent === undefined ? undefined : this.#paths[parent];
    if (folder === undefined || fact.name === undefined) return undefined;
    const base = baseName(fact.name);
    return base === undefined ? undefined : `${folder === "/" ? "" : folder}/${base}`;
  }

  /** True when a relative name of the call may start from a descriptor's directory. */
  #fromDescriptor(fact: PathFact): boolean {
    const { call } = this.#facts;
    const kind = this.#call.at;
    if (kind === AtKind.none) return false;
    const first = call.number(FieldNumber.ARG0) !== AT_FDCWD;
    if (kind === AtKind.first) return first;
    if (kind === AtKind.second) return call.number(FieldNumber.ARG1) !== AT_FDCWD;
    const third = call.number(FieldNumber.ARG2) !== AT_FDCWD;
    return fact.type === NameType.normal ? first : first || third;
  }

  #findDeed(): Deed {
    const facts = this.#facts;
    if (this.#removed.length === 0 && this.#made.length === 0) return Deed.none;
    const { call } = facts;
    if (call.has(FieldNumber.SUCCESS) && call.number(FieldNumber.SUCCESS) !== 1) {
      return Deed.none;
    }
    if (this.#removed.length === 0 || this.#made.length === 0) return Deed.change;
    return this.#made.length > 1 ? Deed.exchange : Deed.rename;
  }

  /** The path of the old and of the new name of a rename. */
  #old(): string | undefined {
    return this.#paths[this.#removed[0] as number];
  }

  #new(): string | undefined {
    const fact = this.#facts.path(this.#made[0] as number);
    return this.#child(this.#parentOf(fact, false), fact);
  }

  /** True when the call made, moved or removed a name. */
  get changes(): boolean {
    return this.#deed !== Deed.none;
  }

  /**
   * Says which watches lost and got their files, in the kernel's order (audit_update_watch); to be
   * asked before `apply`.
   */
  eachChange(change: WatchChange): void {
    const facts = this.#facts;
    const tell = (path: string | undefined, fact: PathFact | undefined): void => {
      const watch = path === undefined ? undefined : this.#table.spot(path).watch;
      if (watch !== undefined) change(watch, fact);
    };
    if (this.#deed === Deed.change) {
      for (const i of this.#removed) tell(this.#paths[i], undefined);
      for (const i of this.#made) tell(this.#madePath(i), facts.path(i));
      return;
    }
    const from = this.#old();
    const to = this.#new();
    tell(from, undefined);
    tell(to, facts.path(this.#made[0] as number));
    if (this.#deed !== Deed.exchange) return;
    // The kernel takes the new name's file away again when it tells of the second move.
    tell(to, undefined);
    tell(from, facts.path(this.#made[1] as number));
    const watch = to === undefined ? undefined : this.#table.spot(to).watch;
    if (watch !== undefined) watch.lost = true;
  }

  /** The path of a name that the call made. */
  #madePath(index: number): string | undefined {
    const facts = this.#facts;
    const fact = facts.path(index);
    const { name } = fact;
    if (this.#call.open && name !== undefined) {
      const path = this.#table.resolve(name, this.#base(fact), true);
      if (path !== undefined) return path;
    }
    const parent = this.#parents[0];
    if (name !== undefined || parent === undefined) return this.#child(parent, fact);
    // Made through a link that pointed to nothing: the record has the directory only.
    const folder = this.#paths[parent];
    return folder === undefined ? undefined : `${folder}/(inode ${fact.inode})`;
  }

  /** Takes over what the call changed. */
  apply(): void {
    if (this.#deed === Deed.rename || this.#deed === Deed.exchange) {
      this.#applyRename();
      return;
    }
    if (this.#deed === Deed.change) this.#applyChange();
    this.#opened();
  }

  #applyChange(): void {
    const table = this.#table;
    const facts = this.#facts;
    for (const i of this.#removed) {
      const path = this.#paths[i];
      if (path !== undefined) table.removed(path, facts.path(i));
    }
    for (const i of this.#made) {
      const path = this.#madePath(i);
      const fact = facts.path(i);
      if (this.#hasNormal(fact)) table.linked(path, fact);
      if (path === undefined) continue;
      if (!this.#hasNormal(fact)) table.created(path, fact);
      if (fact.isLink && this.#target !== undefined) table.symlinked(path, this.#target);
    }
  }

  #applyRename(): void {
    const table = this.#table;
    const from = this.#old();
    const to = this.#new();
    const fact = this.#facts.path(this.#made[0] as number);
    if (this.#deed === Deed.exchange) {
      if (from === undefined || to === undefined) return;
      table.exchanged(from, to);
      table.learn(to, fact);
      table.learn(from, this.#facts.path(this.#made[1] as number));
      return;
    }
    const victim = this.#removed[1];
    if (to !== undefined && victim !== undefined) table.removed(to, this.#facts.path(victim));
    if (from !== undefined) table.moved(from, to ?? `/(inode ${fact.inode})`, fact);
    if (to !== undefined) table.learn(to, fact);
  }

  /** True when the call looked the same file up under another name: link(2). */
  #hasNormal(fact: PathFact): boolean {
    const facts = this.#facts;
    for (let i = 0; i < facts.paths; i++) {
      const other = facts.path(i);
      if (other.type === NameType.normal && other.found && other.isFile(fact)) return true;
    }
    return false;
  }
}

/** The last part of a name; undefined when it has none, as `/` and `..`. */
function baseName(name: string): string | undefined {
  let end = name.length;
  while (end > 0 && name.charCodeAt(end - 1) === 0x2f) end--;
  const base = name.slice(name.lastIndexOf("/", end - 1) + 1, end);
  return base === "" || base === "." || base === ".." ? undefined : base;
}
