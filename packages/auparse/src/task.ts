/*
 * Byte scanning: every index below is bounded by its loop, so `as number` only removes the
 * `undefined` that noUncheckedIndexedAccess adds.
 */
import { isUserRecord, RecordType } from "@cauditd/libaudit/vocabulary";
import type { AuditEvent } from "./event.ts";
import { ENRICHMENT_SEPARATOR, FieldScanner } from "./fields.ts";

/** The largest process ID of Linux (kernel: PID_MAX_LIMIT). */
export const PID_MAX = 4194304;
/** The largest system call number: x32 ones have bit 30 set (AUD-92). */
const INT_MAX = 0x7fffffff;

/** What an event says about the task that caused it. One object is used again. */
export class TaskFields {
  /** Thread-group ID in the initial PID namespace; 0 = the event does not say. */
  pid = 0;
  /** Parent's thread-group ID; -1 = the event does not say. */
  ppid = -1;
  /** AUDIT_ARCH value of the system call; 0 = none. */
  arch = 0;
  /** System call number; -1 = none. */
  syscall = -1;
}

const SPACE = 0x20;
const EQUALS = 0x3d;
const PID = Buffer.from("pid", "latin1");
const LAST_PID = Buffer.from(" pid=", "latin1");
const MSG = Buffer.from("msg", "latin1");
const CONTID = Buffer.from("contid", "latin1");
const RECORD = Buffer.from("record", "latin1");
const LETTER_P = 0x70;
const scanner = new FieldScanner();

/**
 * Reads who did it: from the SYSCALL (or URINGOP) record, else from the first record with a
 * `pid=` that the kernel wrote; text inside `msg='...'` is the sender's and is not believed.
 */
export function scanTask(event: AuditEvent, out: TaskFields): void {
  out.pid = 0;
  out.ppid = -1;
  out.arch = 0;
  out.syscall = -1;
  const types = event.types;
  for (let i = 0; i < event.count; i++) {
    const type = types[i] as number;
    if (type !== RecordType.SYSCALL && type !== RecordType.URINGOP) continue;
    scanSyscall(
      event.buffers[i] as Buffer,
      event.bodies[i] as number,
      event.ends[i] as number,
      out,
    );
    if (out.pid > 0) return;
  }
  for (let i = 0; i < event.count; i++) {
    out.pid = pidOf(event, i);
    if (out.pid > 0) return;
  }
}

/** The fields up to `pid=`; all of them are numbers, so a blank ends each. */
function scanSyscall(buf: Buffer, start: number, end: number, out: TaskFields): void {
  let at = start;
  while (at < end) {
    const name = at;
    while (at < end && buf[at] !== EQUALS && buf[at] !== SPACE) at++;
    const size = at < end && buf[at] === EQUALS ? at - name : 0;
    const first = buf[name];
    const value = at + 1;
    if (size === 3 && first === 0x70 && buf[name + 1] === 0x69) {
      out.pid = pidAt(buf, value, end);
      return;
    }
    if (size === 4 && first === 0x70 && buf[name + 1] === 0x70) {
      out.ppid = number(buf, value, end, PID_MAX);
    } else if (size === 4 && first === 0x61 && buf[name + 1] === 0x72) {
      out.arch = hex(buf, value, end);
    } else if (size === 7 && first === 0x73 && buf[name + 1] === 0x79) {
      out.syscall = number(buf, value, end, INT_MAX);
    }
    if (first === 0x73) {
      // Behind `syscall=` only ppid and pid are of interest.
      at = nextPid(buf, value, end);
      continue;
    }
    while (at < end && buf[at] !== SPACE) {
      if (buf[at] === ENRICHMENT_SEPARATOR) return;
      at++;
    }
    at++;
  }
}

/** How far the end of a search for `pid=` may move on from a byte: a step of four for most. */
const STEPS = new Uint8Array(256).fill(4);
STEPS[0x70] = 3;
STEPS[0x69] = 2;
STEPS[0x64] = 1;

/** Where the next `pid=` or `ppid=` behind a blank begins; `end` when there is none. */
function nextPid(buf: Buffer, start: number, end: number): number {
  let last = start + 3;
  while (last < end) {
    const byte = buf[last] as number;
    if (byte === EQUALS && buf[last - 1] === 0x64 && buf[last - 2] === 0x69) {
      let name = last - 3;
      if (buf[name] === LETTER_P && buf[name - 1] === LETTER_P) name--;
      if (name >= start && buf[name] === LETTER_P && buf[name - 1] === SPACE) return name;
    }
    last += STEPS[byte] as number;
  }
  return end;
}

/** A decimal number that a blank or the end follows; -1 when it is none or above `most`. */
function number(buf: Buffer, start: number, end: number, most: number): number {
  let value = 0;
  let at = start;
  while (at < end) {
    const digit = (buf[at] as number) - 0x30;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
    if (value > most) return -1;
    at++;
  }
  if (at === start) return -1;
  return at === end || buf[at] === SPACE || buf[at] === ENRICHMENT_SEPARATOR ? value : -1;
}

