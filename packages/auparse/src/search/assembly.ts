import { RecordType } from "@cauditd/libaudit/vocabulary";
import { LowestFree } from "./lowest-free.ts";

/** What an event waits for. Objects are used again. */
interface Open<T> {
  node: string;
  sec: number;
  milli: number;
  serial: number;
  /** The place that ausearch keeps it in: it decides between equal times and serials. */
  slot: number;
  complete: boolean;
  /** It is among those of its second, which are completed together. */
  timed: boolean;
  payload: T;
  /** The next event that is being built and has the same last bits of the serial. */
  neighbour: Open<T> | undefined;
}

/** The events of one second that began in it and are not complete, but for a few. */
interface Second<T> {
  readonly sec: number;
  readonly events: Open<T>[];
}

/** Most events that are kept open; the lowest is taken to be complete beyond that. */
export const MAX_SEARCH_OPEN: number = 1 << 20;

/** Fewest places of the table that finds events by their serials; a power of two. */
const MIN_PLACES = 1024;

/** Types that ausearch 3.0.9 does not know. */
const UNKNOWN: ReadonlySet<number> = new Set([
  RecordType.CONTAINER_ID,
  RecordType.DM_CTRL,
  RecordType.DM_EVENT,
  RecordType.LANDLOCK_ACCESS,
  RecordType.LANDLOCK_DOMAIN,
]);

/**
 * Types whose record is a whole event when it is the event's first (AUD-149): those of ausearch
 * 3.0.9, and those that it does not know.
 */
export function isWholeEvent(type: number): boolean {
  return (
    type === RecordType.PROCTITLE ||
    type < RecordType.SYSCALL ||
    type >= RecordType.ANOM_LOGIN_FAILURES ||
    type === RecordType.KERNEL ||
    (type >= RecordType.MAC_UNLBL_ALLOW && type <= RecordType.MAC_CALIPSO_DEL) ||
    UNKNOWN.has(type)
  );
}

/**
 * Puts records into events as ausearch 3.0.9 does (AUD-149, AUD-150). An event is complete when
 * its first record stands alone, or when another event begins that is `timeout` seconds younger.
 * The lowest event by time and serial comes out, once it is complete: an incomplete one holds all
 * that are above it. The auparse `Assembler` is not this one: it groups as the kernel wrote.
 */
export class SearchAssembly<T> {
  readonly #timeout: number;
  readonly #hold: boolean;
  /** Those being built, by the last bits of their serials: serials are dense. */
  #places: (Open<T> | undefined)[] = new Array(MIN_PLACES).fill(undefined);
  #building = 0;
  readonly #seconds: Map<number, Second<T>> = new Map();
  /** The second of the event that began last. */
  #second: Second<T> | undefined;
  /** Not above the lowest second of an event that is being built. */
  #oldest = Number.POSITIVE_INFINITY;
  /** Events that began in their order, from `#front` on: most of all. */
  readonly #ordered: Open<T>[] = [];
  #front = 0;
  /** Those that began behind a higher one: a binary heap. */
  readonly #late: Open<T>[] = [];
  readonly #slots: LowestFree = new LowestFree();
  /** Objects that came out. */
  readonly #spare: Open<T>[] = [];
  /** The event that began last: most records belong to it. */
  #recent: Open<T> | undefined;
  /** The whole event that waits for the next one to begin. */
  #held: Open<T> | undefined;

  /**
   * @param timeout seconds, 1 or more (end_of_event_timeout of auditd.conf)
   * @param hold a whole event waits until the next one begins, so that records of the same serial
   * join it (CID-63: a CONTAINER_ID behind a user record); ausearch does not do this
   */
  constructor(timeout: number, hold = false) {
    this.#timeout = timeout;
    this.#hold = hold;
  }

  /** Events that have not come out. */
  get open(): number {
    return this.#ordered.length - this.#front + this.#late.length;
  }

