import { isSingleRecord, RecordType } from "@cauditd/libaudit/vocabulary";
import { AuditEvent, EventEnd } from "./event.ts";
import type { Header } from "./header.ts";
import {
  EVENT_TIMEOUT_MS,
  MAX_EVENT_BYTES,
  MAX_EVENT_RECORDS,
  MAX_OPEN_BYTES,
  MAX_OPEN_EVENTS,
} from "./limits.ts";

/** Receives complete events; the event is valid only during the call. */
export type EventSink = (event: AuditEvent) => void;

/** Bounds of the assembler; all may be lowered, for small machines and for tests. */
export interface AssemblerOptions {
  /** Most events that wait for their end. */
  readonly maxOpenEvents?: number;
  /** Most bytes of records that wait for their event's end. */
  readonly maxOpenBytes?: number;
  /** Event time, in milliseconds, after which an event is complete. */
  readonly timeoutMs?: number;
}

/** One node's open events: when they might time out. */
export class NodeState {
  readonly id: number;
  readonly name: string;
  /** Bounds on the times of the node's open events; they may be wider than the truth. */
  oldest: number = Number.POSITIVE_INFINITY;
  newest: number = Number.NEGATIVE_INFINITY;

  constructor(id: number, name: string) {
    this.id = id;
    this.name = name;
  }
}

interface Open {
  readonly event: AuditEvent;
  /** The node's state. */
  node: NodeState;
  /** Milliseconds since the epoch. */
  time: number;
  /** Complete, but held until a record of another event shows that nothing follows. */
  complete: boolean;
  /** The records are in the event's own buffer. */
  owned: boolean;
  /** It is in the map of serials. */
  indexed: boolean;
  /** Order of arrival. */
  previous: Open | undefined;
  next: Open | undefined;
  /** Next open event with the same serial. */
  twin: Open | undefined;
}

/** Recently emitted events, so that a record that comes too late is known to be late. */
const RECENT = 4096;

/**
 * Puts records into events. An event is complete when (1) its EOE, its PROCTITLE or a record
 * type that stands alone has come and then a record of another event, (2) a record of the same
 * node is at least the timeout away in event time, (3) too much is waiting, or (4) the input
 * is over. Holding a completed event until the next record lets the records that v11 writes
 * after PROCTITLE and after user records (contid.md 1.7) join it, whatever the chunking.
 */
export class Assembler {
  readonly #sink: EventSink;
  readonly #maxOpen: number;
  readonly #maxBytes: number;
  readonly #timeout: number;
  readonly #bySerial: Map<number, Open> = new Map();
  readonly #pool: Open[] = [];
  readonly #recentSerial = new Float64Array(RECENT).fill(-1);
  readonly #recentTime = new Float64Array(RECENT);
  readonly #recentNode = new Uint16Array(RECENT);
  #head: Open | undefined;
  #tail: Open | undefined;
  /** The event that the last record belongs to. */
  #last: Open | undefined;
  #open = 0;
  #bytes = 0;
  #late = 0;

  constructor(sink: EventSink, options: AssemblerOptions = {}) {
    this.#sink = sink;
    this.#maxOpen = options.maxOpenEvents ?? MAX_OPEN_EVENTS;
    this.#maxBytes = options.maxOpenBytes ?? MAX_OPEN_BYTES;
    this.#timeout = options.timeoutMs ?? EVENT_TIMEOUT_MS;
  }

  /** Events that wait for their end. */
  get open(): number {
    return this.#open;
  }

  /** Events so far that began after an event of the same identity had been emitted. */
  get late(): number {
    return this.#late;
  }

