// The Bus over a JetStream stream: one writer and at most one reader per scope.
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
  type SubscribeOptions,
  type Subscription,
  shutdownError,
} from "../bus.ts";
import type { SourceRange } from "../place.ts";
import { Turns } from "../turns.ts";
import { answered, type FrameStream } from "./frame-stream.ts";
import { PULL_MS, ScopeReader } from "./scope-reader.ts";
import { ScopeWriter, type WriterOptions } from "./scope-writer.ts";

/** Frames that all pulls of one process may have under way: 32 MiB at most. */
const TURNS = 32;

/** Settings of a JetStreamBus. */
export interface JetStreamBusOptions {
  readonly limits: QueueLimits;
  /** Life of the publisher; sequences may start again under another one. */
  readonly epoch: string;
  /** Longest time in ms that a call waits for the server. */
  readonly timeout: number;
  /** How long the server holds a pull, in ms; one that is lost costs twice that. Default 10 000. */
  readonly pull?: number | undefined;
}

/** The stream under the bus, and how to let go of it. */
export interface FrameStreamOwner extends FrameStream {
  /** Deliveries that carried something else than their digest says. */
  readonly damaged: number;
  /** Frames stored, by scope. */
  waiting(): Promise<ReadonlyMap<string, number>>;
  /** Deletes the stream and every frame in it. */
  drop(): Promise<void>;
  /** Ends the connections; what was sent arrives first. */
  end(): Promise<void>;
}

/** A Bus over `stream`. It owns the stream and ends it. */
export class JetStreamBus implements Bus {
  readonly kind = "nats";
  readonly #stream: FrameStreamOwner;
  readonly #timeout: number;
  readonly #pull: number;
  readonly #writerOptions: WriterOptions;
  readonly #writers: Map<string, ScopeWriter> = new Map();
  /** Undefined while a subscription is being made. */
  readonly #readers: Map<string, ScopeReader | undefined> = new Map();
  readonly #turns: Turns = new Turns(TURNS);
  readonly #timer: NodeJS.Timeout;
  #removals = 0;
  #closing: Promise<void> | undefined;

  /** Errors: EINVAL for a limit below 1. */
  constructor(stream: FrameStreamOwner, options: JetStreamBusOptions) {
    checkLimits(options.limits);
    this.#stream = stream;
    this.#timeout = options.timeout;
    this.#pull = options.pull ?? PULL_MS;
    this.#writerOptions = {
      limits: { ...options.limits },
      timeout: options.timeout,
      nextEpoch: () => `${options.epoch}.${this.#removals}`,
    };
    this.#timer = setInterval(() => this.#check(), this.#pull / 2).unref();
  }

  async publish(
    scope: string,
    sequence: number,
    frame: Uint8Array,
    source?: SourceRange,
  ): Promise<PublishOutcome> {
    this.#checkOpen("publish");
    checkFrame(scope, sequence, frame);
    return this.#writer(scope).publish(sequence, frame, source);
  }

  epoch(scope: string): string {
    return this.#writer(scope).epoch;
  }

  async subscribe(
    scope: string,
    options: SubscribeOptions,
    onDelivery: DeliveryListener,
    onError?: ErrorListener,
  ): Promise<Subscription> {
    this.#checkOpen("subscribe");
    checkSubscribe(scope, options);
    if (this.#readers.has(scope)) throw busyError(scope);
    this.#readers.set(scope, undefined);
    let reader: ScopeReader;
    try {
      reader = await ScopeReader.open(this.#stream, scope, {
        window: options.window,
        paused: options.paused,
        lease: options.lease,
        owner: randomUUID(),
        onDelivery,
        onError,
        timeout: this.#timeout,
        turns: this.#turns,
        pull: this.#pull,
        onEnd: () => this.#readers.delete(scope),
      });
    } catch (error) {
      this.#readers.delete(scope);
      throw error;
    }
    if (this.#closing !== undefined) {
      await reader.close();
      throw shutdownError("subscribe");
    }
    this.#readers.set(scope, reader);
    return reader;
  }

  async state(scope: string): Promise<QueueState> {
    this.#checkOpen("state");
    checkScope(scope);
    const writer =
      this.#writers.get(scope) ?? new ScopeWriter(this.#stream, scope, this.#writerOptions);
    return writer.state();
  }

  async remove(scope: string): Promise<void> {
    this.#checkOpen("remove");
    checkScope(scope);
    this.#readers.get(scope)?.removed();
    this.#removals++;
    const writer = this.#writer(scope);
    await writer.remove();
    if (!writer.busy) this.#writers.delete(scope);
  }

  get damaged(): number {
    return this.#stream.damaged;
  }

  /** See NatsBus.waiting. */
  async waiting(): Promise<ReadonlyMap<string, number>> {
    this.#checkOpen("waiting");
    return answered(this.#stream, this.#timeout, "waiting", () => this.#stream.waiting());
  }

  close(): Promise<void> {
    this.#closing ??= this.#close(false);
    return this.#closing;
  }

  /**
   * Closes the bus and deletes the stream of its host with every frame in it. Errors: ESHUTDOWN,
   * ETIMEDOUT, and what the server answered; the bus is closed then too.
   */
  async destroy(): Promise<void> {
    this.#checkOpen("destroy");
    this.#closing = this.#close(true);
    await this.#closing;
  }

  async #close(drop: boolean): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all([...this.#writers.values()].map((writer) => writer.idle()));
    await Promise.all([...this.#readers.values()].map((reader) => reader?.close()));
    try {
      if (drop) {
        await answered(this.#stream, this.#timeout, "destroy", () => this.#stream.drop());
      }
    } finally {
      await this.#stream.end();
    }
  }

  #writer(scope: string): ScopeWriter {
    let writer = this.#writers.get(scope);
    if (writer === undefined) {
      writer = new ScopeWriter(this.#stream, scope, this.#writerOptions);
      this.#writers.set(scope, writer);
    }
    return writer;
  }

  #checkOpen(call: string): void {
    if (this.#closing !== undefined) throw shutdownError(call);
  }

  #check(): void {
    const now = performance.now();
    for (const reader of this.#readers.values()) reader?.check(now);
  }
}