/** A process ID; 0 when there is none. */
function pidAt(buf: Buffer, start: number, end: number): number {
  return Math.max(0, number(buf, start, end, PID_MAX));
}

function hex(buf: Buffer, start: number, end: number): number {
  const stop = Math.min(end, start + 8);
  let number = 0;
  for (let at = start; at < stop; at++) {
    const byte = buf[at] as number;
    let digit = byte - 0x30;
    if (digit < 0 || digit > 9) digit = (byte | 0x20) - 0x57;
    if (digit < 0 || digit > 15) break;
    number = number * 16 + digit;
  }
  return number;
}

function pidOf(event: AuditEvent, index: number): number {
  const buf = event.buffers[index] as Buffer;
  const body = event.bodies[index] as number;
  const end = event.ends[index] as number;
  if (event.types[index] === RecordType.NETFILTER_CFG) {
    // The name of an nftables table stands in front, as the program wrote it.
    const at = buf.subarray(body, end).lastIndexOf(LAST_PID);
    return at < 0 ? 0 : pidAt(buf, body + at + LAST_PID.length, end);
  }
  scanner.reset(buf, body, end);
  while (scanner.next()) {
    if (scanner.enriched || scanner.named(MSG)) return 0;
    if (scanner.named(PID)) return pidAt(buf, scanner.valueStart, scanner.valueEnd);
  }
  return 0;
}

/**
 * Record types of system calls that no version of the contid patches gave a contid, and
 * NETFILTER_CFG, which holds the name of an nftables table as the program wrote it.
 */
const NO_CONTID = new Uint8Array(4096);
for (const type of [
  RecordType.PATH,
  RecordType.CWD,
  RecordType.PROCTITLE,
  RecordType.EXECVE,
  RecordType.SOCKADDR,
  RecordType.FD_PAIR,
  RecordType.CONTAINER_OP,
  RecordType.SET_CAPCONTID,
  RecordType.NETFILTER_CFG,
]) {
  NO_CONTID[type] = 1;
}

/**
 * The contid text that says whose event this is: that of its first CONTAINER_ID record (v11
 * writes the subject's first, CID-61), else the `contid` field of another record of the kernel;
 * "" when there is none. CONTAINER_OP, SET_CAPCONTID and a CONTAINER_ID that an OBJ_PID record
 * links to itself name an object, not the subject, and what a program put into a user record is
 * not believed.
 */
export function contidText(event: AuditEvent): string {
  const types = event.types;
  let text = "";
  for (let i = 0; i < event.count; i++) {
    const type = types[i] as number;
    if (type === RecordType.CONTAINER_ID) {
      if (isObject(event, i)) continue;
      return contidField(event, i);
    }
    if (text !== "" || type === RecordType.OBJ_PID) continue;
    if (type === RecordType.SYSCALL) text = lastContid(event, i);
    else if (NO_CONTID[type] !== 1 && !isUserRecord(type)) text = contidField(event, i);
  }
  return text;
}

/**
 * True for the CONTAINER_ID record of a signal's or ptrace's target: v11 links it by a common
 * `record=N` to its OBJ_PID record, and the subject's to the SYSCALL record (CID-61, CID-121).
 */
function isObject(event: AuditEvent, index: number): boolean {
  if (event.indexOf(RecordType.OBJ_PID) < 0) return false;
  const link = fieldOf(event, index, RECORD);
  const call = event.indexOf(RecordType.SYSCALL);
  if (link === "" || (call >= 0 && fieldOf(event, call, RECORD) === link)) return false;
  for (let i = 0; i < event.count; i++) {
    if (event.types[i] === RecordType.OBJ_PID && fieldOf(event, i, RECORD) === link) return true;
  }
  return false;
}

function contidField(event: AuditEvent, index: number): string {
  return fieldOf(event, index, CONTID);
}

/** The value of a field that the kernel wrote; "" when there is none. */
function fieldOf(event: AuditEvent, index: number, name: Uint8Array): string {
  const buf = event.buffers[index] as Buffer;
  scanner.reset(buf, event.bodies[index] as number, event.ends[index] as number);
  while (scanner.next()) {
    if (scanner.enriched || scanner.named(MSG)) return "";
    if (scanner.named(name)) return scanner.raw();
  }
  return "";
}

/** A contid that was added to a SYSCALL record stands at its end, as `record=` does. */
function lastContid(event: AuditEvent, index: number): string {
  const buf = event.buffers[index] as Buffer;
  const body = event.bodies[index] as number;
  let end = event.ends[index] as number;
  let fields = 0;
  while (fields < 2) {
    let at = end - 1;
    while (at > body && buf[at] !== SPACE && buf[at] !== ENRICHMENT_SEPARATOR) at--;
    if (at <= body) return "";
    const first = buf[at + 1] as number;
    if (first === 0x63 && scanner.reset(buf, at + 1, end).next() && scanner.named(CONTID)) {
      const enriched = buf.subarray(body, at + 1).includes(ENRICHMENT_SEPARATOR);
      return enriched ? "" : scanner.raw();
    }
    // Names in the enriched part are upper case; they stand behind the record's own fields.
    if (first < 0x41 || first > 0x5a) fields++;
    end = at;
  }
  return "";
}
