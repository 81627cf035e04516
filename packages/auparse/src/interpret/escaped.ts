import type { ByteWriter } from "../byte-writer.ts";
import { hexDigit } from "../fields.ts";

const QUOTE = 0x22;
const ZERO = 0x30;
const OPEN = 0x28;
const CLOSE = 0x29;
const BLANK = 0x20;

/** One past the run of hex digits that begins at `start`. */
export function hexEnd(buf: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && hexDigit(buf[at] as number) >= 0) at++;
  return at;
}

/** The byte that two hex digits stand for; one digit alone counts as the upper half. */
function byteAt(buf: Buffer, at: number, end: number): number {
  const high = hexDigit(buf[at] as number);
  return high * 16 + (at + 1 < end ? hexDigit(buf[at + 1] as number) : 0);
}

/**
 * Writes the text that an encoded value `[start, end)` stands for, as ausearch reads it: what is
 * in double quotes; else the bytes of its leading hex digits up to the first NUL, two zeros in
 * front (an abstract socket name) left out; else the value as it stands.
 */
export function writeEscaped(buf: Buffer, start: number, end: number, out: ByteWriter): void {
  const first = start < end ? buf[start] : 0;
  if (first === QUOTE) {
    let close = start + 1;
    while (close < end && buf[close] !== QUOTE) close++;
    if (close === end) out.byte(BLANK);
    else out.copy(buf, start + 1, close);
    return;
  }
  const from = first === ZERO && start + 1 < end && buf[start + 1] === ZERO ? start + 2 : start;
  if (from < end && buf[from] === OPEN) {
    let close = from;
    while (close < end && buf[close] !== CLOSE) close++;
    out.copy(buf, close < end ? from : start, close < end ? close + 1 : end);
    return;
  }
  const hex = hexEnd(buf, from, end);
  if (hex - from < 2) {
    out.copy(buf, start, end);
    return;
  }
  for (let at = from; at < hex; at += 2) {
    const byte = byteAt(buf, at, hex);
    if (byte === 0) return;
    out.byte(byte);
  }
}

/**
 * Writes a command line: as `writeEscaped`, with a blank for each NUL between the arguments. A
 * title that begins with NUL bytes is followed by digits of its own text, as ausearch prints it.
 */
export function writeProctitle(buf: Buffer, start: number, end: number, out: ByteWriter): void {
  const hex = hexEnd(buf, start, end);
  const plain = hex === end && end - start >= 2 && buf[start] !== QUOTE;
  if (!plain || (buf[start] === ZERO && buf[start + 1] === ZERO)) {
    writeOddTitle(buf, start, end, out);
    return;
  }
  for (let at = start; at < hex; at += 2) {
    const byte = byteAt(buf, at, hex);
    if (byte === 0 && at + 1 === hex) return;
    out.byte(byte === 0 ? BLANK : byte);
  }
}

/**
 * What ausearch makes of a title that is not wholly hex or begins with a NUL byte: it decodes in
 * place, and blanks the NUL bytes of as many bytes as the whole value would give.
 */
function writeOddTitle(buf: Buffer, start: number, end: number, out: ByteWriter): void {
  const first = start < end ? buf[start] : 0;
  const from = first === ZERO && start + 1 < end && buf[start + 1] === ZERO ? start + 2 : start;
  const hex = hexEnd(buf, from, end);
  if (first === QUOTE || hex - from < 2) {
    writeEscaped(buf, start, end, out);
    return;
  }
  const text = Buffer.alloc(end - from + 2);
  buf.copy(text, 0, from, hex);
  const size = Math.ceil((hex - from) / 2);
  for (let i = 0; i < size; i++) text[i] = byteAt(buf, from + 2 * i, hex);
  text.fill(0, size, Math.max(size + 1, Math.floor((end - from) / 2) + 1));
  const blanks = (end - start) >> 1;
  for (let i = 0; i < text.length; i++) {
    const byte = text[i] as number;
    if (byte === 0 && i >= blanks) return;
    out.byte(byte === 0 ? BLANK : byte);
  }
}
