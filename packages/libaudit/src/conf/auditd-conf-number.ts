// Numbers of auditd.conf: decimal digits only, as strtoul reads them.
import { Errno, systemErrorText } from "../errno.ts";

const MAX_U64 = 0xffff_ffff_ffff_ffffn;

/** A value, or what auditd says against it. */
export type ConfValue<T> = { readonly value: T } | { readonly refused: string };

/**
 * strtoul of decimal digits: blanks before them and what follows them is left out, no digits are
 * 0. Undefined if it does not fit 64 bits; above 2^53-1 it is 2^53-1.
 */
export function leadingNumber(text: string): number | undefined {
  const digits = /^[ \t\n\v\f\r]*(\d*)/.exec(text)?.[1]?.replace(/^0+/, "") ?? "";
  if (digits.length > 20 || BigInt(digits) > MAX_U64) return undefined;
  return Math.min(Number(digits), Number.MAX_SAFE_INTEGER);
}

/** What auditd says of a number that does not fit 64 bits. */
export function conversionError(line: number): string {
  const reason = systemErrorText(Errno.ERANGE);
  return `Error converting string to a number (${reason}) - line ${line}`;
}

/** Reads a value that is digits and nothing else. */
export function confNumber(text: string, line: number): ConfValue<number> {
  if (!/^\d*$/.test(text)) {
    return { refused: `Value ${text} should only be numbers - line ${line}` };
  }
  const value = leadingNumber(text);
  return value === undefined ? { refused: conversionError(line) } : { value };
}

/** The same within bounds, both included. */
export function boundedNumber(
  text: string,
  line: number,
  min: number,
  max: number,
): ConfValue<number> {
  const read = confNumber(text, line);
  if ("refused" in read) return read;
  if (read.value > max) return { refused: outOfRange(text, "large", line) };
  return read.value < min ? { refused: outOfRange(text, "small", line) } : read;
}

/** What auditd says of a number beyond its bounds. */
export function outOfRange(text: string | number, size: "large" | "small", line: number): string {
  return `Error - converted number (${text}) is too ${size} - line ${line}`;
}
