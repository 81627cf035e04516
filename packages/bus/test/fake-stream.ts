// A frame stream in memory whose answers and connection fail on demand.
import type { PublishOutcome } from "@cauditd/bus";
import { busyError } from "../src/bus.ts";
import {
  type Attachment,
  type Claim,
  type FrameTag,
  type Inbox,
  type InboxListener,
  type LinkListener,
  type StoredFrame,
  Unanswered,
} from "../src/nats/frame-stream.ts";
import type { FrameStreamOwner } from "../src/nats/jetstream-bus.ts";

interface Stored {
  readonly streamSequence: number;
  readonly scope: string;
  readonly tag: FrameTag;
  readonly frame: Uint8Array;
}

interface Consumer {
  readonly owner: string;
  readonly token: number;
  readonly window: number;
  /** Stream sequences delivered and not acknowledged. */
  readonly out: Set<number>;
  delivered: number;
  deliveries: number;
  wanted: number;
  listener: InboxListener | undefined;
}

/** `lost`: the request did not arrive; `reply`: it did, its answer is lost. */
export type Failure = "lost" | "reply";

/** One host's stream. Everything happens on microtasks. */
export class FakeStream implements FrameStreamOwner {
  readonly frames: Map<number, Stored> = new Map();
  /** Failures of the next calls, by method, first in first out. */
  readonly failures: Map<string, (Failure | Error)[]> = new Map();
  /** Methods called, with what matters of their arguments. */
  readonly calls: string[] = [];
  readonly consumers: Map<string, Consumer> = new Map();
  born = "1";
  #ids: Set<string> = new Set();
  #listeners: Set<LinkListener> = new Set();
  #next = 1;
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The next calls of `method` fail like this. */
  fail(method: string, ...failures: (Failure | Error)[]): void {
    this.failures.set(method, [...(this.failures.get(method) ?? []), ...failures]);
  }

  /** Cuts the connection of deliveries. */
  cut(): void {
    for (const consumer of this.consumers.values()) consumer.listener = undefined;
    for (const listener of this.#listeners) listener.lost();
  }

  /** Brings it back. */
  mend(): void {
    for (const listener of this.#listeners) listener.back();
  }

  /** The server begins again without what it had. */
  forget(): void {
    this.born += "1";
    this.frames.clear();
    this.consumers.clear();
    this.#ids.clear();
    this.#next = 1;
  }

  /** The server forgets the ids it has seen. */
  forgetIds(): void {
    this.#ids.clear();
  }

  async ready(): Promise<void> {}

  store(scope: string, id: string, tag: FrameTag, frame: Uint8Array): Promise<PublishOutcome> {
    return this.#call(`store ${id}`, () => {
      if (this.#ids.has(id)) return "duplicate";
      if (this.#of(scope).length >= this.#limit) return "full";
      this.#ids.add(id);
      this.frames.set(this.#next, { streamSequence: this.#next, scope, tag, frame });
      this.#next++;
      this.#serve(scope);
      return "stored";
    });
  }

  get damaged(): number {
    return 0;
  }

  waiting(): Promise<ReadonlyMap<string, number>> {
    return this.#call("waiting", () => {
      const scopes = new Set([...this.frames.values()].map(({ scope }) => scope));
      return new Map([...scopes].map((scope) => [scope, this.#of(scope).length]));
    });
  }

  count(scope: string): Promise<number> {
    return this.#call(`count ${scope}`, () => this.#of(scope).length);
  }

  peek(scope: string, end: "first" | "last"): Promise<StoredFrame | undefined> {
    return this.#call(`peek ${scope} ${end}`, () => {
      const stored = this.#of(scope).at(end === "first" ? 0 : -1);
      return stored === undefined ? undefined : { ...stored.tag, bytes: stored.frame.length };
    });
  }

  purge(scope: string): Promise<void> {
    return this.#call(`purge ${scope}`, () => {
      for (const { streamSequence } of this.#of(scope)) this.frames.delete(streamSequence);
      this.consumers.delete(scope);
    });
  }

  attach(scope: string, { window, owner, lease }: Claim): Promise<Attachment> {
    return this.#call(`attach ${scope}`, () => {
      const old = this.consumers.get(scope);
      const token = lease?.token ?? 0;
      if ((old?.token ?? 0) > token) throw busyError(scope);
      if (old?.token === token && old.listener !== undefined && old.owner !== owner) {
        throw busyError(scope);
      }
      const consumer = { owner, token, window, delivered: 0, deliveries: 0, wanted: 0 };
      this.consumers.set(scope, { ...consumer, out: new Set(), listener: undefined });
      const pending = this.#of(scope).length;
      return { born: this.born, seen: old?.delivered ?? 0, pending, consumer: scope };
    });
  }

  inbox(scope: string, _consumer: string, listener: InboxListener): Inbox {
    const consumer = this.consumers.get(scope);
    if (consumer !== undefined) consumer.listener = listener;
    return {
      pull: (batch) => {
        this.calls.push(`pull ${scope} ${batch}`);
        if (consumer !== undefined) consumer.wanted = batch;
        this.#serve(scope);
      },
      close: () => {
        if (consumer !== undefined) consumer.listener = undefined;
      },
    };
  }

  watch(listener: LinkListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async flush(): Promise<void> {}

  drop(): Promise<void> {
    return this.#call("drop", () => this.forget());
  }

  async end(): Promise<void> {
    this.calls.push("end");
  }

  /** Sends a status to the inbox of a scope. */
  status(scope: string, code: number, text: string): void {
    this.consumers.get(scope)?.listener?.status(code, text);
  }

  async #call<T>(call: string, work: () => T): Promise<T> {
    this.calls.push(call);
    await Promise.resolve();
    const failure = this.failures.get(call.split(" ")[0] ?? "")?.shift();
    if (failure instanceof Error) throw failure;
    if (failure === "lost") throw new Unanswered("nobody");
    const answer = work();
    if (failure === "reply") throw new Unanswered("nobody");
    return answer;
  }

  #of(scope: string): Stored[] {
    return [...this.frames.values()].filter((stored) => stored.scope === scope);
  }

  #serve(scope: string): void {
    queueMicrotask(() => {
      const consumer = this.consumers.get(scope);
      while (consumer?.listener !== undefined && consumer.wanted > 0) {
        if (consumer.out.size >= consumer.window) return;
        const later = this.#of(scope).filter((one) => one.streamSequence > consumer.delivered);
        const stored = later[0];
        if (stored === undefined) return;
        this.#deliver(scope, consumer, stored, later.length - 1);
      }
    });
  }

  #deliver(scope: string, consumer: Consumer, stored: Stored, pending: number): void {
    const { streamSequence, tag, frame } = stored;
    consumer.wanted--;
    consumer.delivered = streamSequence;
    consumer.deliveries++;
    consumer.out.add(streamSequence);
    const failure = this.failures.get("deliver")?.shift();
    if (failure !== undefined) return;
    consumer.listener?.arrival({
      frame,
      tag: tag.epoch === "" ? undefined : tag,
      streamSequence,
      deliverySequence: consumer.deliveries,
      pending,
      ack: () =>
        this.#call(`ack ${streamSequence}`, () => {
          if (!consumer.out.delete(streamSequence)) return;
          this.frames.delete(streamSequence);
          this.#serve(scope);
        }).catch(() => undefined),
    });
  }
}
