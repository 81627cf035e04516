import { FIELD_KINDS, type FieldKind, RecordType } from "@cauditd/libaudit/vocabulary";
import { hexEnd } from "./escaped.ts";

/*
 * A byte-keyed table of field names, so that no string is made per field. Byte scanning: every
 * index is bounded by its loop.
 */
const SIZE = 1024;
const MASK = SIZE - 1;
const names: (Buffer | undefined)[] = new Array(SIZE).fill(undefined);
const kinds: FieldKind[] = new Array(SIZE).fill("plain");

for (const [text, kind] of FIELD_KINDS) {
  const name = Buffer.from(text, "latin1");
  let slot = hashOf(name, 0, name.length) & MASK;
  while (names[slot] !== undefined) slot = (slot + 1) & MASK;
  names[slot] = name;
  kinds[slot] = kind;
}

function hashOf(buf: Buffer, start: number, end: number): number {
  let hash = 0;
  for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (buf[at] as number)) | 0;
  return hash;
}

/** True when the bytes `[start, end)` are `name`. */
export function isName(name: Uint8Array, buf: Buffer, start: number, end: number): boolean {
  const size = name.length;
  if (end - start !== size) return false;
  for (let i = 0; i < size; i++) if (buf[start + i] !== name[i]) return false;
  return true;
}

function kindOfName(buf: Buffer, start: number, end: number): FieldKind {
  let slot = hashOf(buf, start, end) & MASK;
  for (;;) {
    const name = names[slot];
    if (name === undefined) return "plain";
    if (isName(name, buf, start, end)) return kinds[slot] as FieldKind;
    slot = (slot + 1) & MASK;
  }
}

const ACCT = Buffer.from("acct", "latin1");
const ARGC = Buffer.from("argc", "latin1");
const LENGTH = Buffer.from("_len", "latin1");
const SADDR = Buffer.from("saddr", "latin1");
const FLAGS = Buffer.from("flags", "latin1");
const MODE = Buffer.from("mode", "latin1");
const FP = Buffer.from("fp", "latin1");
const ID = Buffer.from("id", "latin1");
const NAME = Buffer.from("name", "latin1");
const LETTER_A = 0x61;
const QUOTE = 0x22;

/**
 * The kind of a field of a record: that of its name, but for the names that mean something else
 * in some record types. Source: libauparse 3.0.9, auparse_interp_adjust_type.
 * @param type record type number
 * @param value first byte of the value, which ends at `valueEnd`
 */
export function fieldKind(
  type: number,
  buf: Buffer,
  start: number,
  end: number,
  value: number,
  valueEnd: number,
): FieldKind {
  if (buf[start] === LETTER_A && isName(ACCT, buf, start, end)) {
    if (type !== RecordType.EXECVE) return textKind(buf, value, valueEnd);
  }
  switch (type) {
    case RecordType.EXECVE:
      if (buf[start] !== LETTER_A || isName(ARGC, buf, start, end)) break;
      return buf.subarray(start, end).includes(LENGTH) ? kindOfName(buf, start, end) : "escaped";
    case RecordType.AVC:
      if (isName(SADDR, buf, start, end)) return "plain";
      break;
    case RecordType.NETFILTER_PKT:
      if (isName(SADDR, buf, start, end)) return "addr";
      break;
    case RecordType.PATH:
      if (isName(FLAGS, buf, start, end)) return "flag";
      break;
    case RecordType.MQ_OPEN:
      if (isName(MODE, buf, start, end)) return "modeshort";
      break;
    case RecordType.CRYPTO_KEY_USER:
      if (isName(FP, buf, start, end)) return "plain";
      break;
    case RecordType.ADD_GROUP:
    case RecordType.GRP_MGMT:
    case RecordType.DEL_GROUP:
      if (isName(ID, buf, start, end)) return "gid";
      break;
    case RecordType.TRUSTED_APP:
      return isDigits(buf, value, valueEnd) ? "plain" : textKind(buf, value, valueEnd);
    case RecordType.KERN_MODULE:
      if (isName(NAME, buf, start, end)) return "escaped";
      break;
  }
  return kindOfName(buf, start, end);
}

function isDigits(buf: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = buf[at] as number;
    if (byte < 0x30 || byte > 0x39) return false;
  }
  return true;
}

/** Text that may be quoted, in hex or as it stands. */
function textKind(buf: Buffer, start: number, end: number): FieldKind {
  if (start < end && buf[start] === QUOTE) return "escaped";
  return hexEnd(buf, start, end) === end ? "escaped" : "plain";
}
