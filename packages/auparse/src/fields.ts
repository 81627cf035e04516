/*
 * Byte scanning: every index below is bounded by its loop, so `as number` only removes the
 * `undefined` that noUncheckedIndexedAccess adds.
 */

const SPACE = 0x20;
const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const EQUALS = 0x3d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
/** Between the raw fields and their interpretation in the ENRICHED format. */
export const ENRICHMENT_SEPARATOR = 0x1d;
const MSG = Buffer.from("msg", "latin1");

/** One field of a record's body: offsets into the scanned buffer. */
export interface FieldSpan {
  nameStart: number;
  nameEnd: number;
  valueStart: number;
  valueEnd: number;
  /** The field stands behind the 0x1d of an ENRICHED record. */
  enriched: boolean;
}

/**
 * Walks over the fields of one record's body (spec/auditd.md 4.1): `name=value` separated by
 * blanks. Values in double quotes, `msg='...'` and the `{ ... }` of enrichment are one value
 * each; words without `=` are skipped. A `msg='` that was cut short goes on to the enrichment or
 * the end. Never throws; work is linear in the body's length.
 */
export class FieldScanner implements FieldSpan {
  nameStart = 0;
  nameEnd = 0;
  valueStart = 0;
  valueEnd = 0;
  enriched = false;
  #buf: Buffer = Buffer.alloc(0);
  #at = 0;
  #end = 0;
  /** No closing brace stands in front of this offset. */
  #noBrace = 0;

  /** Starts over on the body `[start, end)` of `buf`. */
  reset(buf: Buffer, start: number, end: number): this {
    this.#buf = buf;
    this.#at = start;
    this.#end = end;
    this.#noBrace = start;
    this.enriched = false;
    return this;
  }

  /** Moves to the next field; false when there is none. */
  next(): boolean {
    const buf = this.#buf;
    const end = this.#end;
    let at = this.#at;
    while (at < end) {
      const byte = buf[at] as number;
      if (byte === ENRICHMENT_SEPARATOR) this.enriched = true;
      else if (byte !== SPACE) break;
      at++;
    }
    while (at < end) {
      const name = at;
      let byte = 0;
      while (at < end) {
        byte = buf[at] as number;
        if (byte === EQUALS || byte === SPACE || byte === ENRICHMENT_SEPARATOR) break;
        at++;
      }
      if (at < end && byte === EQUALS && at > name) {
        this.nameStart = name;
        this.nameEnd = at;
        this.valueStart = at + 1;
        this.valueEnd = this.#valueEnd(at + 1);
        this.#at = this.valueEnd;
        return true;
      }
      if (at < end && byte === ENRICHMENT_SEPARATOR) this.enriched = true;
      at++;
    }
    this.#at = end;
    return false;
  }

  /** True when the current field has this name. */
  named(name: Uint8Array): boolean {
    const size = name.length;
    if (this.nameEnd - this.nameStart !== size) return false;
    const buf = this.#buf;
    const start = this.nameStart;
    for (let i = 0; i < size; i++) if (buf[start + i] !== name[i]) return false;
    return true;
  }

  /** The current field's name. */
  name(): string {
    return this.#buf.toString("latin1", this.nameStart, this.nameEnd);
  }

  /** The current field's value as it stands in the record, quotes included. */
  raw(): string {
    return this.#buf.toString("latin1", this.valueStart, this.valueEnd);
  }

  /** One past the value that starts at `start`. */
  #valueEnd(start: number): number {
    const buf = this.#buf;
    const end = this.#end;
    const first = start < end ? (buf[start] as number) : SPACE;
    if (first === QUOTE || first === APOSTROPHE) {
      const close = closing(buf, start, end, first);
      if (close > 0) return close;
      if (first === APOSTROPHE && this.named(MSG)) return plainEnd(buf, start, end, -1);
    } else if (first === OPEN_BRACE && start >= this.#noBrace) {
      const close = closing(buf, start, end, first);
      if (close > 0) return close;
      this.#noBrace = plainEnd(buf, start, end, -1);
    }
    return plainEnd(buf, start, end, SPACE);
  }
}

