/*
 * Byte scanning: every index below is bounded by its loop, so `as number` only removes the
 * `undefined` that noUncheckedIndexedAccess adds.
 */
import type { AuditEvent } from "@cauditd/auparse";
import { RecordType } from "@cauditd/libaudit";
import { isOpen } from "./at-calls.ts";
import type { NameTable } from "./name-table.ts";

const SPACE = 0x20;
const QUOTE = 0x22;
const SLASH = 0x2f;
const ZERO = 0x30;
const PREFIX = Buffer.from(" name=", "latin1");
const INODE = Buffer.from(" inode=", "latin1");
const MODE = Buffer.from(" mode=", "latin1");
const TYPE = Buffer.from(" nametype=", "latin1");
/** Kinds of names by their first letter. */
const CREATE = 0x43;
const DELETE = 0x44;
const NORMAL = 0x4e;

/** Names that are remembered to be of no interest. */
const SLOTS = 8192;

/**
 * Tells at a glance, without making text of names, that no rule about paths can have to do with
 * an event: its names are absolute and at no place that a rule is about, through no link that is
 * known, and its inodes are not known. Such an event teaches nothing either.
 */
export class NameGlance {
  readonly #table: NameTable;
  /** Bytes of names without interest, and the version of the table for which that is true. */
  readonly #names: (Buffer | undefined)[] = new Array(SLOTS).fill(undefined);
  readonly #versions = new Int32Array(SLOTS).fill(-1);
  #kinds = 0;

  constructor(table: NameTable) {
    this.#table = table;
  }

  /** False when the event's names can be passed over. */
  matters(event: AuditEvent, arch: number, syscall: number): boolean {
    const types = event.types;
    const open = isOpen(arch, syscall);
    let normal = false;
    let create = false;
    for (let i = 0; i < event.count; i++) {
      if (types[i] !== RecordType.PATH) continue;
      const buf = event.buffers[i] as Buffer;
      if (this.#record(buf, event.bodies[i] as number, event.ends[i] as number, open)) return true;
      normal ||= this.#kinds === NORMAL;
      create ||= this.#kinds === CREATE;
    }
    // link(2): from now on the inode says nothing about where the file is.
    return normal && create;
  }

  /** True when the record may matter; else `#kinds` has the first letter of its kind. */
  #record(buf: Buffer, start: number, end: number, open: boolean): boolean {
    let at = start;
    while (at < end && buf[at] !== SPACE) at++;
    if (!stands(buf, at, end, PREFIX)) return true;
    const name = at + PREFIX.length;
    if (buf[name] !== QUOTE || buf[name + 1] !== SLASH) return true;
    let hash = 0;
    at = name + 1;
    while (at < end && buf[at] !== QUOTE) {
      hash = (Math.imul(hash, 31) + (buf[at] as number)) | 0;
      at++;
    }
    if (this.#place(buf, name + 1, at, hash & (SLOTS - 1))) return true;
    at++;
    if (!stands(buf, at, end, INODE)) {
      if (!stands(buf, at, end, TYPE)) return true;
      this.#kinds = 0;
      return false;
    }
    let inode = 0;
    at += INODE.length;
    for (; at < end && buf[at] !== SPACE; at++) inode = inode * 10 + (buf[at] as number) - ZERO;
    if (this.#table.knows(inode)) return true;
    while (at < end && !(buf[at] === SPACE && buf[at + 1] === 0x6d)) at++;
    if (!stands(buf, at, end, MODE)) return true;
    const mode = at + MODE.length;
    while (at < end && !(buf[at] === SPACE && buf[at + 1] === 0x6e)) at++;
    if (!stands(buf, at, end, TYPE)) return true;
    this.#kinds = buf[at + TYPE.length] as number;
    // `040755` is a directory's mode, `0100644` a plain file's.
    const dir = buf[mode + 1] === 0x34;
    if (this.#kinds === CREATE || this.#kinds === DELETE) {
      return !(buf[mode + 1] === 0x31 && buf[mode + 2] === ZERO && buf[mode + 3] === ZERO);
    }
    return open && dir;
  }

  /** True when the name is at a place, or leads through one, that is of interest. */
  #place(buf: Buffer, start: number, end: number, slot: number): boolean {
    const known = this.#names[slot];
    if (known !== undefined && this.#versions[slot] === this.#table.version) {
      if (same(known, buf, start, end)) return false;
    }
    if (this.#table.interesting(buf.toString("latin1", start, end))) return true;
    this.#names[slot] = Buffer.from(buf.subarray(start, end));
    this.#versions[slot] = this.#table.version;
    return false;
  }
}

function stands(buf: Buffer, at: number, end: number, text: Buffer): boolean {
  if (at + text.length > end) return false;
  for (let i = 0; i < text.length; i++) if (buf[at + i] !== text[i]) return false;
  return true;
}

function same(name: Buffer, buf: Buffer, start: number, end: number): boolean {
  const size = end - start;
  if (name.length !== size) return false;
  for (let i = 0; i < size; i++) if (name[i] !== buf[start + i]) return false;
  return true;
}
