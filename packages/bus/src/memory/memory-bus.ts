// The bus inside one process: frames are handed on by reference, nothing is copied.
import { randomUUID } from "node:crypto";
import {
  type Bus,
  busyError,
  checkFrame,
  checkLimits,
  checkScope,
  checkSubscribe,
  type DeliveryListener,
  type ErrorListener,
  type PublishOutcome,
  type QueueLimits,
  type QueueState,
  removedError,
  type SubscribeOptions,
  type Subscription,
  shutdownError,
} from "../bus.ts";
import type { Place, SourceRange } from "../place.ts";
import { Ring } from "../ring.ts";

interface Entry extends Place {
  readonly frame: Uint8Array;
  readonly source: SourceRange | undefined;
  /** Whether a subscriber has seen it. */
  seen: boolean;
}

/**
 * A Bus within the process. Frames wait in a ring per scope and are delivered on microtasks. It
 * holds nothing after `close()` and survives no restart.
 */
export class MemoryBus implements Bus {
  readonly kind = "memory";
  readonly #limits: QueueLimits;
  readonly #queues: Map<string, ScopeQueue> = new Map();
  readonly #epoch: string;
  #closed = false;

  /**
   * `limits` bound each scope's queue; `epoch` names the life of the publisher. Errors: EINVAL for
   * a limit below 1.
   */
  constructor(limits: QueueLimits, epoch: string = randomUUID()) {
    checkLimits(limits);
    this.#limits = { ...limits };
    this.#epoch = epoch;
  }

  async publish(
    scope: string,
    sequence: number,
    frame: Uint8Array,
    source?: SourceRange,
  ): Promise<PublishOutcome> {
    this.#checkOpen("publish");
    checkFrame(scope, sequence, frame);
    const entry = { epoch: this.#epoch, sequence, frame, source, seen: false };
    return this.#queue(scope).store(entry);
  }

  epoch(): string {
    return this.#epoch;
  }

  async subscribe(
    scope: string,
    options: SubscribeOptions,
    onDelivery: DeliveryListener,
    onError?: ErrorListener,
  ): Promise<Subscription> {
    this.#checkOpen("subscribe");
    checkSubscribe(scope, options);
    return this.#queue(scope).attach(new MemorySubscription(options, onDelivery, onError));
  }

  async state(scope: string): Promise<QueueState> {
    this.#checkOpen("state");
    checkScope(scope);
    return this.#queues.get(scope)?.state() ?? { frames: 0, bytes: 0 };
  }

  async remove(scope: string): Promise<void> {
    this.#checkOpen("remove");
    checkScope(scope);
    const queue = this.#queues.get(scope);
    this.#queues.delete(scope);
    queue?.reader?.end(removedError(scope));
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const queue of this.#queues.values()) queue.reader?.end();
    this.#queues.clear();
  }

  #checkOpen(call: string): void {
    if (this.#closed) throw shutdownError(call);
  }

  #queue(scope: string): ScopeQueue {
    let queue = this.#queues.get(scope);
    if (queue === undefined) {
      queue = new ScopeQueue(scope, this.#limits);
      this.#queues.set(scope, queue);
    }
    return queue;
  }
}

class ScopeQueue {
  reader: MemorySubscription | undefined;
  readonly waiting: Ring<Entry> = new Ring();
  readonly #scope: string;
  readonly #limits: QueueLimits;
  #frames = 0;
  #bytes = 0;
  #last = -1;

  constructor(scope: string, limits: QueueLimits) {
    this.#scope = scope;
    this.#limits = limits;
  }

  state(): QueueState {
    return { frames: this.#frames, bytes: this.#bytes };
  }

  store(entry: Entry): PublishOutcome {
    const { sequence, frame } = entry;
    if (sequence <= this.#last) return "duplicate";
    if (this.#frames >= this.#limits.frames) return "full";
    if (this.#bytes + frame.length > this.#limits.bytes) return "full";
    this.#last = sequence;
    this.#frames++;
    this.#bytes += frame.length;
    this.waiting.push(entry);
    this.reader?.wake();
    return "stored";
  }

  attach(reader: MemorySubscription): MemorySubscription {
    if (this.reader !== undefined) {
      if (reader.token <= this.reader.token) throw busyError(this.#scope);
      this.reader.end(busyError(this.#scope));
    }
    this.reader = reader;
    reader.start(this);
    return reader;
  }

  /** An entry was acknowledged. */
  forget(entry: Entry): void {
    this.#frames--;
    this.#bytes -= entry.frame.length;
  }
}

class MemorySubscription implements Subscription {
  readonly #options: SubscribeOptions;
  readonly #onDelivery: DeliveryListener;
  readonly #onError: ErrorListener | undefined;
  /** Delivered and not acknowledged, oldest first. */
  readonly #held: Set<Entry> = new Set();
  #queue: ScopeQueue | undefined;
  #scheduled = false;
  #paused: boolean;

  constructor(
    options: SubscribeOptions,
    onDelivery: DeliveryListener,
    onError: ErrorListener | undefined,
  ) {
    this.#options = options;
    this.#paused = options.paused === true;
    this.#onDelivery = onDelivery;
    this.#onError = onError;
  }

  /** 0 without a lease. */
  get token(): number {
    return this.#options.lease?.token ?? 0;
  }

  resume(): void {
    this.#paused = false;
    this.wake();
  }

  start(queue: ScopeQueue): void {
    this.#queue = queue;
    this.wake();
  }

  async close(): Promise<void> {
    this.end();
  }

  /** Stops delivery and puts unacknowledged frames back at the head of the queue. */
  end(error?: Error): void {
    const queue = this.#queue;
    if (queue === undefined) return;
    this.#queue = undefined;
    queue.reader = undefined;
    for (const entry of [...this.#held].reverse()) queue.waiting.unshift(entry);
    this.#held.clear();
    if (error !== undefined) this.#onError?.(error);
  }

  /** Schedules delivery of what the window has room for. */
  wake(): void {
    if (this.#scheduled || this.#paused) return;
    this.#scheduled = true;
    queueMicrotask(() => this.#deliver());
  }

  #deliver(): void {
    this.#scheduled = false;
    while (this.#queue !== undefined && this.#held.size < this.#options.window) {
      if (this.#options.lease?.holds() === false) return;
      const entry = this.#queue.waiting.shift();
      if (entry === undefined) return;
      this.#hand(entry);
    }
  }

  #hand(entry: Entry): void {
    const redelivered = entry.seen;
    entry.seen = true;
    this.#held.add(entry);
    try {
      this.#onDelivery({
        frame: entry.frame,
        epoch: entry.epoch,
        sequence: entry.sequence,
        source: entry.source,
        redelivered,
        ack: () => this.#ack(entry),
      });
    } catch (error) {
      this.#onError?.(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #ack(entry: Entry): void {
    if (this.#options.lease?.holds() === false) return;
    if (!this.#held.delete(entry)) return;
    this.#queue?.forget(entry);
    this.wake();
  }
}
