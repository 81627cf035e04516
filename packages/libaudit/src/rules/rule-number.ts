// Numbers as C's strtol and strtoul read them: the rule language is defined by what they do.

const MAX_U64 = 0xffff_ffff_ffff_ffffn;
const MAX_I64 = 0x7fff_ffff_ffff_ffffn;
const U32 = 0xffff_ffffn;
const BLANK = "[ \\t\\n\\v\\f\\r]*";
const BASE_0 = new RegExp(`^${BLANK}([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)`);
const BASE_16 = new RegExp(`^${BLANK}([+-]?)(?:0[xX](?=[0-9a-fA-F]))?([0-9a-fA-F]+)`);

/** What a number text means: the low 32 bits, and whether 64 bits held it. */
export interface CNumber {
  /** u32. */
  readonly value: number;
  /** True if the number was too large for 64 bits and was replaced by the largest. */
  readonly overflow: boolean;
}

/** More digits than any 64-bit number has, in base 8, without leading zeros. */
const MAX_DIGITS = 22;

/** Value of digits in a base of 8, 10 or 16; above MAX_U64 for too many of them. */
function magnitude(digits: string, base: "0o" | "0x" | ""): bigint {
  const short = digits.replace(/^0+/, "");
  if (short.length > MAX_DIGITS) return MAX_U64 + 1n;
  return short === "" ? 0n : BigInt(`${base}${short}`);
}

/** Value of digits whose base is told by `0x` or `0` before them. */
function prefixed(digits: string): bigint {
  if (/^0[xX]/.test(digits)) return magnitude(digits.slice(2), "0x");
  return magnitude(digits, digits.startsWith("0") ? "0o" : "");
}

function low32(value: bigint): number {
  return Number(BigInt.asUintN(32, value));
}

/**
 * strtoul, 64 bits, base 0: `0x` hex, `0` octal, else decimal; blanks before, a sign; what follows
 * the digits is left out, no digits are 0. The low 32 bits are kept (AUD-39).
 */
export function unsignedNumber(text: string): CNumber {
  const match = BASE_0.exec(text);
  if (match === null) return { value: 0, overflow: false };
  const size = prefixed(match[2] ?? "0");
  if (size > MAX_U64) return { value: Number(U32), overflow: true };
  return { value: low32(match[1] === "-" ? -size : size), overflow: false };
}

/** strtol, 64 bits, base 0, as unsignedNumber. */
export function signedNumber(text: string): CNumber {
  const match = BASE_0.exec(text);
  if (match === null) return { value: 0, overflow: false };
  const size = prefixed(match[2] ?? "0");
  const negative = match[1] === "-";
  if (size > MAX_I64 + (negative ? 1n : 0n)) {
    return { value: low32(negative ? -MAX_I64 - 1n : MAX_I64), overflow: true };
  }
  return { value: low32(negative ? -size : size), overflow: false };
}

/** strtoul, 64 bits, base 16: `0x` may stand before the digits. */
export function hexNumber(text: string): CNumber {
  const match = BASE_16.exec(text);
  if (match === null) return { value: 0, overflow: false };
  const size = magnitude(match[2] ?? "0", "0x");
  if (size > MAX_U64) return { value: Number(U32), overflow: true };
  return { value: low32(match[1] === "-" ? -size : size), overflow: false };
}

/** True if `text` begins with a decimal digit. */
export function startsWithDigit(text: string): boolean {
  return /^[0-9]/.test(text);
}

/** True if `text` begins with a minus and a decimal digit. */
export function startsNegative(text: string): boolean {
  return /^-[0-9]/.test(text);
}

/** A u32 as the signed number that `%d` prints. */
export function signed(value: number): number {
  return value | 0;
}
