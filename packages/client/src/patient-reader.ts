// A reader for programs that run for long: a server that is away is waited for.
import type { BatchDelivery, StoredBatch, TenantReader } from "@cauditd/bus";
import { AuditError, Errno } from "@cauditd/libaudit";

/** How a patient reader waits. */
export interface PatientReaderOptions {
  /** Ends the waiting: the call under way fails with the error it waited for. */
  readonly signal?: AbortSignal;
  /** Told of the first error of a row, and with nothing when a call is answered again. */
  readonly onChange?: (error: AuditError | undefined) => void;
  /** Resolves after `ms`, or when the signal comes. */
  readonly pause?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
}

/** Time between two attempts in ms: doubled from the first on, with up to a half less at random. */
const FIRST_MS = 250;
const LAST_MS = 15_000;
/** Errors that end by themselves: no server, no answer, or a stream that is not made yet. */
const PASSING: readonly number[] = [
  Errno.ECONNREFUSED,
  Errno.EHOSTUNREACH,
  Errno.ENOENT,
  Errno.ENOTCONN,
  Errno.ETIMEDOUT,
];

/**
 * Reads as the reader that `open` gives, and waits where that one fails: for a server that is
 * away, and for a stream or a consumer that is not there yet. Other errors, as EACCES, are thrown.
 * An acknowledgement that nobody hears is given up: its batch comes again.
 */
export class PatientReader implements TenantReader {
  readonly #open: () => Promise<TenantReader>;
  readonly #options: PatientReaderOptions;
  #reader: TenantReader | undefined;
  #failing = false;

  constructor(open: () => Promise<TenantReader>, options: PatientReaderOptions = {}) {
    this.#open = open;
    this.#options = options;
  }

  bounds(): Promise<{ readonly first: number; readonly last: number }> {
    return this.#patiently((reader) => reader.bounds());
  }

  read(place: number): Promise<StoredBatch | undefined> {
    return this.#patiently((reader) => reader.read(place));
  }

  async take(consumer: string, most: number, wait: number): Promise<readonly BatchDelivery[]> {
    const taken = await this.#patiently((reader) => reader.take(consumer, most, wait));
    return taken.map((delivery) => ({ ...delivery, ack: () => this.#ack(delivery) }));
  }

  async close(): Promise<void> {
    await this.#reader?.close();
  }

  async #ack(delivery: BatchDelivery): Promise<void> {
    try {
      await delivery.ack();
    } catch (error) {
      if (!isPassing(error)) throw error;
      this.#failed(error);
    }
  }

  async #patiently<T>(call: (reader: TenantReader) => Promise<T>): Promise<T> {
    const { signal, pause = pauseFor } = this.#options;
    for (let wait = FIRST_MS; ; wait = Math.min(wait * 2, LAST_MS)) {
      try {
        this.#reader ??= await this.#open();
        const answer = await call(this.#reader);
        this.#answered();
        return answer;
      } catch (error) {
        if (!isPassing(error) || isOver(signal)) throw error;
        this.#failed(error);
        // That connection never comes back.
        if (error.errno === Errno.ENOTCONN) this.#reader = undefined;
        await pause(wait * (1 - Math.random() / 2), signal);
        if (isOver(signal)) throw error;
      }
    }
  }

  #failed(error: AuditError): void {
    if (!this.#failing) this.#options.onChange?.(error);
    this.#failing = true;
  }

  #answered(): void {
    if (this.#failing) this.#options.onChange?.(undefined);
    this.#failing = false;
  }
}

function isPassing(error: unknown): error is AuditError {
  return error instanceof AuditError && PASSING.includes(error.errno);
}

/** Whether the signal has come. */
export function isOver(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

/** Resolves after `ms`, or when the signal comes. */
export function pauseFor(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (isOver(signal)) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end, { once: true });
  });
}
