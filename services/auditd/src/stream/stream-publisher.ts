// Puts what an instance has in its log into its tenant's stream.

import { firstEvents, isBefore, type Lines } from "@cauditd/auparse";
import type { Lease, StreamLimits, TenantStreams, TenantWriter } from "@cauditd/bus";
import { AuditError, Errno } from "@cauditd/libaudit";
import type { Disk } from "../io/disk.ts";
import { LogReader } from "./log-reader.ts";
import { BATCH_BYTES, type Step, StreamCourse, type StreamProgress } from "./stream-course.ts";

/** Bytes that wait in memory, unless said otherwise. */
const BUFFER_BYTES = 4 * 1024 * 1024;
/** How long a publisher that is closed goes on with what waits, ms. */
const GRACE_MS = 5_000;
/** Time between two attempts, ms: doubled from the first on. */
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 8_000;

/** A tenant's stream, as an instance is given it. */
export interface InstanceStream {
  readonly streams: TenantStreams;
  readonly limits: StreamLimits;
  /** Names of the consumers that are made for its readers. */
  readonly consumers: readonly string[];
  /** Life of the contid, from 1; the stream may know of a later one. Default 1. */
  readonly generation?: number;
  /** Bytes that wait in memory before the log is read instead. Default 4 MiB. */
  readonly buffer?: number;
}

/** What a publisher is made of. */
export interface StreamPublisherOptions extends InstanceStream {
  readonly scope: string;
  /** The right to the scope, where several processes may have it: who holds it has the stream. */
  readonly lease?: Lease | undefined;
  readonly told: {
    warn(details: object, text: string): void;
    error(details: object, text: string): void;
  };
  /** Resolves after `ms`, or when the signal comes. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** The time, ms since 1970; for what is too old to be kept. */
  readonly now?: () => number;
}

/** The log that is published. */
export interface PublishedLog {
  readonly disk: Disk;
  readonly path: string;
  /** Serial of the last event in it; undefined or 0 when it is new. */
  readonly serial: number | undefined;
}

/** How a stream is. */
export interface StreamState extends StreamProgress {
  /** The stream was opened. */
  readonly open: boolean;
  /** Why nothing is stored now; for good when it is ESTALE and the lease is over. */
  readonly failure: Error | undefined;
  /** Attempts that have failed. */
  readonly failures: number;
}

/**
 * Publishes an instance's events behind its log, and never holds the log up: the log is the spool.
 * Each serial is stored once and in order, whatever crashes: the stream itself says how far it is,
 * and only its last opener can write to it (docs/adr/0012-tenant-streams.md).
 */
export class StreamPublisher {
  readonly #options: StreamPublisherOptions;
  readonly #pause: NonNullable<StreamPublisherOptions["pause"]>;
  readonly #stop = new AbortController();
  #writer: TenantWriter | undefined;
  #log: PublishedLog | undefined;
  /** Serial of the last event in the log. */
  #logged = 0;
  #course: StreamCourse | undefined;
  #generation = 0;
  #reader: LogReader | undefined;
  /** Events with an earlier stamp were published and are not kept any more. */
  #since = 0;
  #failure: Error | undefined;
  #failures = 0;
  #retry = FIRST_RETRY_MS;
  #closing = false;
  #running: Promise<void> | undefined;
  #wake: (() => void) | undefined;

  private constructor(options: StreamPublisherOptions) {
    this.#options = options;
    this.#pause = options.pause ?? pauseFor;
  }

  /**
   * Opens the scope's stream, before its log is opened: what an earlier owner has stored is in the
   * log then, and it stores nothing more. A stream that cannot be opened now is opened later.
   * @throws EINVAL for names and limits that no stream can have
   */
  static async open(options: StreamPublisherOptions): Promise<StreamPublisher> {
    const publisher = new StreamPublisher(options);
    try {
      await publisher.#open();
    } catch (error) {
      if (error instanceof AuditError && error.errno === Errno.EINVAL) throw error;
      publisher.#trouble(error as Error);
    }
    return publisher;
  }

