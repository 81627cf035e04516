// The subscribing end of one scope over JetStream: order, window and repeats across reconnects.
import { AuditError, Errno } from "@cauditd/libaudit";
import {
  busyError,
  type DeliveryListener,
  type ErrorListener,
  removedError,
  type Subscription,
} from "../bus.ts";
import type { Turns } from "../turns.ts";
import {
  type Arrival,
  type Attachment,
  answered,
  type Claim,
  type FrameStream,
  type FrameTag,
  type Inbox,
  pause,
  settledWithin,
  Unanswered,
} from "./frame-stream.ts";

/** How long the server holds a pull unless said otherwise, in ms. */
export const PULL_MS = 10_000;
/** Most frames of one pull. */
const BATCH_MAX = 16;
const RETRY_MS = 250;
/** Longest wait in ms, at a close, for the server to answer what was asked before. */
const CLOSE_MS = 5_000;

/** Settings of a ScopeReader. */
export interface ReaderOptions extends Claim {
  /** Nothing is asked for before `resume`. */
  readonly paused?: boolean | undefined;
  readonly onDelivery: DeliveryListener;
  readonly onError: ErrorListener | undefined;
  /** Longest time in ms that `open` waits for the server. */
  readonly timeout: number;
  /** Budget of all readers of the bus, in frames. */
  readonly turns: Turns;
  /** How long the server holds a pull, in ms; given up after half as much again. */
  readonly pull?: number | undefined;
  /** Called once, when the subscription is over. */
  readonly onEnd: () => void;
}

/** A frame in the subscriber's hands. */
interface Held {
  /** Undefined while there is nobody to send it to. */
  confirm: (() => Promise<void>) | undefined;
}

interface Pull {
  left: number;
  /** Units of the budget to give back. */
  turns: number;
  readonly until: number;
}

/**
 * One scope's subscriber. It attaches to the stream with a consumer made anew, so that delivery
 * starts at the oldest frame that is not acknowledged, and does so again after every gap: a lost
 * connection, a missing delivery, a pull that does not end. Frames that came before are dropped
 * then, so the listener sees every frame once and in order.
 *
 * It asks for one frame when the queue looks empty, else for as many as window and budget allow.
 */
export class ScopeReader implements Subscription {
  readonly #stream: FrameStream;
  readonly #scope: string;
  readonly #options: ReaderOptions;
  readonly #holds: number;
  /** Delivered and not acknowledged. */
  readonly #held: Set<Held> = new Set();
  readonly #bySequence: Map<number, Held> = new Map();
  readonly #confirming: Set<Promise<void>> = new Set();
  readonly #unwatch: () => void;
  #inbox: Inbox | undefined;
  #pull: Pull | undefined;
  #withdraw: (() => void) | undefined;
  #pending = 0;
  #born = "";
  #seen = 0;
  #highest = 0;
  #nextDelivery = 1;
  #last = { epoch: "", sequence: -1 };
  #attaching = false;
  #again = false;
  #paused: boolean;
  #closed = false;
  #closing: Promise<void> | undefined;
  #inFlight: Promise<unknown> = Promise.resolve();

  private constructor(stream: FrameStream, scope: string, options: ReaderOptions) {
    this.#stream = stream;
    this.#scope = scope;
    this.#options = options;
    this.#holds = options.pull ?? PULL_MS;
    this.#paused = options.paused === true;
    this.#unwatch = stream.watch({ lost: () => this.#detach(), back: () => this.#reattach() });
  }

