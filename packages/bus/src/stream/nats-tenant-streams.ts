// Tenants' streams in JetStream: the writing side.
import { randomUUID } from "node:crypto";
import {
  AckPolicy,
  DeliverPolicy,
  headers,
  type JetStreamClient,
  type JetStreamManager,
  type JetStreamPublishOptions,
  type NatsConnection,
  nanos,
  type StoredMsg,
} from "nats";
import { checkScope, shutdownError } from "../bus.ts";
import { Caller } from "../caller.ts";
import { digestLine } from "../frame/digest.ts";
import { checkKey } from "../key-store.ts";
import { ATTEMPT_MS, dial } from "../nats/nats-connection.ts";
import {
  isMissing,
  isNothingThere,
  isStreamMissing,
  isWrongRevision,
  openError,
} from "../nats/nats-errors.ts";
import { type NatsConnectionOptions, natsConnectionSettings } from "../nats/nats-options.ts";
import {
  type Batch,
  batchId,
  checkBatch,
  generationLines,
  ownerSubject,
  type PackedBatch,
  packedBatch,
  readBatch,
  readGeneration,
  type StoredBatch,
  tenantStreamName,
  tenantSubject,
} from "./batch.ts";
import {
  describedGeneration,
  type StreamSettings,
  streamSettings,
  withGeneration,
} from "./stream-settings.ts";
import {
  type ConsumerLag,
  noStream,
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

/** Batches that all readers of one consumer may have and not have acknowledged. */
const UNACKNOWLEDGED = 256;
/** Time in ms after which a batch that nobody acknowledged comes again. */
const ACK_WAIT_MS = 60_000;
/** Writers that are opened at the same time and overtake each other, before it is an error. */
const OPENINGS = 16;

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

/** The streams over a connection, which it closes. */
export class NatsTenantStreams implements TenantStreams {
  readonly #caller: Caller;
  readonly #host: string;
  readonly #js: JetStreamClient;
  readonly #jsm: JetStreamManager;

  constructor(
    connection: NatsConnection,
    jsm: JetStreamManager,
    url: string,
    options: NatsTenantStreamsOptions,
  ) {
    this.#caller = new Caller(connection, url, options.timeout);
    this.#host = options.host;
    this.#js = connection.jetstream({ timeout: ATTEMPT_MS });
    this.#jsm = jsm;
  }

  async open(scope: string, options: TenantStreamOptions): Promise<TenantWriter> {
    checkScope(scope);
    for (const name of options.consumers) checkKey(name);
    const op = `open the stream of scope ${scope}`;
    const config = streamSettings(this.#host, scope, options.limits);
    const generation = await this.#caller.call(op, () => this.#ensure(config));
    for (const name of options.consumers) {
      await this.#caller.call(op, () => this.#consumer(config.name, name, scope));
    }
    const at = await this.#shutOut(scope, generation);
    if (at.generation > generation) await this.#describe(scope, config, at.generation);
    return new NatsTenantWriter(this, scope, config, at);
  }

  lag(scope: string): Promise<readonly ConsumerLag[]> {
    checkScope(scope);
    return this.#caller.call(`look at the consumers of scope ${scope}`, async () => {
      const found: ConsumerLag[] = [];
      try {
        for await (const one of this.#jsm.consumers.list(tenantStreamName(this.#host, scope))) {
          const { name, num_pending: pending, num_ack_pending: unacknowledged } = one;
          found.push({ name, pending, unacknowledged });
        }
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
      return found;
    });
  }

  async remove(scope: string): Promise<void> {
    checkScope(scope);
    const name = tenantStreamName(this.#host, scope);
    await this.#caller.call(`remove the stream of scope ${scope}`, async () => {
      try {
        await this.#jsm.streams.delete(name);
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    });
  }

  async close(): Promise<void> {
    await this.#caller.close();
  }

  /** Stores a batch behind `place`; its place, or undefined when something else is there. */
  async store(
    scope: string,
    batch: Batch,
    packed: PackedBatch,
    place: number,
  ): Promise<number | undefined> {
    const lines = headers();
    const described = [...packed.lines, digestLine(packed.bytes)];
    for (const [name, value] of described) lines.set(name, value);
    const options = {
      msgID: batchId(scope, batch),
      headers: lines,
      expect: { lastSequence: place },
    };
    return this.#put(scope, tenantSubject(this.#host, scope), packed.bytes, options);
  }

  /**
   * Writes down that batches of this generation follow: with a mark behind `place`, so that a
   * writer that was replaced says nothing, then in the description, which outlives all marks.
   * @returns the place of the mark
   */
  async begin(
    scope: string,
    config: StreamSettings,
    generation: number,
    place: number,
  ): Promise<number> {
    const marked = await this.#mark(scope, generation, place);
    if (marked === undefined) throw replacedWriter(scope);
    await this.#describe(scope, config, generation);
    return marked;
  }

  /** What the stream holds last, and the place of it; a stream that is empty keeps its place. */
  lastOf(scope: string): Promise<LastPlace> {
    const name = tenantStreamName(this.#host, scope);
    return this.#caller.call(`look at the stream of scope ${scope}`, async () => {
      const { state } = await this.#jsm.streams.info(name);
      const stored = await this.#lastAt(name, tenantSubject(this.#host, scope));
      if (stored === undefined) return { place: state.last_seq, batch: undefined };
      const batch = readBatch(stored.header, stored.data);
      const place = Math.max(stored.seq, state.last_seq);
      return { place, batch: batch && { ...batch, place: stored.seq } };
    });
  }

  /**
   * Puts a mark behind everything that is stored: an earlier writer expects another place.
   * @param known generation that the description tells of
   */
  async #shutOut(scope: string, known: number): Promise<Opening> {
    for (let opening = 0; opening < OPENINGS; opening++) {
      const last = await this.lastOf(scope);
      // A batch behind all marks tells the same as the last of them.
      const isBatch = last.batch !== undefined && last.batch.place === last.place;
      const marked = isBatch ? 0 : await this.#markedOf(scope);
      const generation = Math.max(known, marked, last.batch?.generation ?? 0);
      const place = await this.#mark(scope, generation, last.place);
      if (place !== undefined) return { place, batch: last.batch, generation };
    }
    throw replacedWriter(scope);
  }

  /** Stores a mark behind `place`; its place, or undefined when something else is there. */
  #mark(scope: string, generation: number, place: number): Promise<number | undefined> {
    const lines = headers();
    for (const [name, value] of generationLines(generation)) lines.set(name, value);
    const options = { msgID: randomUUID(), headers: lines, expect: { lastSequence: place } };
    return this.#put(scope, ownerSubject(this.#host, scope), new Uint8Array(0), options);
  }

  /** The generation of the last mark; 0 for none. */
  #markedOf(scope: string): Promise<number> {
    return this.#caller.call(`look at the stream of scope ${scope}`, async () => {
      const name = tenantStreamName(this.#host, scope);
      const mark = await this.#lastAt(name, ownerSubject(this.#host, scope));
      return readGeneration(mark?.header);
    });
  }

  async #lastAt(name: string, subject: string): Promise<StoredMsg | undefined> {
    try {
      return await this.#jsm.streams.getMessage(name, { last_by_subj: subject });
    } catch (error) {
      if (isNothingThere(error)) return undefined;
      throw error;
    }
  }

  /**
   * Writes the generation into the description, which the server does not guard: a writer that was
   * replaced in between finds the mark of another behind its own, and leaves that one's generation.
   */
  async #describe(scope: string, config: StreamSettings, generation: number): Promise<void> {
    for (let next = generation, written = 0; next > written; ) {
      const described = withGeneration(config, next);
      await this.#caller.call(`publish to the stream of scope ${scope}`, async () => {
        try {
          await this.#jsm.streams.update(config.name, described);
        } catch (error) {
          throw isMissing(error) ? noStream(scope, error) : error;
        }
      });
      written = next;
      next = await this.#markedOf(scope);
    }
  }

  /** Stores a message; its place, or undefined when something is behind the place expected. */
  #put(
    scope: string,
    subject: string,
    bytes: Uint8Array,
    options: Partial<JetStreamPublishOptions>,
  ): Promise<number | undefined> {
    return this.#caller.call(`publish to the stream of scope ${scope}`, async () => {
      try {
        const { seq, duplicate } = await this.#js.publish(subject, bytes, options);
        // The server knows ids longer than places: another writer may have stored the same.
        const isNext = seq === (options.expect?.lastSequence ?? 0) + 1;
        return duplicate && !isNext ? undefined : seq;
      } catch (error) {
        if (isWrongRevision(error)) return undefined;
        // Nobody listens on the subject: JetStream is starting, or the stream was removed.
        if (isStreamMissing(error)) await this.#find(scope);
        throw error;
      }
    });
  }

  /** @throws ENOENT when there is no such stream */
  async #find(scope: string): Promise<void> {
    try {
      await this.#jsm.streams.info(tenantStreamName(this.#host, scope));
    } catch (error) {
      throw isMissing(error) ? noStream(scope, error) : error;
    }
  }

  /** @returns the generation that the stream knows of; 0 for none */
  async #ensure(config: StreamSettings): Promise<number> {
    try {
      const { config: is } = await this.#jsm.streams.info(config.name);
      const description = is.description ?? config.description;
      const same =
        is.max_bytes === config.max_bytes &&
        is.max_age === config.max_age &&
        is.subjects.length === config.subjects.length;
      if (!same) await this.#jsm.streams.update(config.name, { ...config, description });
      return describedGeneration(description);
    } catch (error) {
      if (!isMissing(error)) throw error;
      await this.#jsm.streams.add(config);
      return 0;
    }
  }

  async #consumer(stream: string, name: string, scope: string): Promise<void> {
    await this.#jsm.consumers.add(stream, {
      durable_name: name,
      filter_subject: tenantSubject(this.#host, scope),
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

interface Opening extends LastPlace {
  readonly generation: number;
}

class NatsTenantWriter implements TenantWriter {
  readonly #streams: NatsTenantStreams;
  readonly #scope: string;
  readonly #config: StreamSettings;
  #place: number;
  #last: StoredBatch | undefined;
  #generation: number;
  #prepared: { readonly batch: Batch; readonly packed: Promise<PackedBatch> } | undefined;
  #closed = false;

  constructor(streams: NatsTenantStreams, scope: string, config: StreamSettings, at: Opening) {
    this.#streams = streams;
    this.#scope = scope;
    this.#config = config;
    this.#place = at.place;
    this.#last = at.batch;
    this.#generation = at.generation;
  }

  get last(): StoredBatch | undefined {
    return this.#last;
  }

  get generation(): number {
    return this.#generation;
  }

  async begin(generation: number): Promise<void> {
    if (this.#closed) throw shutdownError("begin");
    this.#place = await this.#streams.begin(this.#scope, this.#config, generation, this.#place);
    this.#generation = generation;
  }

  async publish(batch: Batch): Promise<void> {
    if (this.#closed) throw shutdownError("publish");
    checkBatch(this.#scope, batch);
    if (batch.generation !== this.#generation) await this.begin(batch.generation);
    const packed = await this.#packed(batch);
    const stored = await this.#streams.store(this.#scope, batch, packed, this.#place);
    const place = stored ?? (await this.#found(batch));
    this.#place = place;
    this.#last = { ...batch, place };
  }

  prepare(batch: Batch): void {
    void this.#packed(batch);
  }

  #packed(batch: Batch): Promise<PackedBatch> {
    if (this.#prepared?.batch !== batch) this.#prepared = { batch, packed: packedBatch(batch) };
    return this.#prepared.packed;
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  /** Something is behind the place that was expected: this batch, or another writer's. */
  async #found(batch: Batch): Promise<number> {
    const { batch: last, place } = await this.#streams.lastOf(this.#scope);
    const same = last !== undefined && batchId("", last) === batchId("", batch);
    if (!same || last.place !== this.#place + 1 || place !== last.place) {
      throw replacedWriter(this.#scope);
    }
    return last.place;
  }
}