/** The first place from `start` on where `stop` or the enrichment stands, or `end`. */
function plainEnd(buf: Buffer, start: number, end: number, stop: number): number {
  let at = start;
  while (at < end && buf[at] !== stop && buf[at] !== ENRICHMENT_SEPARATOR) at++;
  return at;
}

/**
 * One past the closing quote, or 0. A double-quoted value ends at the next quote: the kernel
 * encodes text that holds one. `msg='...'` ends at the last apostrophe before the enrichment,
 * because programs put apostrophes inside.
 */
function closing(buf: Buffer, start: number, end: number, first: number): number {
  let close = 0;
  for (let at = start + 1; at < end; at++) {
    const byte = buf[at] as number;
    if (byte === ENRICHMENT_SEPARATOR) break;
    if (first === QUOTE && byte === QUOTE) return at + 1;
    if (first === OPEN_BRACE && byte === CLOSE_BRACE) return at + 1;
    if (first === APOSTROPHE && byte === APOSTROPHE) close = at + 1;
  }
  return close;
}

/** The value of a hex digit, or -1. */
export function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  if (byte >= 0x41 && byte <= 0x46) return byte - 0x37;
  if (byte >= 0x61 && byte <= 0x66) return byte - 0x57;
  return -1;
}

/**
 * The bytes that an encoded field stands for (spec/auditd.md 4.2): text in double quotes is
 * literal, an even run of hex digits is decoded, anything else, such as `(null)`, is literal.
 * Only for the fields that the kernel encodes: `a0=10` of a SYSCALL is a number.
 */
export function decodeValue(buf: Buffer, start: number, end: number): Buffer {
  const size = end - start;
  if (size >= 2 && buf[start] === QUOTE && buf[end - 1] === QUOTE) {
    return Buffer.from(buf.subarray(start + 1, end - 1));
  }
  if (size < 2 || size % 2 !== 0) return Buffer.from(buf.subarray(start, end));
  const bytes = Buffer.allocUnsafe(size / 2);
  for (let i = 0; i < bytes.length; i++) {
    const high = hexDigit(buf[start + 2 * i] as number);
    const low = hexDigit(buf[start + 2 * i + 1] as number);
    if (high < 0 || low < 0) return Buffer.from(buf.subarray(start, end));
    bytes[i] = high * 16 + low;
  }
  return bytes;
}

/**
 * Writes bytes as the kernel writes an untrusted string: in quotes when every byte is 0x21 to
 * 0x7e and none is a quote, else as upper-case hex (kernel: audit_log_n_untrustedstring).
 */
export function encodeValue(bytes: Uint8Array): string {
  let plain = true;
  for (const byte of bytes) if (byte < 0x21 || byte > 0x7e || byte === QUOTE) plain = false;
  const buf = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return plain ? `"${buf.toString("latin1")}"` : buf.toString("hex").toUpperCase();
}

/** One field with its name and its value as text. */
export interface Field {
  readonly name: string;
  /** The value as it stands in the record. */
  readonly raw: string;
  /** The field stands behind the 0x1d of an ENRICHED record. */
  readonly enriched: boolean;
}

/** All fields of one body, with those inside `msg='...'` after the `msg` field itself. */
export function fieldsOf(buf: Buffer, start: number, end: number): Field[] {
  const fields: Field[] = [];
  const scanner = new FieldScanner().reset(buf, start, end);
  while (scanner.next()) {
    const name = scanner.name();
    fields.push({ name, raw: scanner.raw(), enriched: scanner.enriched });
    if (name !== "msg" || buf[scanner.valueStart] !== APOSTROPHE) continue;
    const first = scanner.valueStart + 1;
    const cut = scanner.valueEnd === first || buf[scanner.valueEnd - 1] !== APOSTROPHE;
    const inner = new FieldScanner().reset(buf, first, scanner.valueEnd - (cut ? 0 : 1));
    while (inner.next()) {
      fields.push({ name: inner.name(), raw: inner.raw(), enriched: false });
    }
  }
  return fields;
}
