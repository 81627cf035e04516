// Reads a tenant's stream and hands its events on: alone, or as one of several that share it.
import { type BatchDelivery, batchId, type TenantReader } from "@cauditd/bus";
import { eventsOf, type From, followEvents, type Position, quarter } from "@cauditd/client";
import { type Format, gapText, type Output, textOf } from "./output.ts";

/** Text that is written as one while there is more, characters. */
const WRITE_LENGTH = 64 * 1024;
/** Batches in the hands of a reader at once, and the longest that it waits for one, ms. */
const BATCHES = 8;
const WAIT_MS = 5_000;

/** What a consumer is made of. */
export interface ConsumerOptions {
  readonly reader: TenantReader;
  readonly output: Output;
  readonly format: Format;
  /** Name of the consumer that it shares with others; without it, it reads alone. */
  readonly consumer?: string | undefined;
  /** Where a new output begins, alone. Default: with the oldest event that is kept. */
  readonly from?: From | undefined;
  /** Waits for events that are not there yet. Default true. */
  readonly follow?: boolean | undefined;
  /** Ends it; what was taken is written first. */
  readonly signal: AbortSignal;
  /** Told of serials that are missing, alone. */
  readonly onGap?: (gap: { readonly first: number; readonly last: number }) => void;
}

/** What a consumer has done. */
export interface ConsumerCounts {
  readonly events: number;
  /** Serials that were missing. */
  readonly missing: number;
  /** Batches that came again and were written already. */
  readonly repeated: number;
}

/** A tenant's consumer. It runs once. */
export class Consumer {
  readonly #options: ConsumerOptions;
  #events = 0;
  #missing = 0;
  #repeated = 0;
  #text = "";
  #upTo: Position | undefined;
  /** What was handed to the output is not known to be there. */
  #unwritten = false;

  constructor(options: ConsumerOptions) {
    this.#options = options;
  }

  get counts(): ConsumerCounts {
    return { events: this.#events, missing: this.#missing, repeated: this.#repeated };
  }

  /** Resolves at the signal, or without `follow` at the end. Errors: the reader's, the output's. */
  async run(): Promise<void> {
    const { consumer, signal } = this.#options;
    try {
      if (consumer === undefined) await this.#alone();
      else await this.#shared(consumer);
    } catch (error) {
      // A call that the signal has cut has nothing to say.
      if (!signal.aborted || this.#unwritten) throw error;
    }
  }

  async #alone(): Promise<void> {
    const { reader, output, format, from = "begin", follow = true, signal } = this.#options;
    const pause = async (): Promise<void> => {
      await this.#flush();
      await quarter(signal);
    };
    const options = { from: output.position ?? from, follow, signal, pause };
    try {
      for await (const { event, gap } of followEvents(reader, options)) {
        if (gap !== undefined) {
          this.#missing += gap.events;
          this.#options.onGap?.(gap);
          this.#text += gapText(gap, format);
          continue;
        }
        this.#events++;
        this.#text += textOf(event, format);
        this.#upTo = { generation: event.generation, serial: event.serial };
        if (this.#text.length >= WRITE_LENGTH) await this.#flush();
      }
    } finally {
      await this.#flush();
    }
  }

  /** Gaps wait for the event behind them: told alone, they would be told again. */
  async #flush(): Promise<void> {
    if (this.#upTo === undefined) return;
    const [text, upTo] = [this.#text, this.#upTo];
    this.#text = "";
    this.#upTo = undefined;
    await this.#write(text, upTo);
  }

  async #write(text: string, upTo: Position | undefined, batch?: string): Promise<void> {
    this.#unwritten = true;
    await this.#options.output.write(text, upTo, batch);
    this.#unwritten = false;
  }

  async #shared(consumer: string): Promise<void> {
    const { reader, signal } = this.#options;
    while (!signal.aborted) {
      const taken = await this.#unlessStopped(reader.take(consumer, BATCHES, WAIT_MS));
      for (const [i, delivery] of taken.entries()) {
        if (signal.aborted) {
          // Another reader has them at once, instead of when they are due again.
          for (const rest of taken.slice(i)) rest.release();
          return;
        }
        await this.#delivered(delivery);
      }
    }
  }

  async #delivered({ batch, ack }: BatchDelivery): Promise<void> {
    const { output, format } = this.#options;
    // Also in a stream that was made anew, a batch has its id alone.
    const id = batchId("", batch);
    if (output.has(id)) this.#repeated++;
    else {
      const events = eventsOf(batch);
      await this.#write(events.map((event) => textOf(event, format)).join(""), undefined, id);
      this.#events += events.length;
    }
    await ack();
  }

  /** What a take that is given up brings is given back. */
  #unlessStopped(take: Promise<readonly BatchDelivery[]>): Promise<readonly BatchDelivery[]> {
    const { signal } = this.#options;
    return new Promise((resolve, reject) => {
      const stopped = (): void => resolve([]);
      signal.addEventListener("abort", stopped, { once: true });
      take.then((taken) => {
        signal.removeEventListener("abort", stopped);
        if (signal.aborted) for (const delivery of taken) delivery.release();
        resolve(taken);
      }, reject);
    });
  }
}