  /** Takes one record; `[start, end)` of `buf` is its line. */
  add(node: NodeState, head: Header, buf: Buffer, start: number, end: number): void {
    let open = this.#last;
    if (open === undefined || !isOf(open, node, head)) {
      if (open?.complete) this.#emit(open);
      else if (open !== undefined) this.#index(open);
      this.#last = undefined;
      open = this.#find(node, head);
      if (open === undefined) {
        if (head.type === RecordType.EOE) return;
        open = this.#begin(node, head);
      }
      this.#last = open;
    }
    const type = head.type;
    if (type === RecordType.EOE) {
      open.event.eoe = true;
      this.#complete(open, EventEnd.eoe);
      return;
    }
    const event = open.event;
    if (event.count === MAX_EVENT_RECORDS || event.bytes + end - start > MAX_EVENT_BYTES) {
      event.end = EventEnd.evicted;
      this.#emit(open);
      open = this.#begin(node, head);
      this.#last = open;
    }
    open.event.add(head, buf, start, end);
    open.owned = false;
    this.#bytes += end - start;
    if (type === RecordType.PROCTITLE) {
      if (open.event.count > 1) this.#complete(open, EventEnd.proctitle);
    } else if (isSingleRecord(type)) {
      this.#complete(open, EventEnd.single);
    }
    if (this.#open > this.#maxOpen || this.#bytes > this.#maxBytes) this.#evict();
  }

  /** Open events copy their records: the caller may now use its input buffer again. */
  own(): void {
    for (let open = this.#head; open !== undefined; open = open.next) {
      if (open.owned) continue;
      open.event.own();
      open.owned = true;
    }
  }

  /** Emits every waiting event in order of arrival: the input is over, or has gone quiet. */
  flush(): void {
    while (this.#head !== undefined) this.#emit(this.#head);
  }

  /** Emits the event that is complete and only waits for another event's record. */
  settle(): void {
    if (this.#last?.complete) this.#emit(this.#last);
  }

  #complete(open: Open, end: EventEnd): void {
    open.complete = true;
    open.event.end = end;
  }

  #find(node: NodeState, head: Header): Open | undefined {
    let open = this.#bySerial.get(head.serial);
    while (open !== undefined && !isOf(open, node, head)) open = open.twin;
    return open;
  }

  #begin(node: NodeState, head: Header): Open {
    const time = head.sec * 1000 + head.milli;
    const timeout = this.#timeout;
    if (time - node.oldest >= timeout || node.newest - time >= timeout) this.#expire(node, time);
    const open = this.#pool.pop() ?? newOpen(node);
    open.node = node;
    open.time = time;
    open.complete = false;
    open.event.reset(node.name, node.id, head);
    if (time < node.oldest) node.oldest = time;
    if (time > node.newest) node.newest = time;
    const slot = head.serial & (RECENT - 1);
    if (
      this.#recentSerial[slot] === head.serial &&
      this.#recentTime[slot] === time &&
      this.#recentNode[slot] === node.id
    ) {
      open.event.late = true;
      this.#late++;
    }
    open.previous = this.#tail;
    open.next = undefined;
    if (this.#tail === undefined) this.#head = open;
    else this.#tail.next = open;
    this.#tail = open;
    this.#open++;
    return open;
  }

  /** Makes an event findable that is not the last one any more; most never need it. */
  #index(open: Open): void {
    if (open.indexed) return;
    open.indexed = true;
    const { serial } = open.event;
    open.twin = this.#bySerial.get(serial);
    this.#bySerial.set(serial, open);
  }

  /** Emits the node's events that are too far from `time`, and takes new bounds. */
  #expire(node: NodeState, time: number): void {
    node.oldest = Number.POSITIVE_INFINITY;
    node.newest = Number.NEGATIVE_INFINITY;
    let next: Open | undefined;
    for (let open = this.#head; open !== undefined; open = next) {
      next = open.next;
      if (open.node !== node) continue;
      if (Math.abs(time - open.time) >= this.#timeout) {
        if (!open.complete) open.event.end = EventEnd.timeout;
        this.#emit(open);
        continue;
      }
      if (open.time < node.oldest) node.oldest = open.time;
      if (open.time > node.newest) node.newest = open.time;
    }
  }

  #evict(): void {
    while (this.#head !== undefined) {
      if (this.#open <= this.#maxOpen && this.#bytes <= this.#maxBytes) return;
      if (!this.#head.complete) this.#head.event.end = EventEnd.evicted;
      this.#emit(this.#head);
    }
  }

  #emit(open: Open): void {
    const event = open.event;
    this.#unlink(open);
    this.#bytes -= event.bytes;
    const slot = event.serial & (RECENT - 1);
    this.#recentSerial[slot] = event.serial;
    this.#recentTime[slot] = open.time;
    this.#recentNode[slot] = event.nodeId;
    this.#sink(event);
    event.release();
    this.#pool.push(open);
  }

  #unindex(open: Open): void {
    const serial = open.event.serial;
    const first = this.#bySerial.get(serial) as Open;
    if (first === open) {
      if (open.twin === undefined) this.#bySerial.delete(serial);
      else this.#bySerial.set(serial, open.twin);
    } else {
      let before = first;
      while (before.twin !== open) before = before.twin as Open;
      before.twin = open.twin;
    }
    open.twin = undefined;
    open.indexed = false;
  }

  #unlink(open: Open): void {
    if (open.indexed) this.#unindex(open);
    if (open.previous === undefined) this.#head = open.next;
    else open.previous.next = open.next;
    if (open.next === undefined) this.#tail = open.previous;
    else open.next.previous = open.previous;
    open.previous = undefined;
    open.next = undefined;
    if (this.#last === open) this.#last = undefined;
    this.#open--;
  }
}

function isOf(open: Open, node: NodeState, head: Header): boolean {
  const event = open.event;
  return (
    event.serial === head.serial &&
    event.milli === head.milli &&
    event.sec === head.sec &&
    open.node === node
  );
}

function newOpen(node: NodeState): Open {
  return {
    event: new AuditEvent(),
    node,
    time: 0,
    complete: false,
    owned: false,
    indexed: false,
    previous: undefined,
    next: undefined,
    twin: undefined,
  };
}