  /** Subscribes. Errors: EBUSY, ETIMEDOUT, and what the server answered. */
  static async open(
    stream: FrameStream,
    scope: string,
    options: ReaderOptions,
  ): Promise<ScopeReader> {
    const reader = new ScopeReader(stream, scope, options);
    const op = `subscribe to scope ${scope}`;
    reader.#attaching = true;
    try {
      reader.#begin(await answered(stream, options.timeout, op, () => reader.#attach()), true);
    } catch (error) {
      reader.#finish();
      throw error;
    } finally {
      reader.#attaching = false;
    }
    if (reader.#again) reader.#reattach();
    return reader;
  }

  /** See Subscription.resume. */
  resume(): void {
    this.#paused = false;
    this.#ask();
  }

  /** See Subscription.close. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#closed) return;
    this.#finish();
    // An attachment under way would take the consumer from the next subscriber.
    const work = [this.#inFlight, ...this.#confirming];
    await settledWithin(Promise.allSettled(work), CLOSE_MS);
    await this.#stream.flush();
    this.#options.onEnd();
  }

  /** Ends the subscription because its queue was removed. */
  removed(): void {
    this.#fail(removedError(this.#scope));
  }

  /** Starts again if a pull is overdue at `now` (ms, performance.now). */
  check(now: number): void {
    if (this.#pull !== undefined && now > this.#pull.until) this.#reattach();
  }

  #attach(): Promise<Attachment> {
    const attached = this.#stream.attach(this.#scope, this.#options);
    this.#inFlight = attached;
    return attached;
  }

  /** Nothing more comes from the present attachment, and nothing can be confirmed to it. */
  #detach(): void {
    this.#inbox?.close();
    this.#inbox = undefined;
    this.#endPull();
    for (const held of this.#held) held.confirm = undefined;
  }

  #reattach(): void {
    if (this.#closed) return;
    this.#detach();
    if (this.#attaching) {
      this.#again = true;
      return;
    }
    this.#attaching = true;
    this.#reattachLoop().catch((error: unknown) => {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    });
  }

  async #reattachLoop(): Promise<void> {
    while (!this.#closed) {
      this.#again = false;
      try {
        const attachment = await this.#attach();
        if (this.#again) continue;
        this.#attaching = false;
        if (!this.#closed) this.#begin(attachment, false);
        return;
      } catch (error) {
        if (!(error instanceof Unanswered)) throw error;
        await pause(RETRY_MS);
        await this.#stream.ready(this.#holds);
      }
    }
  }

  #begin(attachment: Attachment, first: boolean): void {
    if (first) this.#seen = attachment.seen;
    if (attachment.born !== this.#born) {
      if (!first) this.#seen = 0;
      this.#highest = 0;
      // Frames of an earlier stream cannot be confirmed; they still count in the window.
      this.#bySequence.clear();
    }
    this.#born = attachment.born;
    this.#nextDelivery = 1;
    this.#pending = attachment.pending;
    const inbox = this.#stream.inbox(this.#scope, attachment.consumer, {
      arrival: (arrival) => {
        if (this.#inbox === inbox) this.#arrival(arrival);
      },
      status: (code, text) => {
        if (this.#inbox === inbox) this.#status(code, text);
      },
    });
    this.#inbox = inbox;
    this.#ask();
  }

  /** Asks the server for what there is room for, unless asked already. */
  #ask(): void {
    if (this.#inbox === undefined || this.#pull !== undefined) return;
    if (this.#withdraw !== undefined || this.#paused || !this.#owns) return;
    const room = this.#options.window - this.#held.size;
    if (room > 1 && this.#pending > 1) {
      this.#askTurn(Math.min(room, this.#pending, BATCH_MAX));
    } else if (room > 0 || this.#bySequence.size === this.#held.size) {
      // With no room the server holds this one back: its own window is full too.
      this.#send(1, 0);
    }
  }

  #askTurn(batch: number): void {
    let granted = false;
    const withdraw = this.#options.turns.take(batch, () => {
      granted = true;
      this.#withdraw = undefined;
      this.#send(batch, batch);
    });
    if (!granted) this.#withdraw = withdraw;
  }

  #send(batch: number, turns: number): void {
    this.#pull = { left: batch, turns, until: performance.now() + 1.5 * this.#holds };
    this.#inbox?.pull(batch, this.#holds);
  }

  #endPull(): void {
    const pull = this.#pull;
    this.#pull = undefined;
    this.#withdraw?.();
    this.#withdraw = undefined;
    if (pull !== undefined && pull.turns > 0) this.#options.turns.give(pull.turns);
  }

  #arrival(arrival: Arrival): void {
    if (arrival.deliverySequence !== this.#nextDelivery) {
      this.#reattach();
      return;
    }
    this.#nextDelivery++;
    this.#pending = arrival.pending;
    if (this.#pull !== undefined) this.#pull.left--;
    this.#take(arrival);
    if (this.#pull !== undefined && this.#pull.left > 0) return;
    this.#endPull();
    this.#ask();
  }

  #take(arrival: Arrival): void {
    const { streamSequence, tag } = arrival;
    if (streamSequence <= this.#highest) {
      const held = this.#bySequence.get(streamSequence);
      if (held === undefined) this.#confirm(() => arrival.ack());
      else held.confirm = () => arrival.ack();
      return;
    }
    this.#highest = streamSequence;
    if (tag === undefined) {
      this.#confirm(() => arrival.ack());
      const text = `delivery ${streamSequence} of scope ${this.#scope}: no frame headers`;
      this.#options.onError?.(new AuditError(Errno.EBADMSG, text));
    } else if (tag.epoch === this.#last.epoch && tag.sequence <= this.#last.sequence) {
      // Stored twice: the server forgot the id between two attempts.
      this.#confirm(() => arrival.ack());
    } else {
      this.#last = tag;
      this.#hand(arrival, tag);
    }
  }

  #hand(arrival: Arrival, tag: FrameTag): void {
    const held: Held = { confirm: () => arrival.ack() };
    this.#held.add(held);
    this.#bySequence.set(arrival.streamSequence, held);
    try {
      this.#options.onDelivery({
        frame: arrival.frame,
        epoch: tag.epoch,
        sequence: tag.sequence,
        source: tag.source,
        redelivered: arrival.streamSequence <= this.#seen,
        ack: () => this.#ack(held, arrival.streamSequence),
      });
    } catch (error) {
      this.#options.onError?.(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #ack(held: Held, streamSequence: number): void {
    if (this.#closed || !this.#held.delete(held)) return;
    if (this.#bySequence.get(streamSequence) === held) this.#bySequence.delete(streamSequence);
    // Without a link the frame comes again, and is confirmed then.
    if (held.confirm !== undefined) this.#confirm(held.confirm);
    this.#ask();
  }

  /** False behind the end of the lease: the scope may be another's. */
  get #owns(): boolean {
    return this.#options.lease?.holds() !== false;
  }

  #confirm(confirm: () => Promise<void>): void {
    if (!this.#owns) return;
    const confirmed = confirm().finally(() => this.#confirming.delete(confirmed));
    this.#confirming.add(confirmed);
  }

  #status(code: number, text: string): void {
    this.#endPull();
    if (code === 404 || code === 408) {
      this.#pending = 0;
      this.#ask();
    } else if (code === 409 && /consumer deleted/i.test(text)) {
      // By Bus.remove of another process, or by a subscriber that goes before this one.
      if (this.#options.lease === undefined) this.removed();
      else this.#fail(busyError(this.#scope));
    } else if (code === 400) {
      this.#fail(new AuditError(Errno.EPROTO, `pull of scope ${this.#scope}: ${text}`));
    } else {
      // 503: nobody answers; 409: the server shuts down or has no room for the pull.
      this.#detach();
      pause(RETRY_MS).then(() => this.#reattach(), undefined);
    }
  }

  #fail(error: Error): void {
    if (this.#closed) return;
    this.#finish();
    this.#options.onEnd();
    this.#options.onError?.(error);
  }

  #finish(): void {
    this.#closed = true;
    this.#unwatch();
    this.#detach();
    this.#held.clear();
    this.#bySequence.clear();
  }
}