  /**
   * Begins to publish a log.
   * @returns the serial that the instance goes on behind: the stream may have what a power cut took
   * from the log, and no serial is given twice
   */
  async start(log: PublishedLog): Promise<number> {
    this.#log = log;
    this.#logged = log.serial ?? 0;
    this.#reader = new LogReader(log.disk, log.path);
    try {
      await this.#attach();
    } catch (error) {
      this.#trouble(error as Error);
    }
    const { published = 0 } = this.#course?.progress ?? {};
    if (isBefore(this.#logged, published)) {
      const { scope } = this.#options;
      const details = { scope, log: this.#logged, stream: published };
      this.#options.told.warn(details, "the log has lost events that its stream has");
      this.#logged = published;
    }
    this.#running = this.#run();
    return this.#logged;
  }

  /** Of these events the first `count` are in the log; what is kept of them is copied. */
  logged(lines: Lines, count: number): void {
    if (count === 0 || this.#stop.signal.aborted) return;
    const kept = count === lines.events ? lines : firstEvents(lines, count);
    this.#logged = kept.last;
    this.#course?.logged(kept);
    this.#wake?.();
  }

  get state(): StreamState {
    const generation = this.#options.generation ?? 1;
    const course = this.#course ?? new StreamCourse(0, generation, 0, this.#logged);
    const failed = { failure: this.#failure, failures: this.#failures };
    return { ...course.progress, open: this.#writer !== undefined, ...failed };
  }

  /**
   * Publishes what waits, for a limited time; the rest is in the log, for the next life.
   * @param grace ms
   */
  async close(grace: number = GRACE_MS): Promise<void> {
    this.#closing = true;
    this.#wake?.();
    if (this.#running !== undefined) {
      const late = new AbortController();
      await Promise.race([this.#running, this.#pause(grace, late.signal)]);
      late.abort();
    }
    await this.abandon();
  }

  /** Ends at once: the instance has another owner. */
  async abandon(): Promise<void> {
    this.#stop.abort();
    this.#wake?.();
    await this.#running;
    await this.#reader?.close();
    await this.#writer?.close();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        const step = await this.#next();
        if (step.kind === "wait") {
          if (this.#closing) return;
          this.#since = 0;
          await this.#woken();
        } else {
          await this.#perform(step);
          this.#mended();
        }
      } catch (error) {
        if (signal.aborted) return;
        this.#trouble(error as Error);
        if (this.#isReplaced) return;
        await this.#pause(this.#retry, signal);
        this.#retry = Math.min(this.#retry * 2, LAST_RETRY_MS);
      }
    }
  }

  async #next(): Promise<Step> {
    if (this.#writer === undefined) await this.#unlessStopped(this.#open());
    if (this.#course === undefined) await this.#unlessStopped(this.#attach());
    return this.#course?.next() ?? { kind: "wait" };
  }

  async #perform(step: Exclude<Step, { kind: "wait" }>): Promise<void> {
    const [course, writer, reader] = [this.#course, this.#writer, this.#reader];
    if (course === undefined || writer === undefined || reader === undefined) return;
    if (step.kind === "read") return await this.#read(course, reader, step);
    const [stored, prepared] = await Promise.allSettled([
      this.#unlessStopped(writer.publish(step.batch)),
      this.#prepare(course, writer, reader),
    ]);
    if (stored.status === "rejected") throw stored.reason;
    course.stored();
    if (prepared.status === "rejected") throw prepared.reason;
  }

  /** Reads and packs the batch behind the one that is being stored, meanwhile. */
  async #prepare(course: StreamCourse, writer: TenantWriter, reader: LogReader): Promise<void> {
    const ahead = course.ahead();
    if (ahead.kind === "read") await this.#read(course, reader, ahead);
    const next = course.ahead();
    if (next.kind === "publish") writer.prepare(next.batch);
  }

  async #read(
    course: StreamCourse,
    reader: LogReader,
    { behind, upTo }: Extract<Step, { kind: "read" }>,
  ): Promise<void> {
    const found = await this.#unlessStopped(
      reader.read({ behind, upTo, since: this.#since, most: BATCH_BYTES }),
    );
    if (found.lines !== undefined) course.read(found.lines);
    course.passed(found.whole ? upTo : found.last, found.missed);
  }

  async #open(): Promise<void> {
    const { streams, scope, limits, consumers } = this.#options;
    this.#checkLease();
    this.#writer = await streams.open(scope, { limits, consumers });
  }

  /** The next owner would be shut out of its stream. @throws ESTALE when the lease is over */
  #checkLease(): void {
    const { scope, lease } = this.#options;
    if (lease?.holds() !== false) return;
    throw new AuditError(Errno.ESTALE, `stream of scope ${scope}: the lease is over`);
  }

  /** Finds out what of the log the stream has. */
  async #attach(): Promise<void> {
    const [writer, log] = [this.#writer, this.#log];
    if (writer === undefined || log === undefined) return;
    const { generation: given = 1, limits, buffer = BUFFER_BYTES, now = Date.now } = this.#options;
    const known = writer.generation;
    // A log that begins anew is another life: its serials begin anew, too. Opened again, the stream
    // knows what this life has stored.
    const isNew = this.#generation === 0 && (log.serial ?? 0) === 0 && known > 0;
    const generation = Math.max(given, this.#generation, isNew ? known + 1 : known);
    this.#generation = generation;
    this.#checkLease();
    if (generation !== known) await writer.begin(generation);
    const { last } = writer;
    const published = last?.generation === generation ? last.last : 0;
    // All that was stored is too old to be kept: so is what is older in the log.
    const isEmptied = last === undefined && known === generation && limits.age > 0;
    this.#since = isEmptied ? now() - limits.age : 0;
    this.#course = new StreamCourse(buffer, generation, published, this.#logged);
  }

  /** Another has the stream. While the lease holds, that one had it before, and was late. */
  get #isReplaced(): boolean {
    return isErrno(this.#failure, Errno.ESTALE) && this.#options.lease?.holds() !== true;
  }

  #trouble(error: Error): void {
    const { scope, told } = this.#options;
    const isNews = this.#failure === undefined;
    this.#failure = error;
    this.#failures++;
    if (this.#isReplaced) {
      told.error({ scope, err: error }, "another owner writes the stream: nothing more is stored");
      this.#stop.abort();
    } else if (isNews) {
      told.warn({ scope, err: error }, "the stream of the scope is not stored now");
    }
    if (isErrno(error, Errno.ENOENT) || isErrno(error, Errno.ESTALE)) {
      this.#writer = undefined;
      this.#course = undefined;
    }
  }

  #mended(): void {
    if (this.#failure === undefined) return;
    this.#failure = undefined;
    this.#retry = FIRST_RETRY_MS;
    this.#options.told.warn(
      { scope: this.#options.scope },
      "the stream of the scope is stored again",
    );
  }

  async #woken(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = undefined;
  }

  /** A call that does not end must not hold up the end. @throws ESHUTDOWN then */
  #unlessStopped<T>(work: Promise<T>): Promise<T> {
    const { signal } = this.#stop;
    return new Promise((resolve, reject) => {
      const stopped = (): void => reject(new AuditError(Errno.ESHUTDOWN, "it was stopped"));
      if (signal.aborted) stopped();
      signal.addEventListener("abort", stopped, { once: true });
      work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stopped));
    });
  }
}

function isErrno(error: unknown, errno: number): boolean {
  return error instanceof AuditError && error.errno === errno;
}

function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end, { once: true });
  });
}
