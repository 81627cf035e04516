/*
 * Byte scanning: every index below is bounded by its loop, so `as number` only removes the
 * `undefined` that noUncheckedIndexedAccess adds.
 */
import { decodeValue } from "@cauditd/auparse";
import { TextCache } from "./text-cache.ts";

/** The kinds of a PATH record (`nametype`). */
export const NameType = {
  unknown: 0,
  normal: 1,
  parent: 2,
  delete: 3,
  create: 4,
} as const;
export type NameType = (typeof NameType)[keyof typeof NameType];

/** The bits of a mode that tell the type of a file (S_IFMT). */
export const FILE_TYPE = 0o170000;
export const SYMLINK = 0o120000;
export const DIRECTORY = 0o040000;

/** Which file: device and inode. */
export interface FileId {
  readonly inode: number;
  readonly major: number;
  readonly minor: number;
}

/** A file's identity in an object that is used again. */
export type MutableFileId = { -readonly [K in keyof FileId]: FileId[K] };

/** One name that a system call used, from its PATH record. One object is used again. */
export class PathFact implements FileId {
  /** The name as it was given; undefined for `(null)`, a call on a descriptor. */
  name: string | undefined;
  /** False for a name that was not found: it has no inode, and owner and device 0. */
  found = false;
  inode = 0;
  /** Device number: major and minor. */
  major = 0;
  minor = 0;
  mode = 0;
  uid = 0;
  gid = 0;
  /** Device that a device file stands for. */
  rdevMajor = 0;
  rdevMinor = 0;
  type: NameType = NameType.unknown;

  /** True when both are names of one file. */
  isFile(other: FileId): boolean {
    return this.inode === other.inode && this.major === other.major && this.minor === other.minor;
  }

  get isDir(): boolean {
    return (this.mode & FILE_TYPE) === DIRECTORY;
  }

  get isLink(): boolean {
    return (this.mode & FILE_TYPE) === SYMLINK;
  }
}

const SPACE = 0x20;
const QUOTE = 0x22;
const EQUALS = 0x3d;
const ENRICHED = 0x1d;

/** Reads a PATH record's body. */
export function readPath(buf: Buffer, start: number, end: number, out: PathFact): void {
  out.name = undefined;
  out.found = false;
  out.inode = 0;
  out.major = 0;
  out.minor = 0;
  out.mode = 0;
  out.uid = 0;
  out.gid = 0;
  out.rdevMajor = 0;
  out.rdevMinor = 0;
  out.type = NameType.unknown;
  let at = start;
  while (at < end) {
    if (buf[at] === SPACE) at++;
    const name = at;
    while (at < end && buf[at] !== EQUALS && buf[at] !== ENRICHED) at++;
    if (at >= end || buf[at] !== EQUALS) return;
    const size = at - name;
    const from = at + 1;
    at = valueEnd(buf, from, end);
    const second = buf[name + 1];
    switch (buf[name]) {
      case 0x6e: // name, nametype
        if (size === 4) out.name = text(buf, from, at);
        else {
          out.type = typeOf(buf[from]);
          return;
        }
        break;
      case 0x69: // item, inode
        if (second === 0x6e) {
          out.inode = decimal(buf, from, at);
          out.found = true;
        }
        break;
      case 0x64: // dev
        out.major = hex(buf, from, at);
        out.minor = hex(buf, afterColon(buf, from, at), at);
        break;
      case 0x72: // rdev
        out.rdevMajor = hex(buf, from, at);
        out.rdevMinor = hex(buf, afterColon(buf, from, at), at);
        break;
      case 0x6d: // mode
        out.mode = octal(buf, from, at);
        break;
      case 0x6f: // ouid, ogid, obj
        if (second === 0x75) out.uid = decimal(buf, from, at);
        else if (second === 0x67) out.gid = decimal(buf, from, at);
        break;
      default:
        break;
    }
    if (at < end && buf[at] !== SPACE) return;
  }
}

/** Reads inode and device of a PATH record; `start` is behind its `inode=`. */
export function readFileId(buf: Buffer, start: number, end: number, out: MutableFileId): void {
  out.inode = decimal(buf, start, end);
  let at = start;
  while (at < end && buf[at] !== EQUALS) at++;
  out.major = hex(buf, at + 1, end);
  out.minor = hex(buf, afterColon(buf, at, end), end);
}

/** Where a value ends: behind its closing quote, at a blank, or at the enriched part. */
export function valueEnd(buf: Buffer, start: number, end: number): number {
  let at = start;
  if (buf[at] === QUOTE) {
    at++;
    while (at < end && buf[at] !== QUOTE) at++;
    return Math.min(at + 1, end);
  }
  while (at < end && buf[at] !== SPACE && buf[at] !== ENRICHED) at++;
  return at;
}

/** The kind by its first letter, in which the five differ. */
function typeOf(first: number | undefined): NameType {
  switch (first) {
    case 0x4e:
      return NameType.normal;
    case 0x50:
      return NameType.parent;
    case 0x44:
      return NameType.delete;
    case 0x43:
      return NameType.create;
    default:
      return NameType.unknown;
  }
}

const texts = new TextCache();

/** A name's bytes as latin1; undefined for `(null)`. */
export function text(buf: Buffer, start: number, end: number): string | undefined {
  if (buf[start] === QUOTE && end - start >= 2) return texts.text(buf, start + 1, end - 1);
  if (buf[start] === 0x28) return undefined;
  return decodeValue(buf, start, end).toString("latin1");
}

function afterColon(buf: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && buf[at] !== 0x3a) at++;
  return Math.min(at + 1, end);
}

function decimal(buf: Buffer, start: number, end: number): number {
  let number = 0;
  for (let at = start; at < end; at++) {
    const digit = (buf[at] as number) - 0x30;
    if (digit < 0 || digit > 9) break;
    number = number * 10 + digit;
  }
  return number;
}

function octal(buf: Buffer, start: number, end: number): number {
  let number = 0;
  for (let at = start; at < end; at++) {
    const digit = (buf[at] as number) - 0x30;
    if (digit < 0 || digit > 7) break;
    number = number * 8 + digit;
  }
  return number;
}

function hex(buf: Buffer, start: number, end: number): number {
  let number = 0;
  for (let at = start; at < end; at++) {
    const byte = buf[at] as number;
    let digit = byte - 0x30;
    if (digit < 0 || digit > 9) digit = (byte | 0x20) - 0x57;
    if (digit < 0 || digit > 15) break;
    number = number * 16 + digit;
  }
  return number;
}
