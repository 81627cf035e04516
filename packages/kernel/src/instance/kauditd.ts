import { Fifo } from "./fifo.ts";
import type { Instance } from "./instance.ts";
import { type Evictable, PRIORITIES } from "./overflow.ts";

/** Tries in a row that a send gets from the hold and retry queues; the main queue gives one. */
export const UNICAST_RETRIES = 5;

/**
 * What became of sending one event to the daemon: `again` when its socket is full (EAGAIN),
 * `refused` when it is gone (ECONNREFUSED, EPERM).
 */
export type SendResult = "sent" | "again" | "refused";

/** Sends one event to the daemon. */
export type Send<T> = (item: T) => SendResult;

interface Queued<T> {
  readonly item: T;
  readonly serial: number;
  readonly priority: number;
}

/** How the queues behave. */
export interface KauditdOptions {
  /**
   * What happens to events while no daemon is there: true = they are held up to backlog_limit, as
   * when the kernel was started with audit=1 (AUD-112); false = they are dropped and not counted
   * as lost (AUD-111). Default true.
   */
  readonly holds?: boolean;
}

/**
 * The queues between an instance and its daemon, and the kernel's thread that empties them: first
 * what is held, then what is tried again, then the main queue; order is kept (CID-106; spec 2.10).
 * Only the main queue is the backlog of the status.
 */
export class Kauditd<T> implements Evictable {
  readonly #instance: Instance;
  readonly #holds: boolean;
  readonly #main = new Fifo<Queued<T>>();
  readonly #retry = new Fifo<Queued<T>>();
  readonly #hold = new Fifo<Queued<T>>();
  /** How many of each priority are in the main queue. */
  readonly #waiting: Uint32Array = new Uint32Array(PRIORITIES);

  /** Becomes the queue of the instance. */
  constructor(instance: Instance, { holds = true }: KauditdOptions = {}) {
    this.#instance = instance;
    this.#holds = holds;
    instance.queue = this;
  }

  /** Events in each queue. */
  get sizes(): { main: number; retry: number; hold: number } {
    return { main: this.#main.length, retry: this.#retry.length, hold: this.#hold.length };
  }

  /** What has not been sent, in the order in which it will be. */
  *unsent(): Generator<T, void, undefined> {
    for (const queue of [this.#hold, this.#retry, this.#main]) {
      for (const { item } of queue) yield item;
    }
  }

  /** Puts in an event that the instance has accepted and given this serial. */
  push(item: T, serial: number, priority = 0): void {
    this.#main.push({ item, serial, priority });
    this.#waiting[priority] = (this.#waiting[priority] ?? 0) + 1;
  }

  /**
   * One pass of the thread over what is in the queues. What cannot be sent holds up what is behind
   * it, so that the order is kept; the main queue is emptied nevertheless.
   * @param send to the daemon; undefined when none is there
   * @param multicast gets each event once, as it leaves the main queue (AUD-113)
   * @returns false when the daemon is gone
   */
  run(send: Send<T> | undefined, multicast?: (item: T) => void): boolean {
    let result: SendResult = send === undefined ? "refused" : this.#drain(this.#hold, send);
    if (result === "sent") result = this.#drain(this.#retry, send);
    if (result === "refused") this.reset();
    for (let rest = this.#main.length; rest > 0; rest--) {
      const queued = this.#main.shift() as Queued<T>;
      this.#forget(queued);
      this.#instance.left(1);
      multicast?.(queued.item);
      if (result === "sent") {
        result = send?.(queued.item) ?? "refused";
        if (result === "refused") this.reset();
      }
      if (result === "sent") this.#instance.written(1);
      else if (result === "again") this.#put(this.#retry, queued);
      else this.#putHold(queued);
    }
    return result !== "refused";
  }

  /** The daemon has gone: what was to be tried again is held, in front of what comes. */
  reset(): void {
    for (let queued = this.#retry.shift(); queued !== undefined; queued = this.#retry.shift()) {
      this.#putHold(queued);
    }
  }

  /** Drops everything, as when the scope has ended (CID-104). */
  clear(): void {
    this.#waiting.fill(0);
    this.#instance.left(this.#main.length);
    for (const queue of [this.#hold, this.#retry, this.#main]) {
      this.#instance.dropped(queue.length);
      while (queue.shift() !== undefined);
    }
  }

  evictOldest(): number {
    return this.#evicted(this.#main.shift());
  }

  evictBelow(priority: number): number {
    for (let lowest = 0; lowest < priority; lowest++) {
      if (this.#waiting[lowest] === 0) continue;
      return this.#evicted(this.#main.remove((queued) => queued.priority === lowest));
    }
    return -1;
  }

  #evicted(queued: Queued<T> | undefined): number {
    if (queued === undefined) return -1;
    this.#forget(queued);
    return queued.serial;
  }

  #forget({ priority }: Queued<T>): void {
    this.#waiting[priority] = (this.#waiting[priority] ?? 1) - 1;
  }

  /** Sends a queue until it is empty or a send has failed UNICAST_RETRIES times in a row. */
  #drain(queue: Fifo<Queued<T>>, send: Send<T> | undefined): SendResult {
    for (let next = queue.first; next !== undefined; next = queue.first) {
      let result: SendResult = "again";
      for (let i = 0; i < UNICAST_RETRIES && result === "again"; i++) {
        result = send?.(next.item) ?? "refused";
      }
      if (result !== "sent") return result;
      queue.shift();
      this.#instance.written(1);
    }
    return "sent";
  }

  #putHold(queued: Queued<T>): void {
    if (this.#holds) this.#put(this.#hold, queued);
    else this.#instance.dropped(1);
  }

  /** Each of the two queues is bounded by backlog_limit (0 = not); what has no room is lost. */
  #put(queue: Fifo<Queued<T>>, queued: Queued<T>): void {
    const limit = this.#instance.status.backlog_limit;
    if (limit === 0 || queue.length < limit) queue.push(queued);
    else this.#instance.failed(1, "backlog", queued.serial, queued.serial);
  }
}
