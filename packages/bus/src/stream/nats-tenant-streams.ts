// Tenants' streams in JetStream: the writing side.
import {
  AckPolicy,
  DeliverPolicy,
  DiscardPolicy,
  headers,
  type JetStreamClient,
  type JetStreamManager,
  type NatsConnection,
  nanos,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from "nats";
import { checkScope, shutdownError } from "../bus.ts";
import { answered, Unanswered } from "../frame-stream.ts";
import { checkKey } from "../key-store.ts";
import { Link } from "../link.ts";
import { ATTEMPT_MS, dial } from "../nats-connection.ts";
import {
  callError,
  isMissing,
  isNothingThere,
  isWrongRevision,
  openError,
} from "../nats-errors.ts";
import { type NatsConnectionOptions, natsConnectionSettings } from "../nats-options.ts";
import {
  type Batch,
  batchId,
  batchLines,
  checkBatch,
  readBatch,
  type StoredBatch,
  tenantStreamName,
  tenantSubject,
} from "./batch.ts";
import {
  replacedWriter,
  type TenantStreamOptions,
  type TenantStreams,
  type TenantWriter,
} from "./tenant-stream.ts";

/** Settings of openNatsTenantStreams. */
export interface NatsTenantStreamsOptions extends NatsConnectionOptions {
  /** Name of the cauditd host. */
  readonly host: string;
  /** Longest time in ms that a call waits for the server. Default: 10 000. */
  readonly timeout?: number | undefined;
}

const TIMEOUT_MS = 10_000;
/** How long the server remembers ids, in ms. */
const DUPLICATE_MS = 120_000;
/** Batches that all readers of one consumer may have and not have acknowledged. */
const UNACKNOWLEDGED = 256;
/** Time in ms after which a batch that nobody acknowledged comes again. */
const ACK_WAIT_MS = 60_000;

/** Opens the streams of a host on a NATS server. Errors as connectNatsBus. */
export async function openNatsTenantStreams(
  options: NatsTenantStreamsOptions,
): Promise<TenantStreams> {
  checkKey(options.host);
  const settings = await natsConnectionSettings(options);
  const connection = await dial(settings);
  try {
    const jsm = await connection.jetstreamManager({ timeout: ATTEMPT_MS });
    return new NatsTenantStreams(connection, jsm, settings.url, options);
  } catch (cause) {
    await connection.close();
    throw openError(settings.url, cause);
  }
}

class NatsTenantStreams implements TenantStreams {
  readonly #connection: NatsConnection;
  readonly #link: Link;
  readonly #url: string;
  readonly #host: string;
  readonly #timeout: number;
  readonly #js: JetStreamClient;
  readonly #jsm: JetStreamManager;
  #closed = false;

  constructor(
    connection: NatsConnection,
    jsm: JetStreamManager,
    url: string,
    options: NatsTenantStreamsOptions,
  ) {
    this.#connection = connection;
    this.#link = new Link(connection, url);
    this.#url = url;
    this.#host = options.host;
    this.#timeout = options.timeout ?? TIMEOUT_MS;
    this.#js = connection.jetstream({ timeout: ATTEMPT_MS });
    this.#jsm = jsm;
  }

  async open(scope: string, options: TenantStreamOptions): Promise<TenantWriter> {
    checkScope(scope);
    for (const name of options.consumers) checkKey(name);
    const config = this.#config(scope, options);
    const last = await this.call(`open the stream of scope ${scope}`, async () => {
      await this.#ensure(config);
      for (const name of options.consumers) await this.#consumer(config.name, name);
      return this.lastOf(scope);
    });
    return new NatsTenantWriter(this, scope, last);
  }

  async remove(scope: string): Promise<void> {
    checkScope(scope);
    const name = tenantStreamName(this.#host, scope);
    await this.call(`remove the stream of scope ${scope}`, async () => {
      try {
        await this.#jsm.streams.delete(name);
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#connection.close();
  }

  /** Stores a batch behind `place`; its place, or undefined when something else is there. */
  store(scope: string, batch: Batch, place: number): Promise<number | undefined> {
    const lines = headers();
    for (const [name, value] of batchLines(batch)) lines.set(name, value);
    const options = {
      msgID: batchId(scope, batch),
      headers: lines,
      expect: { lastSequence: place },
    };
    return this.call(`publish to the stream of scope ${scope}`, async () => {
      try {
        const subject = tenantSubject(this.#host, scope);
        return (await this.#js.publish(subject, batch.bytes, options)).seq;
      } catch (error) {
        if (isWrongRevision(error)) return undefined;
        throw error;
      }
    });
  }

  /** What the stream holds last, and the place of it; a stream that is empty keeps its place. */
  async lastOf(scope: string): Promise<LastPlace> {
    const name = tenantStreamName(this.#host, scope);
    try {
      const subject = tenantSubject(this.#host, scope);
      const stored = await this.#jsm.streams.getMessage(name, { last_by_subj: subject });
      const batch = readBatch(stored.header, stored.data);
      return { place: stored.seq, batch: batch && { ...batch, place: stored.seq } };
    } catch (error) {
      if (!isNothingThere(error)) throw error;
    }
    const { state } = await this.#jsm.streams.info(name);
    return { place: state.last_seq, batch: undefined };
  }

  /** Makes attempts until one is answered or the time is over. */
  call<T>(op: string, work: () => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(shutdownError(op));
    return answered(this.#link, this.#timeout, op, async () => {
      try {
        return await this.#link.guard(work);
      } catch (error) {
        throw error instanceof Unanswered ? error : callError(op, this.#url, error);
      }
    });
  }

  #config(scope: string, { limits }: TenantStreamOptions) {
    return {
      name: tenantStreamName(this.#host, scope),
      subjects: [tenantSubject(this.#host, scope)],
      retention: RetentionPolicy.Limits,
      storage: StorageType.File,
      discard: DiscardPolicy.Old,
      max_bytes: limits.bytes,
      max_age: nanos(limits.age),
      duplicate_window: nanos(limits.age === 0 ? DUPLICATE_MS : Math.min(DUPLICATE_MS, limits.age)),
      allow_direct: true,
    } satisfies Partial<StreamConfig>;
  }

  async #ensure(config: Partial<StreamConfig> & { readonly name: string }): Promise<void> {
    try {
      const { config: is } = await this.#jsm.streams.info(config.name);
      const same = is.max_bytes === config.max_bytes && is.max_age === config.max_age;
      if (!same) await this.#jsm.streams.update(config.name, config);
    } catch (error) {
      if (!isMissing(error)) throw error;
      await this.#jsm.streams.add(config);
    }
  }

  async #consumer(stream: string, name: string): Promise<void> {
    await this.#jsm.consumers.add(stream, {
      durable_name: name,
      deliver_policy: DeliverPolicy.All,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(ACK_WAIT_MS),
      max_ack_pending: UNACKNOWLEDGED,
      max_deliver: -1,
    });
  }
}

interface LastPlace {
  readonly place: number;
  readonly batch: StoredBatch | undefined;
}

class NatsTenantWriter implements TenantWriter {
  readonly #streams: NatsTenantStreams;
  readonly #scope: string;
  #place: number;
  #last: StoredBatch | undefined;
  #closed = false;

  constructor(streams: NatsTenantStreams, scope: string, last: LastPlace) {
    this.#streams = streams;
    this.#scope = scope;
    this.#place = last.place;
    this.#last = last.batch;
  }

  get last(): StoredBatch | undefined {
    return this.#last;
  }

  async publish(batch: Batch): Promise<void> {
    if (this.#closed) throw shutdownError("publish");
    checkBatch(this.#scope, batch);
    const stored = await this.#streams.store(this.#scope, batch, this.#place);
    const place = stored ?? (await this.#found(batch));
    this.#place = place;
    this.#last = { ...batch, place };
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  /** Something is behind the place that was expected: this batch, or another writer's. */
  async #found(batch: Batch): Promise<number> {
    const op = `publish to the stream of scope ${this.#scope}`;
    const { batch: last } = await this.#streams.call(op, () => this.#streams.lastOf(this.#scope));
    const same = last !== undefined && batchId("", last) === batchId("", batch);
    if (!same || last.place !== this.#place + 1) throw replacedWriter(this.#scope);
    return last.place;
  }
}
