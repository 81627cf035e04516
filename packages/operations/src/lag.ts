// How far workers and readers are behind, as the NATS server says: asked in the background, so that
// nobody who looks at a page waits for a server.
import type { ConsumerLag, NatsBus, TenantStreams } from "@cauditd/bus";
import type { ProcessStats } from "./stats.ts";

/** Time between two looks, ms. */
const EVERY_MS = 10_000;

/** Where lag is asked for. */
export interface LagOptions {
  /** Whose frames wait, for the queues of this process; undefined = nobody's. */
  readonly bus?: Pick<NatsBus, "waiting"> | undefined;
  /** The tenants' streams; undefined = none. */
  readonly streams?: Pick<TenantStreams, "lag"> | undefined;
  /** Scopes whose streams are asked for: those that are served here. */
  readonly scopes: () => Iterable<string>;
  /** Told of the first look that fails. */
  readonly told: { warn(details: object, text: string): void };
  /** ms between the end of a look and the next. Default: 10 000. */
  readonly every?: number;
  /** A time in ms that rises. */
  readonly now?: () => number;
}

interface Seen {
  readonly at: number;
  readonly waiting: ReadonlyMap<string, number> | undefined;
  readonly consumers: ReadonlyMap<string, readonly ConsumerLag[]>;
}

/**
 * Looks again and again: one request for all frames, one for each stream, one after the other.
 * What is not known any more, because the server is away, is not told.
 */
export class Lag {
  readonly #options: LagOptions;
  readonly #every: number;
  readonly #now: () => number;
  #seen: Seen | undefined;
  #failing = false;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: LagOptions) {
    this.#options = options;
    this.#every = options.every ?? EVERY_MS;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Begins to look. */
  start(): this {
    void this.look().then(() => {
      if (this.#closed) return;
      this.#timer = setTimeout(() => this.start(), this.#every).unref();
    });
    return this;
  }

  /** One look. Never rejects. */
  async look(): Promise<void> {
    const { bus, streams, scopes, told } = this.#options;
    try {
      const waiting = await bus?.waiting();
      const consumers = new Map<string, readonly ConsumerLag[]>();
      for (const scope of streams === undefined ? [] : [...scopes()]) {
        if (this.#closed) return;
        consumers.set(scope, (await streams?.lag(scope)) ?? []);
      }
      this.#seen = { at: this.#now(), waiting, consumers };
      this.#failing = false;
    } catch (err) {
      this.#seen = undefined;
      if (!this.#failing && !this.#closed) told.warn({ err }, "the lag of readers is not known");
      this.#failing = true;
    }
  }

  /** What a process tells, with what is known of lag. */
  in(stats: ProcessStats): ProcessStats {
    const seen = this.#seen;
    // A look that hangs says nothing; what was seen before it is old.
    if (seen === undefined || this.#now() - seen.at > 2 * this.#every) return stats;
    const { waiting, consumers } = seen;
    return {
      ...stats,
      queues: stats.queues.map((queue) => {
        return waiting === undefined ? queue : { ...queue, waiting: waiting.get(queue.scope) ?? 0 };
      }),
      instances: stats.instances.map((instance) => {
        const { stream, scope } = instance;
        const found = consumers.get(scope);
        if (stream === undefined || found === undefined) return instance;
        return { ...instance, stream: { ...stream, consumers: found } };
      }),
    };
  }

  /** Looks no more. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }
}
