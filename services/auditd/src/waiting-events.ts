// Rendered events that wait for the log, for instances that may still give some of them up.
import { addLoss, type Evictable, type Instance, PRIORITIES } from "@cauditd/kernel";
import type { Batch } from "./io/batch.ts";
import type { Mark } from "./io/checkpoint.ts";

/** Serial, first byte, one past the last byte, priority. */
const WORDS = 4;
/** Priority of an event that was given up. */
const GONE = PRIORITIES;

/** The events of one batch, in order. */
class EventPlaces {
  readonly #words: Uint32Array;
  /** The first event of each priority that may still wait. */
  readonly #next: Uint32Array = new Uint32Array(PRIORITIES);
  readonly #waiting: Uint32Array = new Uint32Array(PRIORITIES);
  #count = 0;
  /** The first event of any priority that may still wait. */
  #first = 0;
  gone = 0;

  constructor(most: number) {
    this.#words = new Uint32Array(WORDS * most);
  }

  add(serial: number, priority: number, start: number, end: number): void {
    this.#words.set([serial, start, end, priority], WORDS * this.#count++);
    this.#waiting[priority] = (this.#waiting[priority] as number) + 1;
  }

  /** How many of a priority wait. */
  waiting(priority: number): number {
    return this.#waiting[priority] as number;
  }

  /** Gives up the oldest of a priority, or of any; returns its serial, -1 when none waits. */
  giveUp(priority?: number): number {
    const words = this.#words;
    let at = priority === undefined ? this.#first : (this.#next[priority] as number);
    for (; at < this.#count; at++) {
      const its = words[WORDS * at + 3] as number;
      if (its !== GONE && (priority === undefined || its === priority)) break;
    }
    if (priority === undefined) this.#first = at;
    else this.#next[priority] = at;
    if (at >= this.#count) return -1;
    const its = words[WORDS * at + 3] as number;
    words[WORDS * at + 3] = GONE;
    this.#waiting[its] = (this.#waiting[its] as number) - 1;
    this.gone++;
    return words[WORDS * at] as number;
  }

  /** Moves what is left of the bytes together; returns their number. */
  compact(bytes: Buffer): number {
    if (this.gone === 0) return bytes.length;
    const words = this.#words;
    let to = 0;
    let from = 0;
    for (let at = 0; at < WORDS * this.#count; at += WORDS) {
      if (words[at + 3] !== GONE) continue;
      const start = words[at + 1] as number;
      bytes.copyWithin(to, from, start);
      to += start - from;
      from = words[at + 2] as number;
    }
    bytes.copyWithin(to, from);
    return to + bytes.length - from;
  }
}

/** A batch whose events can be given up until it is sealed. */
class WaitingBatch implements Batch {
  bytes: Buffer;
  events: number;
  mark: Mark;
  readonly places: EventPlaces | undefined;
  readonly #sealed: (batch: WaitingBatch) => void;
  /** Events given up since the mark was made: how many, and their serials. */
  #gone = 0;
  #first = 0;
  #last = 0;

  constructor(
    { bytes, events, mark }: Required<Omit<Batch, "seal">>,
    places: EventPlaces | undefined,
    sealed: (batch: WaitingBatch) => void,
  ) {
    this.bytes = bytes;
    this.events = events;
    this.mark = mark;
    this.places = places;
    this.#sealed = sealed;
  }

  /** An event of this batch, or of one before it, was given up behind the mark. */
  late(serial: number): void {
    if (this.#gone++ === 0) this.#first = serial;
    else if (((serial - this.#first) | 0) < 0) this.#first = serial;
    if (this.#gone === 1 || ((serial - this.#last) | 0) > 0) this.#last = serial;
  }

  seal(): void {
    const { places } = this;
    if (places !== undefined) {
      this.bytes = this.bytes.subarray(0, places.compact(this.bytes));
      this.events -= places.gone;
    }
    const events = this.#gone;
    if (events > 0) {
      const { account, owed } = this.mark;
      const lost = { ...account.lost, backlog: account.lost.backlog + events };
      const loss = { reason: "backlog", events, first: this.#first, last: this.#last } as const;
      this.mark = {
        ...this.mark,
        account: { ...account, inFlight: account.inFlight - events, lost },
        owed: addLoss(owed, loss),
      };
    }
    this.#sealed(this);
  }
}

/**
 * The events of one instance that are rendered and not yet taken by its log. They are its backlog:
 * it gives up some of them when it is full (docs/reference/backlog.md). What the log has taken has
 * left the backlog.
 */
export class WaitingEvents implements Evictable {
  readonly #instance: Instance;
  readonly #format: (bytes: Buffer) => Buffer;
  /** In the order of the log. */
  readonly #batches: WaitingBatch[] = [];
  /** Events of the frame that is being rendered. */
  #rendering: EventPlaces | undefined;

  /**
   * Becomes the queue of the instance.
   * @param format what the log adds to lines, done when they leave
   */
  constructor(instance: Instance, format: (bytes: Buffer) => Buffer = (bytes) => bytes) {
    this.#instance = instance;
    this.#format = format;
    instance.queue = this;
  }

  /** A frame of at most so many events is rendered from here on. */
  begin(events: number): void {
    this.#rendering = new EventPlaces(events);
  }

  /** An event was rendered. @param start its first byte; `end` is one past the last */
  add(serial: number, priority: number, start: number, end: number): void {
    this.#rendering?.add(serial, priority, start, end);
  }

  /** The batch of what was rendered last, or of records that are not given up. */
  batch(bytes: Buffer, events: number, mark: Mark): Batch {
    const places = this.#rendering;
    this.#rendering = undefined;
    const made = new WaitingBatch({ bytes, events, mark }, places, (batch) => {
      this.#batches.splice(this.#batches.indexOf(batch), 1);
      this.#instance.left(batch.events);
      batch.bytes = this.#format(batch.bytes);
    });
    this.#batches.push(made);
    return made;
  }

  evictOldest(): number {
    for (const [at, { places }] of this.#batches.entries()) {
      const serial = places?.giveUp() ?? -1;
      if (serial >= 0) return this.#late(at, serial);
    }
    return this.#rendering?.giveUp() ?? -1;
  }

  evictBelow(priority: number): number {
    for (let lowest = 0; lowest < priority; lowest++) {
      for (const [at, { places }] of this.#batches.entries()) {
        if (places === undefined || places.waiting(lowest) === 0) continue;
        return this.#late(at, places.giveUp(lowest));
      }
      const now = this.#rendering;
      if (now !== undefined && now.waiting(lowest) > 0) return now.giveUp(lowest);
    }
    return -1;
  }

  #late(from: number, serial: number): number {
    for (let at = from; at < this.#batches.length; at++) this.#batches[at]?.late(serial);
    return serial;
  }
}
