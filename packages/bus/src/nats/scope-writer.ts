// The publishing end of one scope over JetStream: order, retries, duplicates and the byte limit.
import type { PublishOutcome, QueueLimits, QueueState } from "../bus.ts";
import { Ledger } from "../ledger.ts";
import type { SourceRange } from "../place.ts";
import { answered, type FrameStream } from "./frame-stream.ts";

/** What all writers of a bus share. */
export interface WriterOptions {
  readonly limits: QueueLimits;
  /** Longest time in ms that one call waits for the server. */
  readonly timeout: number;
  /** Names the next life of a scope: sequences start again in it. */
  readonly nextEpoch: () => string;
}

/**
 * One scope's publisher. Calls run one after the other, in the order made. An attempt without an
 * answer is made again under the same id, so the server stores the frame once. The server bounds
 * the frames of the scope; the writer bounds the bytes with a ledger.
 */
export class ScopeWriter {
  readonly #stream: FrameStream;
  readonly #scope: string;
  readonly #options: WriterOptions;
  readonly #ledger: Ledger;
  #epoch: string;
  #tail: Promise<unknown> = Promise.resolve();
  #calls = 0;
  /** Whether ledger, total and last agree with the server. */
  #known = false;
  #total = 0;
  #last = -1;

  constructor(stream: FrameStream, scope: string, options: WriterOptions) {
    this.#stream = stream;
    this.#scope = scope;
    this.#options = options;
    this.#ledger = new Ledger(options.limits.frames);
    this.#epoch = options.nextEpoch();
  }

  /** See Bus.publish. Errors: ETIMEDOUT, and what the server answered. */
  publish(sequence: number, frame: Uint8Array, source?: SourceRange): Promise<PublishOutcome> {
    return this.#inTurn(() => this.#publish(sequence, frame, source));
  }

  /** The epoch of the frames published now. */
  get epoch(): string {
    return this.#epoch;
  }

  /** See Bus.state. Waits for no publish call. */
  async state(): Promise<QueueState> {
    const frames = await this.#attempt("state", () => this.#stream.count(this.#scope));
    if (frames === 0) return { frames, bytes: 0 };
    if (this.#known) {
      this.#ledger.trim(frames);
      if (this.#ledger.frames === frames) return { frames, bytes: this.#ledger.bytes };
    }
    const { bytes } = await this.#measure();
    return { frames, bytes };
  }

  /** Deletes the stored frames and starts a new life. */
  remove(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#attempt("remove", () => this.#stream.purge(this.#scope));
      this.#epoch = this.#options.nextEpoch();
      this.#known = false;
      this.#last = -1;
    });
  }

  /** Resolves when the calls made so far have ended. */
  async idle(): Promise<void> {
    await this.#tail;
  }

  /** Whether a call has not ended yet. */
  get busy(): boolean {
    return this.#calls > 0;
  }

  #inTurn<T>(call: () => Promise<T>): Promise<T> {
    this.#calls++;
    const result = this.#tail.then(call).finally(() => {
      this.#calls--;
    });
    this.#tail = result.catch(() => undefined);
    return result;
  }

  #attempt<T>(call: string, attempt: (count: number) => Promise<T>): Promise<T> {
    const op = `${call} of scope ${this.#scope}`;
    return answered(this.#stream, this.#options.timeout, op, attempt);
  }

  async #publish(
    sequence: number,
    frame: Uint8Array,
    source: SourceRange | undefined,
  ): Promise<PublishOutcome> {
    if (!this.#known) await this.#learn();
    if (sequence <= this.#last) return "duplicate";
    if (!(await this.#fits(frame.length))) return "full";
    const id = `${this.#epoch}:${this.#scope}:${sequence}`;
    const tag = { epoch: this.#epoch, sequence, total: this.#total + frame.length, source };
    let attempts = 0;
    let outcome: PublishOutcome;
    // Until the answer is there, whether the frame is stored is not known.
    this.#known = false;
    outcome = await this.#attempt("publish", (count) => {
      attempts = count;
      return this.#stream.store(this.#scope, id, tag, frame);
    });
    this.#known = true;
    if (outcome === "full") return outcome;
    this.#last = sequence;
    // The answer to an earlier attempt of this call was lost.
    if (outcome === "duplicate" && attempts > 1) outcome = "stored";
    if (outcome === "stored") {
      this.#total = tag.total;
      this.#ledger.add(frame.length);
    }
    return outcome;
  }

  /** Whether `bytes` more stay within the limit; asks the server only when they seem not to. */
  async #fits(bytes: number): Promise<boolean> {
    const limit = this.#options.limits.bytes;
    if (this.#ledger.bytes + bytes <= limit) return true;
    this.#ledger.trim(await this.#attempt("publish", () => this.#stream.count(this.#scope)));
    return this.#ledger.bytes + bytes <= limit;
  }

  /** Takes over what is stored, from an earlier publisher or after a call without an answer. */
  async #learn(): Promise<void> {
    const frames = await this.#attempt("publish", () => this.#stream.count(this.#scope));
    const measured = frames === 0 ? { bytes: 0, last: undefined } : await this.#measure();
    const { bytes, last } = measured;
    this.#ledger.reset({ frames: last === undefined ? 0 : frames, bytes });
    this.#total = last?.total ?? 0;
    if (last?.epoch === this.#epoch) this.#last = Math.max(this.#last, last.sequence);
    this.#known = true;
  }

  /** Bytes stored, from the running totals of the oldest and the newest frame. */
  async #measure() {
    const peek = (end: "first" | "last") =>
      this.#attempt("state", () => this.#stream.peek(this.#scope, end));
    const last = await peek("last");
    const first = await peek("first");
    if (first === undefined || last === undefined) return { bytes: 0, last: undefined };
    return { bytes: Math.max(0, last.total - first.total + first.bytes), last };
  }
}
