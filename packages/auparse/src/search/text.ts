/*
 * Reading numbers and strings out of a record's text exactly as ausearch 3.0.9 does, its tolerance
 * included: a number ends where its digits end, and an encoded string is whatever hex run stands
 * there. Texts are latin1: one character for each byte of the record.
 */

const TWO_TO_32 = 4294967296;
/** Decimal numbers of so many digits fit in a double. */
const SAFE_DIGITS = 15;
const SAFE_HEX_DIGITS = 13;
const U64_MAX = 0xffff_ffff_ffff_ffffn;
const I64_MAX = 0x7fff_ffff_ffff_ffffn;

/**
 * The unsigned 32-bit number that strtoul(3) finds in `[start, end)`, cut as a C conversion cuts:
 * no digits give 0, `-1` gives 4294967295. NaN when it does not fit into 64 bits.
 */
export function unsigned32(text: string, start: number, end: number): number {
  const number = decimal(text, start, end);
  if (typeof number === "number") return ((number % TWO_TO_32) + TWO_TO_32) % TWO_TO_32;
  if (number > U64_MAX || number < -U64_MAX) return Number.NaN;
  return Number(BigInt.asUintN(32, number));
}

function decimal(text: string, start: number, end: number): number | bigint {
  let at = start;
  while (at < end && isSpace(text.charCodeAt(at))) at++;
  const sign = text.charCodeAt(at);
  const negative = at < end && sign === 0x2d;
  if (at < end && (sign === 0x2d || sign === 0x2b)) at++;
  const first = at;
  let number = 0;
  while (at < end) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) break;
    number = number * 10 + digit;
    at++;
  }
  if (at - first <= SAFE_DIGITS) return negative ? -number : number;
  const exact = BigInt(text.slice(first, at));
  return negative ? -exact : exact;
}

/** The number that strtoul(3) with base 16 finds, cut to 32 bits; NaN beyond 64 bits. */
export function hex32(text: string, start: number, end: number): number {
  const digitsEnd = hexEnd(text, start);
  // What the kernel writes: so few digits that they fit in a double.
  if (digitsEnd === end && end > start && end - start <= SAFE_HEX_DIGITS) {
    let number = 0;
    for (let at = start; at < end; at++) number = number * 16 + hexDigit(text.charCodeAt(at));
    return number % TWO_TO_32;
  }
  const digits = /^\s*[+-]?(?:0x)?([0-9a-f]*)/i.exec(text.slice(start, end))?.[1] ?? "";
  const number = BigInt(`0x${digits === "" ? "0" : digits}`);
  return number > U64_MAX ? Number.NaN : Number(BigInt.asUintN(32, number));
}

/**
 * The number that strtoll(3) with base 0 finds: octal behind a leading 0, hex behind 0x.
 * Undefined when it does not fit into 64 bits.
 */
export function signed64(text: string): bigint | undefined {
  const found = /^\s*([+-]?)(0x[0-9a-f]+|0[0-7]*|[1-9][0-9]*)/i.exec(text);
  if (found === null) return 0n;
  const [, sign, digits = "0"] = found;
  const octal = digits.length > 1 && digits.startsWith("0") && !/x/i.test(digits);
  const size = BigInt(octal ? `0o${digits.slice(1)}` : digits);
  const number = sign === "-" ? -size : size;
  return number > I64_MAX || number < -I64_MAX - 1n ? undefined : number;
}

function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  if (code >= 0x41 && code <= 0x46) return code - 0x37;
  if (code >= 0x61 && code <= 0x66) return code - 0x57;
  return -1;
}

/** One past the run of hex digits that begins at `start`. */
export function hexEnd(text: string, start: number): number {
  let at = start;
  while (at < text.length && hexDigit(text.charCodeAt(at)) >= 0) at++;
  return at;
}

/**
 * The string that stands encoded at `start`: `(...)` as it is, else the run of hex digits decoded
 * up to its first NUL. Undefined when nothing of the kind stands there.
 */
export function unescapeAt(text: string, start: number): string | undefined {
  if (text.charCodeAt(start) === 0x28) {
    const close = text.indexOf(")", start);
    return close < 0 ? undefined : text.slice(start, close + 1);
  }
  const bytes = hexBytes(text, start, hexEnd(text, start));
  if (bytes === undefined) return undefined;
  const nul = bytes.indexOf("\0");
  return nul < 0 ? bytes : bytes.slice(0, nul);
}

/** The bytes of a run of hex digits, NULs included; undefined for fewer than two digits. */
export function hexBytes(text: string, start: number, end: number): string | undefined {
  if (end - start < 2) return undefined;
  let bytes = "";
  for (let at = start; at < end; at += 2) {
    const low = at + 1 < end ? hexDigit(text.charCodeAt(at + 1)) : 0;
    bytes += String.fromCharCode(hexDigit(text.charCodeAt(at)) * 16 + low);
  }
  return bytes;
}
