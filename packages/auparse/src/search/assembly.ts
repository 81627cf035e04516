import { RecordType } from "@cauditd/libaudit/vocabulary";

/** What an event waits for. */
interface Open<T> {
  readonly node: string;
  readonly sec: number;
  readonly milli: number;
  readonly serial: number;
  /** The place that ausearch keeps it in: it decides between equal times and serials. */
  readonly slot: number;
  complete: boolean;
  readonly payload: T;
  /** Another event with the same serial that is being built. */
  twin: Open<T> | undefined;
}

/** Most events that are kept open; the lowest is taken to be complete beyond that. */
export const MAX_SEARCH_OPEN: number = 1 << 20;

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
    UNKNOWN.has(type) ||
    type === RecordType.PROCTITLE ||
    type < RecordType.SYSCALL ||
    type >= RecordType.ANOM_LOGIN_FAILURES ||
    type === RecordType.KERNEL ||
    (type >= RecordType.MAC_UNLBL_ALLOW && type <= RecordType.MAC_CALIPSO_DEL)
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
  readonly #building: Map<number, Open<T>> = new Map();
  readonly #bySecond: Map<number, Open<T>[]> = new Map();
  /** Not above the lowest second of an event that is being built. */
  #oldest = Number.POSITIVE_INFINITY;
  readonly #heap: Open<T>[] = [];
  readonly #free: number[] = [];
  #slots = 0;

  readonly #hold: boolean;
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
    return this.#heap.length;
  }

  /** The event that a record belongs to; undefined when it begins a new one. */
  find(node: string, sec: number, milli: number, serial: number): T | undefined {
    const recent = this.#recent;
    if (recent !== undefined && !recent.complete && isOf(recent, node, sec, milli, serial)) {
      return recent.payload;
    }
    let open = this.#building.get(serial);
    while (open !== undefined) {
      if (isOf(open, node, sec, milli, serial)) return open.payload;
      open = open.twin;
    }
    return undefined;
  }

  /** Begins an event with its first record's type. */
  begin(node: string, sec: number, milli: number, serial: number, type: number, payload: T): void {
    const slot = this.#free.length > 0 ? popLowest(this.#free, lower) : this.#slots++;
    const twin = undefined;
    const open: Open<T> = { node, sec, milli, serial, slot, complete: false, payload, twin };
    push(this.#heap, open, before);
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
    // Not earlier: the twin may just have been completed.
    open.twin = this.#building.get(serial);
    this.#building.set(serial, open);
    const same = this.#bySecond.get(sec);
    if (same === undefined) this.#bySecond.set(sec, [open]);
    else same.push(open);
    if (sec < this.#oldest) this.#oldest = sec;
    if (this.#heap.length > MAX_SEARCH_OPEN) this.#complete(this.#heap[0] as Open<T>);
  }

  /** The input is over: what is open is complete. */
  end(): void {
    for (const open of this.#heap) open.complete = true;
    this.#held = undefined;
    this.#recent = undefined;
    this.#building.clear();
    this.#bySecond.clear();
    this.#oldest = Number.POSITIVE_INFINITY;
  }

  /** The next event that comes out now, if there is one. */
  next(): T | undefined {
    const lowest = this.#heap[0];
    if (lowest === undefined || !lowest.complete) return undefined;
    popLowest(this.#heap, before);
    push(this.#free, lowest.slot, lower);
    return lowest.payload;
  }

  #completeOldest(): void {
    for (const open of this.#bySecond.get(this.#oldest) ?? []) this.#complete(open);
    this.#bySecond.delete(this.#oldest);
    this.#oldest = Number.POSITIVE_INFINITY;
    for (const sec of this.#bySecond.keys()) if (sec < this.#oldest) this.#oldest = sec;
  }

  #complete(open: Open<T>): void {
    if (open.complete) return;
    open.complete = true;
    const first = this.#building.get(open.serial);
    if (first === open) {
      if (open.twin === undefined) this.#building.delete(open.serial);
      else this.#building.set(open.serial, open.twin);
      return;
    }
    for (let other = first; other !== undefined; other = other.twin) {
      if (other.twin === open) other.twin = open.twin;
    }
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

function lower(a: number, b: number): boolean {
  return a < b;
}

type Before<E> = (a: E, b: E) => boolean;

/** Puts an element into a binary heap. */
function push<E>(heap: E[], element: E, isBefore: Before<E>): void {
  let at = heap.length;
  heap.push(element);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent] as E;
    if (!isBefore(element, above)) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = element;
}

/** Takes the lowest element out of a binary heap that is not empty. */
function popLowest<E>(heap: E[], isBefore: Before<E>): E {
  const lowest = heap[0] as E;
  const last = heap.pop() as E;
  const size = heap.length;
  if (size === 0) return lowest;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= size) break;
    if (child + 1 < size && isBefore(heap[child + 1] as E, heap[child] as E)) child++;
    if (!isBefore(heap[child] as E, last)) break;
    heap[at] = heap[child] as E;
    at = child;
  }
  heap[at] = last;
  return lowest;
}
