/*
 * Byte scanning: every index below is bounded by its loop, so `as number` only removes the
 * `undefined` that noUncheckedIndexedAccess adds.
 */
import { MAX_NODE_BYTES } from "./limits.ts";
import { lookupType } from "./type-names.ts";

/** What a scan of a line's head found. */
export const HeaderState = {
  /** A complete head. */
  ok: 0,
  /** The line does not begin as a record does. */
  garbage: 1,
  /** The line ends inside its head. */
  truncated: 2,
  /** `type=` is there, but the time stamp or the serial is not as it should be. */
  stamp: 3,
} as const;
export type HeaderState = (typeof HeaderState)[keyof typeof HeaderState];

/** The head of one record; offsets are into the scanned buffer. One object is used again. */
export class Header {
  /** Record type number; 0 for a well-formed name that the table does not have. */
  type = 0;
  /** Node name bytes; equal offsets = no `node=`. */
  nodeStart = 0;
  nodeEnd = 0;
  typeStart = 0;
  typeEnd = 0;
  /** Seconds since the epoch, 0 to 4294967295. */
  sec = 0;
  /** Milliseconds, 0 to 999. */
  milli = 0;
  /** Serial, 0 to 4294967295. */
  serial = 0;
  serialStart = 0;
  serialEnd = 0;
  /** First byte of the body. */
  body = 0;
}

const SPACE = 0x20;
const COLON = 0x3a;
const DOT = 0x2e;
const CLOSE = 0x29;
const EQUALS = 0x3d;
/** The longest run of digits of a 32-bit number. */
const MAX_DIGITS = 10;
const MAX_U32 = 0xffffffff;

const NODE = Buffer.from("node=", "latin1");
const TYPE = Buffer.from("type=", "latin1");
const MSG = Buffer.from(" msg=audit(", "latin1");

/** How much of `text` stands at `at`: `text.length` when all of it, fewer when the line ends. */
function matched(buf: Buffer, at: number, end: number, text: Buffer): number {
  const size = text.length;
  for (let i = 0; i < size; i++) {
    if (at + i >= end) return i;
    if (buf[at + i] !== text[i]) return -1;
  }
  return size;
}

/** Whether `type=` stands at `at`, without a loop: nearly every line has it there. */
function isType(buf: Buffer, at: number, end: number): boolean {
  return (
    at + 5 <= end &&
    buf[at] === 0x74 &&
    buf[at + 1] === 0x79 &&
    buf[at + 2] === 0x70 &&
    buf[at + 3] === 0x65 &&
    buf[at + 4] === EQUALS
  );
}

/** The same for ` msg=audit(`. */
function isMsg(buf: Buffer, at: number, end: number): boolean {
  return (
    at + 11 <= end &&
    buf[at] === SPACE &&
    buf[at + 1] === 0x6d &&
    buf[at + 2] === 0x73 &&
    buf[at + 3] === 0x67 &&
    buf[at + 4] === EQUALS &&
    buf[at + 5] === 0x61 &&
    buf[at + 6] === 0x75 &&
    buf[at + 7] === 0x64 &&
    buf[at + 8] === 0x69 &&
    buf[at + 9] === 0x74 &&
    buf[at + 10] === 0x28
  );
}

/**
 * Scans `[node=N ]type=T msg=audit(SEC.MSEC:SERIAL):[ ]` at the start of a line, as auditd
 * writes it (spec/auditd.md 4.1): milliseconds have three digits, seconds and serial are 32 bits
 * wide. A node name does not hold `node=`: that is a line torn in its head and the next one.
 */
export function scanHeader(buf: Buffer, start: number, end: number, head: Header): HeaderState {
  let at = start;
  head.nodeStart = at;
  head.nodeEnd = at;
  if (buf[at] === 0x6e) {
    const size = matched(buf, at, end, NODE);
    if (size < NODE.length) return size < 0 ? HeaderState.garbage : HeaderState.truncated;
    at += size;
    head.nodeStart = at;
    while (at < end && (buf[at] as number) > SPACE) {
      if (buf[at] === EQUALS && matched(buf, at - 4, end, NODE) > 0) return HeaderState.garbage;
      at++;
    }
    head.nodeEnd = at;
    if (at === end) return HeaderState.truncated;
    if (buf[at] !== SPACE || at === head.nodeStart) return HeaderState.garbage;
    if (at - head.nodeStart > MAX_NODE_BYTES) return HeaderState.garbage;
    at++;
  }
  const size = isType(buf, at, end) ? TYPE.length : matched(buf, at, end, TYPE);
  if (size < TYPE.length) return size < 0 ? HeaderState.garbage : HeaderState.truncated;
  at += size;
  head.typeStart = at;
  let hash = 0;
  let byte = 0;
  while (at < end) {
    byte = buf[at] as number;
    if (byte <= SPACE) break;
    hash = (Math.imul(hash, 31) + byte) | 0;
    at++;
  }
  head.typeEnd = at;
  if (at === end) return HeaderState.truncated;
  const type = lookupType(buf, head.typeStart, at, hash);
  if (type < 0) return HeaderState.garbage;
  head.type = type;
  const msg = isMsg(buf, at, end) ? MSG.length : matched(buf, at, end, MSG);
  if (msg < MSG.length) return msg < 0 ? HeaderState.stamp : HeaderState.truncated;
  return scanStamp(buf, at + msg, end, head);
}

/** `SEC.MSEC:SERIAL):` and the blank after it. */
function scanStamp(buf: Buffer, start: number, end: number, head: Header): HeaderState {
  let at = start;
  let sec = 0;
  let digit = 0;
  while (at < end) {
    digit = (buf[at] as number) - 0x30;
    if (digit < 0 || digit > 9) break;
    sec = sec * 10 + digit;
    at++;
  }
  if (at === end) return HeaderState.truncated;
  if (buf[at] !== DOT || at === start || at - start > MAX_DIGITS) return HeaderState.stamp;
  if (sec > MAX_U32) return HeaderState.stamp;
  at++;
  let milli = 0;
  for (let i = 0; i < 3; i++, at++) {
    if (at >= end) return HeaderState.truncated;
    digit = (buf[at] as number) - 0x30;
    if (digit < 0 || digit > 9) return HeaderState.stamp;
    milli = milli * 10 + digit;
  }
  if (at === end) return HeaderState.truncated;
  if (buf[at] !== COLON) return HeaderState.stamp;
  at++;
  head.serialStart = at;
  let serial = 0;
  while (at < end) {
    digit = (buf[at] as number) - 0x30;
    if (digit < 0 || digit > 9) break;
    serial = serial * 10 + digit;
    at++;
  }
  head.serialEnd = at;
  if (at === end) return HeaderState.truncated;
  if (buf[at] !== CLOSE || at === head.serialStart || at - head.serialStart > MAX_DIGITS) {
    return HeaderState.stamp;
  }
  if (serial > MAX_U32) return HeaderState.stamp;
  at++;
  if (at === end) return HeaderState.truncated;
  if (buf[at] !== COLON) return HeaderState.stamp;
  at++;
  if (at < end && buf[at] === SPACE) at++;
  head.sec = sec;
  head.milli = milli;
  head.serial = serial;
  head.body = at;
  return HeaderState.ok;
}
