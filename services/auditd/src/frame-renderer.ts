/*
 * Byte copying: every index below is bounded by checks that decodeFrame has made, so `as number`
 * only removes the `undefined` that noUncheckedIndexedAccess adds.
 */
import { type AuditEvent, encodeValue } from "@cauditd/auparse";
import { EVENT_WORDS, type Frame, FrameError, RECORD_WORDS } from "@cauditd/bus";
import { type Decision, eventPriority, formatOwnRecord, type Instance } from "@cauditd/kernel";
import {
  formatChain,
  MAX_KEY_LENGTH,
  parseChain,
  parseContid,
  RecordType,
  recordTypeName,
  trimChain,
} from "@cauditd/libaudit";
import { BufferPool } from "./buffer-pool.ts";
import { FrameView } from "./frame-view.ts";
import type { WaitingEvents } from "./waiting-events.ts";

/** The most digits of a serial. */
const SERIAL_DIGITS = 10;
const LETTER_N = 0x6e;
const NEWLINE = 0x0a;
const KEY = Buffer.from(" key=", "latin1");
/** The longest text of a rule's key in a record: 256 bytes as hex, and quotes. */
const MAX_KEY_TEXT = 2 * MAX_KEY_LENGTH + 2;

const HEAD = Buffer.from(`type=${recordTypeName(RecordType.CONTAINER_ID)} msg=audit(`, "latin1");
/** With the blank behind the node name, which may hold anything but a blank. */
const TYPE = Buffer.from(" type=", "latin1");

/** The longest line of a marker. */
const MARKER_BYTES = 320;

/** What rendering a frame gave. */
export interface Rendered {
  /** The lines; a buffer of the renderer's pool, which the caller gives back. */
  readonly bytes: Buffer;
  /** Events that are in `bytes`: those that were accepted, and markers of losses. */
  readonly events: number;
  /** Serials of the first and the last of them; 0 without any. */
  readonly first: number;
  readonly last: number;
}

/**
 * Turns frames into the lines of an instance's log: each event with its serial of this scope,
 * and with a CONTAINER_ID record where the frame gives a chain. What did not change is copied.
 *
 * The CONTAINER_ID record stands in front of PROCTITLE, else last: ausearch 3.0.9 takes a record
 * that comes first under a name it does not know for an event of its own.
 */
export class FrameRenderer {
  readonly #instance: Instance;
  readonly #pool: BufferPool;
  readonly #waiting: WaitingEvents | undefined;
  /** The lines, and behind the room for them the frame's blob, from `#base` on. */
  #out: Buffer = Buffer.alloc(0);
  #base = 0;
  #at = 0;
  readonly #digits: Buffer = Buffer.alloc(SERIAL_DIGITS);
  #digitCount = 0;
  #digitsOf = -1;
  #events = 0;
  #first = 0;
  #last = 0;
  #lastAt = 0;

  /** @param waiting is told where each event is, if any may still be given up */
  constructor(
    instance: Instance,
    pool: BufferPool = new BufferPool(),
    waiting: WaitingEvents | undefined = undefined,
  ) {
    this.#instance = instance;
    this.#pool = pool;
    this.#waiting = waiting;
  }

  /** Stamp of the last event of the last frame, milliseconds since 1970; 0 before the first. */
  get lastAt(): number {
    return this.#lastAt;
  }

