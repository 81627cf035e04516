/*
 * Byte scanning: every index below is bounded by its loop, so `as number` only removes the
 * `undefined` that noUncheckedIndexedAccess adds.
 */
import { ENRICHMENT_SEPARATOR } from "../fields.ts";

const SPACE = 0x20;
const ARCH = Buffer.from("arch=", "latin1");
const SYSCALL = Buffer.from(" syscall=", "latin1");
/** Digits of a number that surely fits. */
const MAX_DECIMAL = 9;
const MAX_HEX = 16;

/**
 * Whether a SYSCALL record has what `readSyscall` asks of it when nothing is searched for: call, a0
 * and a1. A search without criteria looks at nothing else, so most records need no text.
 * @param body the record's first byte behind its head; the head holds no `syscall=` (no node name)
 * @returns false also for a record that only `readSyscall` can decide on
 */
export function isWholeSyscall(buf: Buffer, body: number, end: number): boolean {
  if (!stands(buf, body, end, ARCH)) return false;
  let at = hexDigits(buf, body + ARCH.length, end);
  if (!stands(buf, at, end, SYSCALL)) return false;
  at += SYSCALL.length;
  const call = at;
  while (at < end && isDecimal(buf[at] as number)) at++;
  if (at === call || at - call > MAX_DECIMAL || at >= end || buf[at] !== SPACE) return false;
  const a0 = afterName(buf, at, end, 0x30);
  if (a0 < 0) return false;
  at = hexDigits(buf, a0, end);
  if (at >= end || buf[at] !== SPACE) return false;
  const a1 = afterName(buf, at, end, 0x31);
  if (a1 < 0) return false;
  at = hexDigits(buf, a1, end);
  return at - a1 <= MAX_HEX && at < end && buf[at] === SPACE;
}

function stands(buf: Buffer, at: number, end: number, text: Buffer): boolean {
  if (at + text.length > end) return false;
  for (let i = 0; i < text.length; i++) if (buf[at + i] !== text[i]) return false;
  return true;
}

/** Behind the first `a0=` or `a1=` of the raw part, or -1. */
function afterName(buf: Buffer, start: number, end: number, digit: number): number {
  for (let at = start; at + 2 < end; at++) {
    if (buf[at] === ENRICHMENT_SEPARATOR) return -1;
    if (buf[at] === 0x61 && buf[at + 1] === digit && buf[at + 2] === 0x3d) return at + 3;
  }
  return -1;
}

/** One past the hex digits that begin at `start`. */
function hexDigits(buf: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const byte = buf[at] as number;
    if (!isDecimal(byte) && !(byte >= 0x61 && byte <= 0x66)) break;
    at++;
  }
  return at;
}

function isDecimal(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}
