import { RecordType } from "@cauditd/libaudit/vocabulary";
import { AuditEvent } from "../event.ts";
import type { Header } from "../header.ts";
import { SearchAssembly } from "./assembly.ts";
import { RecordLines } from "./record-lines.ts";

/** Open events of which each is asked what it holds. */
const MAX_ASKED = 4096;

/** Told of each event in ausearch's order; false = no more events are wanted. */
export type SearchEventSink = (event: AuditEvent) => boolean;

/** Which seconds are looked at, and when events end. */
export interface ScanBounds {
  /** First and last second; 0 = no bound. */
  readonly start: number;
  readonly end: number;
  /** Seconds after which an event is complete. */
  readonly timeout: number;
  /** Set = the records that name the containers of an event belong to it in any case. */
  readonly contid: bigint | undefined;
}

/**
 * Reads logs from the first byte to the last, and tells of their events in the order in which
 * ausearch prints them. Records outside the time bounds are not seen at all, as there. Events go
 * on from one log of a set to the next.
 */
export class EventScan {
  readonly #bounds: ScanBounds;
  readonly #sink: SearchEventSink;
  readonly #assembly: SearchAssembly<AuditEvent>;
  readonly #onRecord = (head: Header, buf: Buffer, start: number, end: number): void =>
    this.#record(head, buf, start, end);
  /** Events that came out and are used again. */
  readonly #pool: AuditEvent[] = [];
  #lines: RecordLines = new RecordLines(this.#onRecord);
  #done = false;
  #first: { readonly sec: number; readonly milli: number } | undefined;

  constructor(bounds: ScanBounds, sink: SearchEventSink) {
    this.#bounds = bounds;
    this.#sink = sink;
    this.#assembly = new SearchAssembly(bounds.timeout, bounds.contid !== undefined);
  }

  /** The sink wants no more events. */
  get done(): boolean {
    return this.#done;
  }

  /**
   * Time of the first record, as aureport tells it: with a bound at the start, of the first one
   * that is outside of the bounds.
   */
  get first(): { readonly sec: number; readonly milli: number } | undefined {
    return this.#first;
  }

  /**
   * Whether open events have bytes in this memory. The line that the last chunk ended in is not
   * looked at: it is kept until the next chunk was taken. Of many events it is not asked: true.
   */
  holds(memory: ArrayBufferLike): boolean {
    if (this.#assembly.open > MAX_ASKED) return true;
    return this.#assembly.some(({ buffers, count }) => {
      for (let i = 0; i < count; i++) if ((buffers[i] as Buffer).buffer === memory) return true;
      return false;
    });
  }

  /** Takes the next bytes of the current log; they must not change any more. */
  push(chunk: Buffer): void {
    if (!this.#done) this.#lines.push(chunk);
  }

  /** The current log is over; another may follow. */
  endLog(): void {
    if (!this.#done) this.#lines.end();
    this.#lines = new RecordLines(this.#onRecord);
  }

  /** Goes on with the next log, though the sink wanted no more events of the last one. */
  resume(): void {
    this.#done = false;
    this.#drain();
  }

  /** The last log is over: what is open comes out. */
  end(): void {
    this.#assembly.end();
    this.#drain();
  }

  #record(head: Header, buf: Buffer, start: number, end: number): void {
    const { sec, milli, serial, type } = head;
    const bounds = this.#bounds;
    if (this.#done) return;
    if ((bounds.start !== 0 && sec < bounds.start) || (bounds.end !== 0 && sec > bounds.end)) {
      this.#first ??= { sec, milli };
      return;
    }
    if (bounds.start === 0) this.#first ??= { sec, milli };
    const node =
      head.nodeStart === head.nodeEnd ? "" : buf.toString("latin1", head.nodeStart, head.nodeEnd);
    const known = this.#assembly.find(node, sec, milli, serial);
    if (known !== undefined) {
      known.add(head, buf, start, end);
      return;
    }
    if (type === RecordType.EOE) return;
    const event = this.#pool.pop() ?? new AuditEvent();
    event.reset(node, 0, head);
    event.add(head, buf, start, end);
    this.#assembly.begin(node, sec, milli, serial, type, event);
    this.#drain();
  }

  #drain(): void {
    while (!this.#done) {
      const event = this.#assembly.next();
      if (event === undefined) return;
      if (!this.#sink(event)) this.#done = true;
      event.release();
      this.#pool.push(event);
    }
  }
}