  /**
   * Offers the frame's events to the instance and renders those that it accepts.
   * @throws {FrameError} when a chain is not one that this scope may see; nothing is offered then
   */
  render(frame: Frame): Rendered {
    const chains = frame.chains.map((chain) => this.#seen(chain));
    const tails = chains.map(tailOf);
    this.#begin(frame, tails);
    if (this.#instance.filters) return this.#renderFiltered(frame, chains, tails);
    const { events, records, blob } = frame;
    const instance = this.#instance;
    const waiting = this.#waiting;
    const prioritised = instance.overflow === "priority";
    // Only limits and markers ask for the time, which is not worth its cost to the others.
    const timed = instance.mayMark;
    let record = 0;
    let at = 0;
    /** Bytes of the blob from here on are not yet copied. */
    let from = 0;
    for (let e = 0; e < events.length; e += EVENT_WORDS) {
      const packedTime = events[e + 2] as number;
      const count = packedTime >>> 16;
      const stamp = timed ? (events[e] as number) * 1000 + (packedTime & 0xffff) : 0;
      const priority = prioritised ? eventPriority(records, record, count, RECORD_WORDS) : 0;
      const serial = instance.offer(true, stamp, priority);
      if (serial < 0) {
        this.#copy(from, at);
        for (let i = 0; i < count; i++, record += RECORD_WORDS) {
          at += ((records[record + 1] as number) & 0xffff) + 1;
        }
        from = at;
        continue;
      }
      if (instance.marker !== undefined) {
        this.#copy(from, at);
        from = at;
        this.#marker();
      }
      this.#accepted(serial);
      const start = this.#at + at - from;
      const tail = tails[events[e + 3] as number] as Buffer;
      const place = tail.length === 0 ? -1 : placeOf(records, record, count);
      for (let i = 0; i < count; i++, record += RECORD_WORDS) {
        if (i === place) {
          this.#copy(from, at);
          from = at;
          this.#contidRecord(blob, at, records[record + 1] as number, tail);
        }
        const packed = records[record + 1] as number;
        const digits = at + ((packed >>> 16) & 0xfff);
        this.#copy(from, digits);
        this.#putDigits();
        from = digits + (packed >>> 28);
        at += (packed & 0xffff) + 1;
      }
      if (place === count) {
        this.#copy(from, at);
        from = at;
        const last = records[record - 1] as number;
        this.#contidRecord(blob, at - (last & 0xffff) - 1, last, tail);
      }
      waiting?.add(serial, priority, start, this.#at + at - from);
    }
    this.#copy(from, at);
    return this.#rendered();
  }

  #accepted(serial: number): void {
    if (this.#events++ === 0) this.#first = serial;
    this.#last = serial;
    this.#setDigits(serial);
  }

  /** The marker that is due stands in front of the event accepted last. */
  #marker(): void {
    const { marker } = this.#instance;
    if (marker === undefined) return;
    this.#instance.marker = undefined;
    if (this.#events++ === 0) this.#first = marker.serial;
    this.#at += this.#out.write(formatOwnRecord(marker), this.#at, "latin1");
  }

  #rendered(): Rendered {
    const bytes = this.#out.subarray(0, this.#at);
    return { bytes, events: this.#events, first: this.#first, last: this.#last };
  }

  /** The same when the instance has rules: records can be left out, and keys differ. */
  #renderFiltered(
    frame: Frame,
    chains: readonly (readonly bigint[])[],
    tails: readonly Buffer[],
  ): Rendered {
    const instance = this.#instance;
    const view = new FrameView(frame);
    const { event } = view;
    const prioritised = instance.overflow === "priority";
    while (view.next()) {
      const decision = instance.decide(event, chains[view.chain] ?? []) as Decision;
      const priority = prioritised ? eventPriority(event.types, 0, event.count) : 0;
      const serial = instance.offer(decision.record, event.sec * 1000 + event.milli, priority);
      if (serial < 0) continue;
      this.#marker();
      this.#accepted(serial);
      const start = this.#at;
      this.#filteredEvent(frame.blob, event, decision, tails[view.chain] as Buffer);
      this.#waiting?.add(serial, priority, start, this.#at);
    }
    return this.#rendered();
  }

  #filteredEvent(blob: Buffer, event: AuditEvent, decision: Decision, tail: Buffer): void {
    const { leftOut, contidOut } = decision;
    let place = tail.length === 0 || contidOut ? -1 : event.count;
    for (let i = event.count - 1; i > 0 && place === event.count; i--) {
      if (event.types[i] === RecordType.PROCTITLE && leftOut[i] === 0) place = i;
    }
    for (let i = 0; i < event.count; i++) {
      if (i === place) this.#contidOf(blob, event, i, tail);
      if (leftOut[i] === 1) continue;
      const end = event.ends[i] as number;
      this.#copy(event.starts[i] as number, event.serialStarts[i] as number);
      this.#putDigits();
      const from = event.serialEnds[i] as number;
      if (event.types[i] === RecordType.SYSCALL) this.#keyed(blob, from, end, decision.key);
      else this.#copy(from, end);
      this.#out[this.#at++] = NEWLINE;
    }
    if (place === event.count) this.#contidOf(blob, event, event.count - 1, tail);
  }

  #contidOf(blob: Buffer, event: AuditEvent, index: number, tail: Buffer): void {
    const start = event.starts[index] as number;
    const serial = (event.serialStarts[index] as number) - start;
    this.#contidRecord(blob, start, serial << 16, tail);
  }

