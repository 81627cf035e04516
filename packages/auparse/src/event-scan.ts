import { Header, HeaderState, scanHeader } from "./header.ts";

const NEWLINE = 0x0a;
/** Types of the records that an audit daemon makes itself. Source: AUDIT_*_DAEMON of audit.h. */
const FIRST_DAEMON = 1200;
const LAST_DAEMON = 1299;
const SERIALS = 2 ** 32;

/** Whether a serial is given before another; serials begin again at 0 behind 4294967295. */
export function isBefore(serial: number, other: number): boolean {
  return serial !== other && (other - serial + SERIALS) % SERIALS < SERIALS / 2;
}

/** Goes over the events in lines of a log, without copying or interpreting them. */
export class EventScan {
  /** Offset of the event that `next` has moved to, and of the byte behind its last newline. */
  start: number;
  end: number;
  serial = 0;
  /** Time of its stamp, milliseconds since 1970. */
  at = 0;
  /** Its type is one of those of an audit daemon's own records. */
  daemon = false;
  readonly #bytes: Buffer;
  readonly #head: Header = new Header();

  /** @param start offset of the start of a line */
  constructor(bytes: Buffer, start = 0) {
    this.#bytes = bytes;
    this.start = start;
    this.end = start;
  }

  /**
   * Moves to the next event; false when no whole line is left. Whether the last event is complete
   * cannot be seen from its lines. Lines that are no records belong to the event before them.
   */
  next(): boolean {
    this.start = this.end;
    let found = false;
    for (;;) {
      const stop = this.#bytes.indexOf(NEWLINE, this.end);
      if (stop < 0) return found;
      if (scanHeader(this.#bytes, this.end, stop, this.#head) === HeaderState.ok) {
        const { sec, milli, serial, type } = this.#head;
        const at = sec * 1000 + milli;
        if (found && (serial !== this.serial || at !== this.at)) return true;
        this.serial = serial;
        this.at = at;
        this.daemon = type >= FIRST_DAEMON && type <= LAST_DAEMON;
        found = true;
      }
      this.end = stop + 1;
      // Junk in front of the first record belongs to nothing.
      if (!found) this.start = this.end;
    }
  }
}

/** Lines of whole events of one instance, and which those are. */
export interface Lines {
  readonly bytes: Buffer;
  readonly events: number;
  /** Serials of the first and the last of them. */
  readonly first: number;
  readonly last: number;
}

/** The first `count` events of some, at least one. */
export function firstEvents({ bytes, first }: Lines, count: number): Lines {
  const scan = new EventScan(bytes);
  for (let i = 0; i < count; i++) scan.next();
  return { bytes: bytes.subarray(0, scan.end), events: count, first, last: scan.serial };
}

/** Serial of the first event that an instance gave one, from the start of a line on. */
export function firstSerial(bytes: Buffer, start = 0): number | undefined {
  for (const scan = new EventScan(bytes, start); scan.next(); ) {
    if (!scan.daemon) return scan.serial;
  }
  return undefined;
}

/** Serial of the last event that an instance gave one. */
export function lastSerial(bytes: Buffer): number | undefined {
  let last: number | undefined;
  for (const scan = new EventScan(bytes); scan.next(); ) if (!scan.daemon) last = scan.serial;
  return last;
}
