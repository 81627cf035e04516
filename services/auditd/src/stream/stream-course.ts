// Decides what is stored next in a tenant's stream: no clock, no I/O.

import { EventScan, isBefore, type Lines } from "@cauditd/auparse";
import { type Batch, MAX_BATCH_BYTES } from "@cauditd/bus";

/** Lines that wait are stored as one batch while they are not more than this, bytes. */
export const BATCH_BYTES: number = 768 * 1024;

/** What is to be done next. */
export type Step =
  /** Store this batch, then say `stored`. Until then it stays the next step. */
  | { readonly kind: "publish"; readonly batch: Batch }
  /** Read the log behind a serial, up to and with `upTo`; then `read`, and `passed` at its end. */
  | { readonly kind: "read"; readonly behind: number; readonly upTo: number }
  /** Everything is stored. */
  | { readonly kind: "wait" };

/** How far a scope's stream is. */
export interface StreamProgress {
  /** Life of the contid whose events are published, from 1. */
  readonly generation: number;
  /** Everything up to this serial is stored, or given up. */
  readonly published: number;
  /** Serial of the last event in the log. */
  readonly logged: number;
  /** What is published comes from the log: after a start, or as the buffer was too small. */
  readonly behind: boolean;
  /** Bytes that wait in memory. */
  readonly waiting: number;
  /** What was stored. */
  readonly batches: number;
  readonly events: number;
  readonly bytes: number;
  /** Serials that cannot be published any more: rotated away, too old or too long. */
  readonly missed: number;
}

/**
 * One scope's way into its stream. What is in the log is offered with `logged` and waits in a
 * bounded buffer, which has everything behind serial `#covered`; what is in front of that is read
 * from the log, which so is the spool. Serials are compared by their distance, as they begin again
 * at 0 behind 4294967295.
 */
export class StreamCourse {
  readonly #limit: number;
  readonly #generation: number;
  #published: number;
  /** Serial up to which events went into batches, or were read from the log. */
  #taken: number;
  #covered: number;
  #logged: number;
  readonly #read: Lines[] = [];
  readonly #buffer: Lines[] = [];
  #waiting = 0;
  #sending: Batch | undefined;
  /** The batch behind it. */
  #following: Batch | undefined;
  #batches = 0;
  #events = 0;
  #bytes = 0;
  #missed = 0;

  /**
   * @param limit bytes that may wait in memory
   * @param generation life of the contid, from 1
   * @param published everything up to this serial is in the stream
   * @param logged serial of the last event in the log
   */
  constructor(limit: number, generation: number, published: number, logged: number) {
    this.#limit = limit;
    this.#generation = generation;
    this.#published = this.#taken = published;
    // A log that is behind its stream has lost what it had: the stream has it.
    this.#covered = this.#logged = isBefore(logged, published) ? published : logged;
  }

  get progress(): StreamProgress {
    return {
      generation: this.#generation,
      published: this.#published,
      logged: this.#logged,
      behind: this.#isBehind,
      waiting: this.#waiting,
      batches: this.#batches,
      events: this.#events,
      bytes: this.#bytes,
      missed: this.#missed,
    };
  }

  /** Events are in the log. Their bytes are copied. */
  logged(lines: Lines): void {
    if (lines.events === 0 || !isBefore(this.#logged, lines.last)) return;
    const follows = isBefore(this.#logged, lines.first);
    this.#logged = lines.last;
    if (follows && this.#waiting + lines.bytes.length <= this.#limit) {
      this.#buffer.push({ ...lines, bytes: Buffer.from(lines.bytes) });
      this.#waiting += lines.bytes.length;
      return;
    }
    this.#buffer.length = 0;
    this.#waiting = 0;
    this.#covered = lines.last;
  }

  next(): Step {
    this.#sending ??= this.#batch();
    const step = this.#step(this.#sending);
    // The last serials may have been lost: no event is left that is not stored.
    if (step.kind === "wait") this.#published = this.#logged;
    return step;
  }

  /** While a batch is being stored: what can be done for the one behind it. */
  ahead(): Step {
    this.#following ??= this.#batch();
    return this.#step(this.#following);
  }

  #step(batch: Batch | undefined): Step {
    if (batch !== undefined) return { kind: "publish", batch };
    if (this.#isBehind) return { kind: "read", behind: this.#taken, upTo: this.#covered };
    return { kind: "wait" };
  }

  /** The batch of the last `publish` step is in the stream. */
  stored(): void {
    const batch = this.#sending;
    if (batch === undefined) return;
    this.#sending = this.#following;
    this.#following = undefined;
    this.#published = batch.last;
    this.#batches++;
    this.#events += batch.events;
    this.#bytes += batch.bytes.length;
  }

  /** Events that the last `read` step gave, in order; the bytes are kept. */
  read(lines: Lines): void {
    this.#taken = lines.last;
    this.#read.push(lines);
  }

  /**
   * The log has nothing more up to this serial.
   * @param missed serials that were given up
   */
  passed(serial: number, missed = 0): void {
    if (isBefore(this.#taken, serial)) this.#taken = serial;
    this.#missed += missed;
  }

  get #isBehind(): boolean {
    return isBefore(this.#taken, this.#covered);
  }

  /** The next batch: what was read, else what waits; as much as goes into one. */
  #batch(): Batch | undefined {
    const parts: Lines[] = [];
    let size = 0;
    for (let next = this.#head; next !== undefined; next = this.#head) {
      if (parts.length > 0 && size + next.bytes.length > BATCH_BYTES) break;
      this.#takeHead();
      if (next.bytes.length > MAX_BATCH_BYTES) this.#read.push(...this.#divided(next));
      else {
        parts.push(next);
        size += next.bytes.length;
      }
    }
    const [first, last] = [parts[0], parts.at(-1)];
    if (first === undefined || last === undefined) return undefined;
    return {
      generation: this.#generation,
      first: first.first,
      last: last.last,
      events: parts.reduce((sum, { events }) => sum + events, 0),
      bytes: parts.length === 1 ? first.bytes : Buffer.concat(parts.map(({ bytes }) => bytes)),
    };
  }

  get #head(): Lines | undefined {
    if (this.#read.length > 0) return this.#read[0];
    return this.#isBehind ? undefined : this.#buffer[0];
  }

  #takeHead(): void {
    if (this.#read.shift() !== undefined) return;
    const lines = this.#buffer.shift();
    if (lines === undefined) return;
    this.#waiting -= lines.bytes.length;
    this.#taken = lines.last;
  }

  /** Lines that are too long for one batch, event by event; those that are too long are missed. */
  #divided({ bytes }: Lines): Lines[] {
    const parts: Lines[] = [];
    for (const scan = new EventScan(bytes); scan.next(); ) {
      const { start, end, serial } = scan;
      if (end - start > MAX_BATCH_BYTES) this.#missed++;
      else {
        const part = bytes.subarray(start, end);
        parts.push({ bytes: part, events: 1, first: serial, last: serial });
      }
    }
    return parts;
  }
}
