// Picks an instance's events out of the bytes of its log.
import { EventScan, isBefore, type Lines } from "./event-scan.ts";

const SERIALS = 2 ** 32;

/** Which events of a log are wanted. */
export interface Wanted {
  /** Serial of the last event that is there already. */
  readonly behind: number;
  /** Serial of the last that is wanted. */
  readonly upTo: number;
  /** Events with an earlier stamp are passed over; milliseconds since 1970. Default: none. */
  readonly since?: number;
  /** No more events are picked once they have so many bytes. Default: no limit. */
  readonly most?: number;
}

/** What a look at some bytes came to. */
export interface Picked {
  /** The events, in order; undefined for none. */
  readonly lines: Lines | undefined;
  /** Serial of the last event that was looked at, `behind` for none. */
  readonly last: number;
  /** Bytes that need not be looked at again. */
  readonly used: number;
  /** Events that are too old. */
  readonly old: number;
  /** An event behind `upTo` was seen: nothing more is to come. */
  readonly beyond: boolean;
}

interface Range {
  readonly start: number;
  readonly end: number;
  readonly serial: number;
  readonly at: number;
}

/**
 * Picks whole events.
 *
 * The daemon writes records of its own between them (DAEMON_ROTATE ...), with serials of another
 * count. A host's events may be such records of its own auditd, which have the instance's serials:
 * those whose serial fits between their neighbours'.
 * @param bytes from the start of a line on
 * @param next serial of the event that follows the bytes, which end with a whole one; `unknown`:
 * such a record at the end has to be the next in the count; undefined: more bytes follow
 */
export function pickEvents(bytes: Buffer, wanted: Wanted, next?: number | "unknown"): Picked {
  const { upTo, since = 0, most = Number.POSITIVE_INFINITY } = wanted;
  const limit = bytes.lastIndexOf(0x0a) + 1;
  const ranges: Range[] = [];
  const daemons: Range[] = [];
  let { behind: last } = wanted;
  let [used, size, old, beyond] = [0, 0, 0, false];
  const pick = (range: Range): void => {
    last = range.serial;
    if (range.at < since) {
      old++;
      return;
    }
    ranges.push(range);
    size += range.end - range.start;
  };
  /** Those of the daemon-like events that stand between `last` and `end` in the count. */
  const settle = (end: number | "unknown"): void => {
    for (const range of daemons.splice(0)) {
      const { serial } = range;
      const fits = end === "unknown" ? serial === (last + 1) % SERIALS : isBefore(serial, end);
      if (fits && isBefore(last, serial) && !isBefore(upTo, serial)) pick(range);
    }
  };
  const scan = new EventScan(bytes);
  while (size < most && scan.next()) {
    const { start, end, serial, at, daemon } = scan;
    if (end >= limit && next === undefined) break;
    if (daemon) {
      daemons.push({ start, end, serial, at });
      continue;
    }
    used = end;
    if (!isBefore(last, serial)) daemons.length = 0;
    else if (isBefore(upTo, serial)) {
      settle(serial);
      beyond = true;
      break;
    } else {
      settle(serial);
      pick({ start, end, serial, at });
    }
  }
  if (next !== undefined && size < most && !beyond) {
    settle(next);
    used = limit;
  }
  return { lines: linesOf(bytes, ranges), last, used, old, beyond };
}

function linesOf(bytes: Buffer, ranges: readonly Range[]): Lines | undefined {
  const [first, last] = [ranges[0], ranges.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const parts: Buffer[] = [];
  for (let i = 0; i < ranges.length; ) {
    const { start } = ranges[i] as Range;
    let { end } = ranges[i] as Range;
    for (i++; ranges[i]?.start === end; i++) end = (ranges[i] as Range).end;
    parts.push(bytes.subarray(start, end));
  }
  return {
    bytes: parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts),
    events: ranges.length,
    first: first.serial,
    last: last.serial,
  };
}
