/*
 * Column reading: every index below is bounded by checks that decodeFrame has made, so
 * `as number` only removes the `undefined` that noUncheckedIndexedAccess adds.
 */
import { AuditEvent } from "@cauditd/auparse";
import { EVENT_WORDS, type Frame, RECORD_WORDS } from "@cauditd/bus";

const SPACE = 0x20;

/** Shows the events of a frame one after the other as an AuditEvent, without copying records. */
export class FrameView {
  /** The event that `next` has moved to. */
  readonly event: AuditEvent = new AuditEvent();
  readonly #frame: Frame;
  #entry = 0;
  #record = 0;
  #at = 0;

  constructor(frame: Frame) {
    this.#frame = frame;
  }

  /** Chain number of the event. */
  chain = 0;

  /** Moves to the next event; false when there is none. */
  next(): boolean {
    const { events, records, blob } = this.#frame;
    if (this.#entry >= events.length) return false;
    const { event } = this;
    const packed = events[this.#entry + 2] as number;
    event.sec = events[this.#entry] as number;
    event.serial = events[this.#entry + 1] as number;
    event.milli = packed & 0xffff;
    event.count = packed >>> 16;
    event.bytes = 0;
    this.chain = events[this.#entry + 3] as number;
    for (let i = 0; i < event.count; i++) {
      const word = records[this.#record + 1] as number;
      const start = this.#at;
      const serial = start + ((word >>> 16) & 0xfff);
      const close = serial + (word >>> 28);
      const end = start + (word & 0xffff);
      event.types[i] = records[this.#record] as number;
      event.buffers[i] = blob;
      event.starts[i] = start;
      event.ends[i] = end;
      event.serialStarts[i] = serial;
      event.serialEnds[i] = close;
      // Behind the serial stand `):` and, in all records with a body, a blank.
      const body = Math.min(close + 2, end);
      event.bodies[i] = body < end && blob[body] === SPACE ? body + 1 : body;
      event.bytes += end - start;
      this.#at = end + 1;
      this.#record += RECORD_WORDS;
    }
    this.#entry += EVENT_WORDS;
    return true;
  }
}
