/*
 * Byte scanning: every index below is bounded by its loop, so `as number` only removes the
 * `undefined` that noUncheckedIndexedAccess adds.
 */
import type { AuditEvent } from "@cauditd/auparse";
import { FieldNumber, RecordType } from "@cauditd/libaudit";
import { AT_FDCWD, AtKind, type NamedCall } from "./at-calls.ts";
import type { EventFacts } from "./event-facts.ts";
import { HASH_SEED, hashByte } from "./hash-set.ts";
import type { NameTable, Place } from "./name-table.ts";
import { type OpenFile, type OpenFiles, OUTSIDE } from "./open-files.ts";
import { type MutableFileId, readFileId } from "./path-fact.ts";
import type { PlaceFilter } from "./place-filter.ts";

const SPACE = 0x20;
const QUOTE = 0x22;
const DOT = 0x2e;
const SLASH = 0x2f;
const ZERO = 0x30;
const EQUALS = 0x3d;
const LETTER_I = 0x69;
const LETTER_M = 0x6d;
const LETTER_N = 0x6e;
const CWD = Buffer.from('cwd="/', "latin1");
/** A slash at the start of a name that is written as hex digits. */
const HEX_SLASH = Buffer.from("2F", "latin1");
/** Length of `item=`, ` name=`, ` inode=`, ` mode=` and ` nametype=`. */
const ITEM = 5;
const NAME = 6;
const INODE = 7;
const MODE = 6;
const TYPE = 10;
/** The fewest bytes between inode and mode (` dev=fe:00`), and between mode and nametype. */
const DEVICE = 10;
const OWNERS = "0 ouid=0 ogid=0 rdev=00:00".length;
/** Kinds of names by their first letter. */
const CREATE = 0x43;
const DELETE = 0x44;
const NORMAL = 0x4e;
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
  /** Where the scan of a path ended, and the path's hash; a slash at the end is not in it. */
  #end = 0;
  #hash = 0;
  /** The path may be where a rule looks, or the scan cannot tell. */
  #near = false;
  /** The name is relative to a descriptor, and whether it is known where that is. */
  #fromOpen = false;
  #based = false;

  constructor(table: NameTable, open: OpenFiles, facts: EventFacts) {
    this.#table = table;
    this.#filter = table.filter;
    this.#open = open;
    this.#facts = facts;
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
      if (types[i] !== RecordType.PATH) continue;
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
    let at = (event.bodies[index] as number) + ITEM;
    while (at < end && buf[at] !== SPACE) at++;
    const name = at + NAME + 1;
    if (!stands(buf, at, LETTER_N, NAME)) return true;
    const quoted = buf[name - 1] === QUOTE;
    const absolute = quoted ? buf[name] === SLASH : begins(buf, name - 1, end, HEX_SLASH);
    if (!quoted && !absolute) return true;
    this.#fromOpen = !absolute && !this.#fromCwd(call);
    this.#based = true;
    if (absolute) {
      if (quoted) this.#scan(buf, name, end, HASH_SEED);
      else this.#scanHex(buf, name - 1, end);
      this.#near ||= this.#filter.places.has(this.#hash);
    } else if (this.#fromOpen) this.#scanOpen(buf, name, end, call);
    else this.#scanCwd(event, index, name, end);
    at = this.#end + 1;
    if (at >= end) return true;
    if (!stands(buf, at, LETTER_I, INODE)) {
      // A name that was not found, such as a link's target, is nowhere.
      this.#kind = 0;
      if (!stands(buf, at, LETTER_N, TYPE)) return true;
      return buf[at + TYPE] !== UNKNOWN && (this.#near || !absolute);
    }
    const root = absolute && this.#end === name + 1 && quoted && !this.#filter.roots.has(HASH_SEED);
    if (this.#near && !root) return true;
    let inode = 0;
    const number = at + INODE;
    for (at = number; at < end && buf[at] !== SPACE; at++) {
      inode = (Math.imul(inode, 10) + (buf[at] as number) - ZERO) | 0;
    }
    if (!root && this.#filter.inodes.has(inode)) return true;
    for (at += DEVICE; at < end && buf[at] !== SPACE; ) at++;
    if (!stands(buf, at, LETTER_M, MODE)) return true;
    const mode = at + MODE;
    for (at = mode + OWNERS; at < end && !(buf[at] === SPACE && buf[at + 1] === LETTER_N); ) at++;
    if (at >= end || !stands(buf, at, LETTER_N, TYPE)) return true;
    this.#kind = buf[at + TYPE] as number;
    if ((root || this.#fromOpen) && this.#kind !== NORMAL) return true;
    // `040755` is a directory's mode, `0100644` a plain file's.
    const dir = buf[mode + 1] === 0x34;
    if (this.#kind === CREATE || this.#kind === DELETE) {
      return !(buf[mode + 1] === 0x31 && buf[mode + 2] === ZERO && buf[mode + 3] === ZERO);
    }
    if (!root && (!call.open || !dir)) return false;
    if (this.#kind !== NORMAL || !dir) return true;
    readFileId(buf, number, end, this.#file);
    const place = root ? this.#table.rootPlace(this.#file) : OUTSIDE;
    if (place === undefined) return true;
    if (!call.open || !this.#based) return false;
    this.#opened.place = place;
    this.directory = this.#opened;
    return false;
  }

  /** Scans a relative name: it goes on from the working directory's path. */
  #scanCwd(event: AuditEvent, path: number, start: number, end: number): void {
    const buf = event.buffers[path] as Buffer;
    let index = path - 1;
    while (index > 0 && event.types[index] !== RecordType.CWD) index--;
    const cwd = event.buffers[index] as Buffer;
    const body = event.bodies[index] as number;
    const stop = event.ends[index] as number;
    const known = index > 0 && begins(cwd, body, stop, CWD);
    if (known) this.#scan(cwd, body + CWD.length - 1, stop, HASH_SEED);
    else this.#near = true;
    this.#scanBehind(buf, start, end);
  }

  /** Scans a name that is relative to a descriptor's directory, if it is known where that is. */
  #scanOpen(buf: Buffer, start: number, end: number, { at }: NamedCall): void {
    const { call } = this.#facts;
    const open =
      at === AtKind.first
        ? this.#open.get(call.number(FieldNumber.PID), call.number(FieldNumber.ARG0))
        : undefined;
    const base = open === undefined ? undefined : this.#open.baseOf(open);
    this.#near = at !== AtKind.first;
    this.#based = base !== undefined;
    if (base !== undefined) this.#scanText(base);
    this.#scanBehind(buf, start, end);
    // A name that starts nobody knows where is at no place; an empty one is the descriptor's file.
    if (base === undefined) this.#near = at !== AtKind.first || buf[start] === QUOTE;
  }

  /** Scans a relative name behind the directory that was scanned last. */
  #scanBehind(buf: Buffer, start: number, end: number): void {
    const near = this.#near || this.#filter.roots.has(this.#hash);
    const first = buf[start];
    const odd = first === QUOTE || (first === DOT && isDetour(buf, start));
    this.#scan(buf, start, end, hashByte(this.#hash, SLASH));
    this.#near ||= near || odd || this.#filter.places.has(this.#hash);
  }

  /** Scans the path of a directory as it is remembered: absolute, and straight. */
  #scanText(path: string): void {
    const { roots } = this.#filter;
    let hash = HASH_SEED;
    let near = false;
    for (let at = 0; at < path.length; at++) {
      const byte = path.charCodeAt(at);
      if (byte === SLASH && roots.has(hash)) near = true;
      if (path.length > 1) hash = hashByte(hash, byte);
    }
    this.#hash = hash;
    this.#near ||= near;
  }

  /** Scans an absolute path of which the bytes are written as hex digits. */
  #scanHex(buf: Buffer, start: number, end: number): void {
    const { roots } = this.#filter;
    let hash = HASH_SEED;
    let above = hash;
    let near = false;
    // Bytes, and dots among them, since the last slash.
    let size = 1;
    let dots = 0;
    let at = start;
    for (; at + 1 < end && buf[at] !== SPACE; at += 2) {
      const high = hexDigit(buf[at] as number);
      const low = hexDigit(buf[at + 1] as number);
      if (high < 0 || low < 0) near = true;
      const byte = (high << 4) | low;
      if (byte === SLASH) {
        if (roots.has(hash) || dots === size) near = true;
        above = hash;
        size = 0;
        dots = 0;
      } else {
        size++;
        if (byte === DOT) dots++;
      }
      hash = hashByte(hash, byte);
    }
    this.#end = at - 1;
    this.#hash = size === 0 ? above : hash;
    this.#near = near || (size > 0 && size === dots);
  }

  /** Scans a path to its closing quote. */
  #scan(buf: Buffer, start: number, end: number, seed: number): void {
    const { roots } = this.#filter;
    let hash = seed;
    let near = false;
    let at = start;
    for (; at < end; at++) {
      const byte = buf[at] as number;
      if (byte === QUOTE) break;
      if (byte === SLASH) {
        if (roots.has(hash)) near = true;
        const next = buf[at + 1];
        if (next === QUOTE) {
          at++;
          break;
        }
        if (next === SLASH || (next === DOT && isDetour(buf, at + 1))) near = true;
      }
      hash = hashByte(hash, byte);
    }
    this.#end = at;
    this.#hash = hash;
    this.#near = near;
  }

  /** True when relative names of the call start from the working directory. */
  #fromCwd({ at }: NamedCall): boolean {
    if (at === AtKind.none) return true;
    const { call } = this.#facts;
    if (at === AtKind.second) return call.number(FieldNumber.ARG1) === AT_FDCWD;
    if (call.number(FieldNumber.ARG0) !== AT_FDCWD) return false;
    return at === AtKind.first || call.number(FieldNumber.ARG2) === AT_FDCWD;
  }
}

/** True for the parts `.` and `..` of a path. */
function isDetour(buf: Buffer, start: number): boolean {
  const at = buf[start + 1] === DOT ? start + 2 : start + 1;
  return buf[at] === SLASH || buf[at] === QUOTE;
}

/** True when a field stands behind the blank at `at`: by its first letter, and where its `=` is. */
function stands(buf: Buffer, at: number, letter: number, size: number): boolean {
  return buf[at] === SPACE && buf[at + 1] === letter && buf[at + size - 1] === EQUALS;
}

/** The value of a hex digit as the kernel writes it; -1 = it is none. */
function hexDigit(byte: number): number {
  if (byte >= ZERO && byte < ZERO + 10) return byte - ZERO;
  return byte >= 0x41 && byte <= 0x46 ? byte - 0x37 : -1;
}

function begins(buf: Buffer, start: number, end: number, text: Buffer): boolean {
  if (start + text.length > end) return false;
  for (let i = 0; i < text.length; i++) if (buf[start + i] !== text[i]) return false;
  return true;
}
