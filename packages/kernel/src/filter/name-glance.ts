/*
 * Byte scanning: every index below is bounded by its loop, so `as number` only removes the
 * `undefined` that noUncheckedIndexedAccess adds.
 */
import type { AuditEvent } from "@cauditd/auparse";
import { FieldNumber, RecordType } from "@cauditd/libaudit";
import { AT_FDCWD, AtKind, type NamedCall } from "./at-calls.ts";
import type { EventFacts } from "./event-facts.ts";
import { HASH_SEED } from "./hash-set.ts";
import type { NameTable, Place } from "./name-table.ts";
import { type OpenFile, type OpenFiles, OUTSIDE } from "./open-files.ts";
import { DIRECTORY, FILE_TYPE, type MutableFileId, readFileId, SYMLINK } from "./path-fact.ts";
import { Mark } from "./path-marks.ts";
import { PathScan } from "./path-scan.ts";
import type { PlaceFilter } from "./place-filter.ts";
import { WordView, wordOf } from "./word-view.ts";

const { PID, ARG0, ARG1, ARG2 } = FieldNumber;
const { PATH } = RecordType;
const SPACE = 0x20;
const QUOTE = 0x22;
const SLASH = 0x2f;
const ZERO = 0x30;
const EQUALS = 0x3d;
const CWD = Buffer.from('cwd="/', "latin1");
/** A slash at the start of a name that is written as hex digits. */
const HEX_SLASH = Buffer.from("2F", "latin1");
/** What stands for the name of a call on a descriptor. */
const NULL = Buffer.from("(null)", "latin1");
/** Length of `item=`, and of the fields' names with a blank in front and `=` behind. */
const ITEM = 5;
const NAME = " name=".length;
const INODE = " inode=".length;
const MODE = " mode=".length;
const TYPE = " nametype=".length;
/** The first four bytes of these. */
const NAME_WORD = wordOf(" nam");
const TYPE_WORD = wordOf("etyp");
const INODE_WORD = wordOf(" ino");
const MODE_WORD = wordOf(" mod");
/** The fewest bytes between inode and mode (` dev=fe:00`), and between mode and nametype. */
const DEVICE = 10;
const OWNERS = " ouid=0 ogid=0 rdev=00:00".length;
/** Kinds of names by their first letter. */
const CREATE = 0x43;
const DELETE = 0x44;
const NORMAL = 0x4e;
const PARENT = 0x50;
const UNKNOWN = 0x55;

/**
 * Tells at a glance, without making text of names, that no rule about paths can have to do with
 * an event: its names are at no place that a rule is about, through no link that is known, and its
 * inodes are not known. Such an event teaches nothing either. One pass over the bytes; allocates
 * nothing.
 */