  /** The rest of a SYSCALL record, with the key of the rule that this instance decided by. */
  #keyed(blob: Buffer, from: number, end: number, key: string | undefined): void {
    const line = blob.subarray(from, end);
    const at = line.lastIndexOf(KEY);
    if (at < 0) {
      this.#copy(from, end);
      return;
    }
    const value = at + KEY.length;
    let stop = value;
    while (stop < line.length && line[stop] !== 0x20 && line[stop] !== 0x1d) stop++;
    this.#copy(from, from + value);
    const text = key === undefined ? "(null)" : encodeValue(Buffer.from(key, "latin1"));
    this.#at += this.#out.write(text, this.#at, "latin1");
    this.#copy(from + stop, end);
  }

  /** The part of a chain that this scope sees, as contids; empty for no chain. */
  #seen(chain: string): readonly bigint[] {
    if (chain === "") return [];
    const contids = parseChain(chain);
    const scope = parseContid(this.#instance.scope);
    const seen = contids === undefined || !scope.ok ? contids : trimChain(contids, scope.contid);
    if (seen === undefined || seen.length === 0) {
      throw new FrameError("chains", `${chain} is not of scope ${this.#instance.scope}`);
    }
    return seen;
  }

  /** Makes room for the largest outcome. */
  #begin(frame: Frame, tails: readonly Buffer[]): void {
    let tail = 0;
    for (const text of tails) tail = Math.max(tail, text.length);
    const events = frame.events.length / EVENT_WORDS;
    const perEvent = tail === 0 ? 0 : tail + HEAD.length + 512;
    const growth = (frame.records.length / RECORD_WORDS) * (SERIAL_DIGITS - 1);
    const keys = this.#instance.filters ? countCalls(frame.records) * MAX_KEY_TEXT : 0;
    const markers = this.#instance.mayMark ? events * MARKER_BYTES : 0;
    const size = frame.blob.length + growth + events * perEvent + keys + markers;
    this.#events = this.#first = this.#last = 0;
    if (events > 0) {
      const last = frame.events.length - EVENT_WORDS;
      const milli = (frame.events[last + 2] as number) & 0xffff;
      this.#lastAt = (frame.events[last] as number) * 1000 + milli;
    }
    this.#out = this.#pool.take(size + frame.blob.length);
    this.#base = size;
    this.#at = 0;
    frame.blob.copy(this.#out, size);
    this.#waiting?.begin(events);
  }

  /** Inside one buffer a copy makes no object: many times as fast as between two. */
  #copy(start: number, end: number): void {
    this.#out.copyWithin(this.#at, this.#base + start, this.#base + end);
    this.#at += end - start;
  }

  /** A CONTAINER_ID record with the node and the stamp of the record at `at`. */
  #contidRecord(blob: Buffer, at: number, packed: number, tail: Buffer): void {
    if (blob[at] === LETTER_N) this.#copy(at, blob.indexOf(TYPE, at) + 1);
    const out = this.#out;
    let to = this.#at;
    for (let i = 0; i < HEAD.length; i++) out[to++] = HEAD[i] as number;
    const serial = at + ((packed >>> 16) & 0xfff);
    let stamp = serial - 1;
    while (stamp > at && blob[stamp - 1] !== 0x28) stamp--;
    for (let i = stamp; i < serial; i++) out[to++] = blob[i] as number;
    this.#at = to;
    this.#putDigits();
    to = this.#at;
    for (let i = 0; i < tail.length; i++) out[to++] = tail[i] as number;
    this.#at = to;
  }

  #putDigits(): void {
    const digits = this.#digits;
    const out = this.#out;
    const end = this.#digitCount;
    let at = this.#at;
    for (let i = 0; i < end; i++) out[at++] = digits[i] as number;
    this.#at = at;
  }

  /** The decimal digits of a serial; counting up by one is the usual case. */
  #setDigits(serial: number): void {
    const digits = this.#digits;
    if (serial === this.#digitsOf + 1 && this.#digitsOf > 0) {
      let i = this.#digitCount - 1;
      while (i >= 0 && digits[i] === 0x39) digits[i--] = 0x30;
      if (i >= 0) digits[i] = (digits[i] as number) + 1;
      else this.#digitCount = digits.write(String(serial), 0, "latin1");
    } else {
      this.#digitCount = digits.write(String(serial), 0, "latin1");
    }
    this.#digitsOf = serial;
  }
}

/** What follows the serial in a CONTAINER_ID record; empty for no chain. */
function tailOf(chain: readonly bigint[]): Buffer {
  if (chain.length === 0) return Buffer.alloc(0);
  return Buffer.from(`): record=1 contid=${formatChain(chain)}\n`, "latin1");
}

/** SYSCALL records: each may get a longer key, and nothing says that an event has only one. */
function countCalls(records: Uint32Array): number {
  let count = 0;
  for (let r = 0; r < records.length; r += RECORD_WORDS) {
    if (records[r] === RecordType.SYSCALL) count++;
  }
  return count;
}

/** The index of the record that CONTAINER_ID goes in front of; `count` = behind the last. */
function placeOf(records: Uint32Array, first: number, count: number): number {
  for (let i = count - 1; i > 0; i--) {
    if (records[first + i * RECORD_WORDS] === RecordType.PROCTITLE) return i;
  }
  return count;
}