  /** Whether any event that has not come out passes. */
  some(test: (payload: T) => boolean): boolean {
    for (let at = this.#front; at < this.#ordered.length; at++) {
      if (test((this.#ordered[at] as Open<T>).payload)) return true;
    }
    return this.#late.some(({ payload }) => test(payload));
  }

  /** The event that a record belongs to; undefined when it begins a new one. */
  find(node: string, sec: number, milli: number, serial: number): T | undefined {
    const recent = this.#recent;
    if (recent !== undefined && !recent.complete && isOf(recent, node, sec, milli, serial)) {
      return recent.payload;
    }
    let open = this.#places[serial & (this.#places.length - 1)];
    while (open !== undefined) {
      if (isOf(open, node, sec, milli, serial)) return open.payload;
      open = open.neighbour;
    }
    return undefined;
  }

  /** Begins an event with its first record's type. */
  begin(node: string, sec: number, milli: number, serial: number, type: number, payload: T): void {
    const open = this.#take(payload);
    open.node = node;
    open.sec = sec;
    open.milli = milli;
    open.serial = serial;
    open.slot = this.#slots.take();
    this.#put(open);
    this.#recent = open;
    if (this.#held !== undefined) this.#complete(this.#held);
    this.#held = undefined;
    while (this.#oldest + this.#timeout <= sec) this.#completeOldest();
    if (isWholeEvent(type)) {
      if (!this.#hold) {
        open.complete = true;
        return;
      }
      this.#held = open;
    }
    // Not earlier: events of the same serial may just have been completed.
    this.#build(open);
    let second = this.#second;
    if (second?.sec !== sec) {
      second = this.#seconds.get(sec);
      if (second === undefined) {
        second = { sec, events: [] };
        this.#seconds.set(sec, second);
      }
      this.#second = second;
    }
    second.events.push(open);
    open.timed = true;
    if (sec < this.#oldest) this.#oldest = sec;
    if (this.open > MAX_SEARCH_OPEN) this.#complete(this.#lowest() as Open<T>);
  }

  /** The input is over: what is open is complete. */
  end(): void {
    for (let at = this.#front; at < this.#ordered.length; at++) {
      (this.#ordered[at] as Open<T>).complete = true;
    }
    for (const open of this.#late) open.complete = true;
    this.#held = undefined;
    this.#recent = undefined;
    this.#places.fill(undefined);
    this.#building = 0;
    this.#seconds.clear();
    this.#second = undefined;
    this.#oldest = Number.POSITIVE_INFINITY;
  }

  /** The next event that comes out now, if there is one. */
  next(): T | undefined {
    const lowest = this.#lowest();
    if (lowest === undefined || !lowest.complete) return undefined;
    if (lowest === this.#late[0]) popLowest(this.#late);
    else this.#shift();
    this.#slots.give(lowest.slot);
    if (lowest === this.#recent) this.#recent = undefined;
    // One that its second still has may not become another.
    if (!lowest.timed) this.#spare.push(lowest);
    return lowest.payload;
  }

  #take(payload: T): Open<T> {
    const spare = this.#spare.pop();
    if (spare !== undefined) {
      spare.complete = false;
      spare.payload = payload;
      return spare;
    }
    return {
      node: "",
      sec: 0,
      milli: 0,
      serial: 0,
      slot: 0,
      complete: false,
      timed: false,
      payload,
      neighbour: undefined,
    };
  }

  #lowest(): Open<T> | undefined {
    const first = this.#ordered[this.#front];
    if (this.#late.length === 0) return first;
    const late = this.#late[0] as Open<T>;
    return first !== undefined && before(first, late) ? first : late;
  }

  #put(open: Open<T>): void {
    const ordered = this.#ordered;
    const last = ordered[ordered.length - 1];
    if (last === undefined || before(last, open)) ordered.push(open);
    else push(this.#late, open);
  }

  #shift(): void {
    const ordered = this.#ordered;
    this.#front++;
    if (this.#front === ordered.length) {
      ordered.length = 0;
      this.#front = 0;
    } else if (this.#front >= MIN_PLACES && 2 * this.#front >= ordered.length) {
      ordered.copyWithin(0, this.#front);
      ordered.length -= this.#front;
      this.#front = 0;
    }
  }

  #build(open: Open<T>): void {
    if (++this.#building > this.#places.length) this.#grow();
    const place = open.serial & (this.#places.length - 1);
    open.neighbour = this.#places[place];
    this.#places[place] = open;
  }

  #grow(): void {
    const old = this.#places;
    const size = 2 * old.length;
    this.#places = new Array(size).fill(undefined);
    for (const first of old) {
      let open = first;
      while (open !== undefined) {
        const next = open.neighbour;
        const place = open.serial & (size - 1);
        open.neighbour = this.#places[place];
        this.#places[place] = open;
        open = next;
      }
    }
  }

  #completeOldest(): void {
    const second = this.#seconds.get(this.#oldest);
    if (second !== undefined) {
      for (const open of second.events) {
        this.#complete(open);
        open.timed = false;
      }
      this.#seconds.delete(second.sec);
      if (second === this.#second) this.#second = undefined;
    }
    this.#oldest = Number.POSITIVE_INFINITY;
    for (const sec of this.#seconds.keys()) if (sec < this.#oldest) this.#oldest = sec;
  }

  #complete(open: Open<T>): void {
    if (open.complete) return;
    open.complete = true;
    this.#building--;
    const place = open.serial & (this.#places.length - 1);
    let other = this.#places[place];
    if (other === open) {
      this.#places[place] = open.neighbour;
    } else {
      while (other !== undefined && other.neighbour !== open) other = other.neighbour;
      if (other !== undefined) other.neighbour = open.neighbour;
    }
    open.neighbour = undefined;
  }
}

function isOf<T>(open: Open<T>, node: string, sec: number, milli: number, serial: number): boolean {
  return open.serial === serial && open.sec === sec && open.milli === milli && open.node === node;
}

function before<T>(a: Open<T>, b: Open<T>): boolean {
  if (a.sec !== b.sec) return a.sec < b.sec;
  if (a.milli !== b.milli) return a.milli < b.milli;
  if (a.serial !== b.serial) return a.serial < b.serial;
  return a.slot < b.slot;
}

/** Puts an event into a binary heap. */
function push<T>(heap: Open<T>[], element: Open<T>): void {
  let at = heap.length;
  heap.push(element);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent] as Open<T>;
    if (!before(element, above)) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = element;
}

/** Takes the lowest event out of a binary heap that is not empty. */
function popLowest<T>(heap: Open<T>[]): void {
  const last = heap.pop() as Open<T>;
  const size = heap.length;
  if (size === 0) return;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= size) break;
    if (child + 1 < size && before(heap[child + 1] as Open<T>, heap[child] as Open<T>)) child++;
    if (!before(heap[child] as Open<T>, last)) break;
    heap[at] = heap[child] as Open<T>;
    at = child;
  }
  heap[at] = last;
}