export class NameGlance {
  /** The directory that the call opened, when the event could be passed over; used again. */
  directory: OpenFile | undefined;
  readonly #table: NameTable;
  readonly #filter: PlaceFilter;
  readonly #open: OpenFiles;
  readonly #facts: EventFacts;
  readonly #file: MutableFileId = { inode: 0, major: 0, minor: 0 };
  readonly #opened: { readonly file: MutableFileId; place: Place } = {
    file: this.#file,
    place: OUTSIDE,
  };
  /** Kind of the record that was looked at last, by its first letter; 0 = no file was found. */
  #kind = 0;
  /** How far from its end a record's ` nametype=` began last: it is so in nearly all. */
  #tail = 0;
  /** The same of names that were not found. */
  #unknownTail = 0;
  readonly #words = new WordView();
  readonly #scan: PathScan;
  /** The name is relative to a descriptor, and whether it is known where that is. */
  #fromOpen = false;
  #based = false;

  constructor(table: NameTable, open: OpenFiles, facts: EventFacts) {
    this.#table = table;
    this.#filter = table.filter;
    this.#open = open;
    this.#facts = facts;
    this.#scan = new PathScan(this.#filter, this.#words);
  }

  /** False when the event's names can be passed over. */
  matters(call: NamedCall): boolean {
    const { event, firstPath } = this.#facts;
    this.directory = undefined;
    if (firstPath < 0) return false;
    const types = event.types;
    let normal = false;
    let create = false;
    for (let i = firstPath; i < event.count; i++) {
      if (types[i] !== PATH) continue;
      // A descriptor is open on the last name: this is not the last.
      if (this.directory !== undefined || this.#record(event, i, call)) return true;
      normal ||= this.#kind === NORMAL;
      create ||= this.#kind === CREATE;
    }
    // link(2): from now on the inode says nothing about where the file is.
    return normal && create;
  }

  /** True when the record may matter; else `#kind` has its kind. */
  #record(event: AuditEvent, index: number, call: NamedCall): boolean {
    const buf = event.buffers[index] as Buffer;
    const end = event.ends[index] as number;
    const scan = this.#scan;
    const view = this.#words.of(buf);
    let at = (event.bodies[index] as number) + ITEM;
    if (this.#isNowhere(buf, view, at, end)) return false;
    while (at < end && buf[at] !== SPACE) at++;
    const start = at + NAME;
    if (start >= end || view.getInt32(at, true) !== NAME_WORD || buf[start - 1] !== EQUALS) {
      return true;
    }
    const quoted = buf[start] === QUOTE;
    const absolute = quoted ? buf[start + 1] === SLASH : begins(buf, start, end, HEX_SLASH);
    const nameless = !quoted && !absolute;
    this.#fromOpen = false;
    this.#based = true;
    if (absolute && quoted) scan.absolute(buf, start + 1, end);
    else if (absolute) scan.hex(buf, start, end);
    else if (nameless) {
      if (call.open || !begins(buf, start, end, NULL) || this.#isOpen()) return true;
      scan.nameless(start + NULL.length - 1);
    } else if (this.#fromCwd(call)) this.#relative(event, index, start + 1, end);
    else this.#fromDescriptor(buf, start + 1, end, call);
    at = scan.end + 1;
    if (at + INODE > end) return true;
    if (view.getInt32(at, true) !== INODE_WORD || buf[at + INODE - 1] !== EQUALS) {
      // A name that was not found, such as a link's target, is nowhere.
      this.#kind = 0;
      if (nameless || !isType(view, at, end)) return true;
      this.#unknownTail = end - at;
      return buf[at + TYPE] !== UNKNOWN && (scan.near || !absolute);
    }
    const root = quoted && absolute && scan.end === start + 2 && !this.#everywhere();
    if (scan.near && !root) return true;
    let inode = 0;
    const number = at + INODE;
    for (at = number; at < end && buf[at] !== SPACE; at++) {
      inode = (Math.imul(inode, 10) + (buf[at] as number) - ZERO) | 0;
    }
    if (!root && this.#filter.inodes.has(inode)) return true;
    for (at += DEVICE; at < end && buf[at] !== SPACE; ) at++;
    if (at + MODE > end || view.getInt32(at, true) !== MODE_WORD) return true;
    let mode = 0;
    for (at += MODE; at < end && buf[at] !== SPACE; at++) {
      mode = (mode << 3) | ((buf[at] as number) - ZERO);
    }
    at = this.#typeAt(buf, view, at, end);
    if (at < 0) return true;
    const kind = buf[at + TYPE] as number;
    this.#kind = kind;
    if ((root || this.#fromOpen || nameless) && kind !== NORMAL) return true;
    mode &= FILE_TYPE;
    // To make a link teaches where it leads, to remove a directory what is gone with it.
    if (kind === CREATE) return mode === SYMLINK;
    if (kind === DELETE) return mode === DIRECTORY;
    if (!root && (kind === PARENT || !call.open || mode !== DIRECTORY)) return false;
    if (kind !== NORMAL || mode !== DIRECTORY) return true;
    readFileId(buf, number, end, this.#file);
    const place = root ? this.#table.rootPlace(this.#file) : OUTSIDE;
    if (place === undefined) return true;
    if (!call.open || !this.#based) return false;
    this.#opened.place = place;
    this.directory = this.#opened;
    return false;
  }

  /** A name that was not found, as most of these are written: with the type behind its quote. */
  #isNowhere(buf: Buffer, view: DataView, from: number, end: number): boolean {
    const at = end - this.#unknownTail;
    if (at <= from || !isType(view, at, end)) return false;
    this.#kind = 0;
    return buf[at - 1] === QUOTE && buf[at + TYPE] === UNKNOWN;
  }

  /** Where ` nametype=` stands behind the mode, which ends at `from`; -1 = nowhere. */
  #typeAt(buf: Buffer, view: DataView, from: number, end: number): number {
    const usual = end - this.#tail;
    if (usual > from && isType(view, usual, end)) return usual;
    let at = from + OWNERS;
    while (at < end && !(buf[at] === SPACE && isType(view, at, end))) at++;
    if (at >= end) return -1;
    this.#tail = end - at;
    return at;
  }

  /** A rule is about the whole tree. */
  #everywhere(): boolean {
    return (this.#filter.paths.of(HASH_SEED) & Mark.root) !== 0;
  }

  /** The descriptor in argument 0 is open on something that is remembered. */
  #isOpen(): boolean {
    const { call } = this.#facts;
    if (this.#open.empty) return false;
    return this.#open.has(call.number(PID), call.number(ARG0));
  }

  /** Scans a relative name: it goes on from the working directory's path. */
  #relative(event: AuditEvent, path: number, start: number, end: number): void {
    let index = path - 1;
    while (index > 0 && event.types[index] !== RecordType.CWD) index--;
    const cwd = event.buffers[index] as Buffer;
    const body = event.bodies[index] as number;
    const stop = event.ends[index] as number;
    const known = index > 0 && begins(cwd, body, stop, CWD);
    if (known) this.#scan.directory(cwd, body + CWD.length - 1, stop);
    this.#scan.relative(event.buffers[path] as Buffer, start, end);
    if (!known) this.#scan.near = true;
  }

  /** Scans a name that is relative to a descriptor's directory, if it is known where that is. */
  #fromDescriptor(buf: Buffer, start: number, end: number, { at }: NamedCall): void {
    this.#fromOpen = true;
    const { call } = this.#facts;
    const open =
      at === AtKind.first ? this.#open.get(call.number(PID), call.number(ARG0)) : undefined;
    const base = open === undefined ? undefined : this.#open.baseOf(open);
    this.#based = base !== undefined;
    if (base === undefined) this.#scan.unknown(buf, start, end);
    else {
      this.#scan.place(base);
      this.#scan.relative(buf, start, end);
    }
    if (at !== AtKind.first) this.#scan.near = true;
  }

  /** True when relative names of the call start from the working directory. */
  #fromCwd({ at }: NamedCall): boolean {
    if (at === AtKind.none) return true;
    const { call } = this.#facts;
    if (at === AtKind.second) return call.number(ARG1) === AT_FDCWD;
    if (call.number(ARG0) !== AT_FDCWD) return false;
    return at === AtKind.first || call.number(ARG2) === AT_FDCWD;
  }
}

/** True when ` nametype=` stands at `at`. */
function isType(view: DataView, at: number, end: number): boolean {
  if (at + TYPE >= end) return false;
  return view.getInt32(at, true) === NAME_WORD && view.getInt32(at + 4, true) === TYPE_WORD;
}

function begins(buf: Buffer, start: number, end: number, text: Buffer): boolean {
  if (start + text.length > end) return false;
  for (let i = 0; i < text.length; i++) if (buf[start + i] !== text[i]) return false;
  return true;
}
