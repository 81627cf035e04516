/*
 * Where events end in rendered lines. Looked at only where a log is cut: at its size limit, after a
 * write error and after a crash; the usual write does not come here.
 */

const NEWLINE = 0x0a;
const CLOSE = 0x29;
const COLON = 0x3a;
const STAMP = Buffer.from(" msg=audit(", "latin1");

/**
 * The end of the first event that ends at `from` or behind it.
 * @param bytes whole events, each line with its newline
 * @returns an offset in 1..bytes.length
 */
export function eventEndFrom(bytes: Buffer, from: number): number {
  let end = bytes.indexOf(NEWLINE, Math.max(0, from - 1)) + 1;
  if (end === 0) return bytes.length;
  while (end < bytes.length && continues(bytes, end)) end = bytes.indexOf(NEWLINE, end) + 1;
  return end;
}

/** The end of the last event that ends at `limit` or before it; 0 when there is none. */
export function eventEndBefore(bytes: Buffer, limit: number): number {
  if (limit >= bytes.length) return bytes.length;
  let end = lineEndBefore(bytes, limit);
  while (end > 0 && continues(bytes, end)) end = lineEndBefore(bytes, end - 1);
  return end;
}

/** How many events there are in whole lines. */
export function countEvents(bytes: Buffer): number {
  let count = 0;
  for (let end = 0; end < bytes.length; count++) end = eventEndFrom(bytes, end + 1);
  return count;
}

/** How many lines there are. */
export function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) count++;
  return count;
}

/** The end of the last whole line that ends at `limit` or before it; 0 when there is none. */
export function lineEndBefore(bytes: Buffer, limit: number): number {
  return limit <= 0 ? 0 : bytes.lastIndexOf(NEWLINE, limit - 1) + 1;
}

/** Serial of the first record; undefined when there is none. */
export function serialOf(bytes: Buffer): number | undefined {
  const stamp = bytes.length === 0 ? undefined : stampOf(bytes, 0);
  return stamp === undefined ? undefined : Number(stamp.subarray(stamp.indexOf(COLON) + 1));
}

/** True when the line that starts at `at` is of the same event as the one in front of it. */
function continues(bytes: Buffer, at: number): boolean {
  const last = lineEndBefore(bytes, at - 1);
  const here = stampOf(bytes, at);
  return here !== undefined && stampOf(bytes, last)?.equals(here) === true;
}

/** `SEC.MILLI:SERIAL` of the line at `at`; undefined when it is no record. */
function stampOf(bytes: Buffer, at: number): Buffer | undefined {
  const stop = bytes.indexOf(NEWLINE, at);
  const start = bytes.indexOf(STAMP, at);
  if (start < 0 || start > stop) return undefined;
  const from = start + STAMP.length;
  const close = bytes.indexOf(CLOSE, from);
  return close < 0 || close > stop ? undefined : bytes.subarray(from, close);
}
