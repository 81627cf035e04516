import { checkScope, shutdownError } from "../bus.ts";
import { checkKey } from "../key-store.ts";
import { type Batch, batchId, checkBatch, type StoredBatch } from "./batch.ts";
import {
  type BatchDelivery,
  type ConsumerLag,
  noConsumer,
  noStream,
  replacedWriter,
  type StreamLimits,
  type TenantReader,
  type TenantStreamOptions,
  type TenantStreams,
  type TenantWriter,
} from "./tenant-stream.ts";

/** Tenants' streams in memory: what all their writers and readers in this process share. */
export class MemoryTenantStreams {
  readonly #streams: Map<string, MemoryStream> = new Map();

  /** The streams for one process of several. */
  open(): TenantStreams {
    return new OpenStreams(this.#streams);
  }

  /** A reading end; the scope's stream has to be there when it is read. */
  reader(scope: string): TenantReader {
    checkScope(scope);
    return new MemoryTenantReader(this.#streams, scope);
  }
}

/** A consumer: batches that nobody has yet, behind those that were given back. */
interface MemoryConsumer {
  next: number;
  readonly returned: number[];
  /** Batches that were taken, and are neither acknowledged nor given back. */
  taken: number;
}

/** What one stream holds. */
class MemoryStream {
  /** Batches that are kept, oldest first. */
  readonly batches: StoredBatch[] = [];
  readonly consumers: Map<string, MemoryConsumer> = new Map();
  limits: StreamLimits;
  /** The place given last, to a batch or to a mark of an owner. */
  place = 0;
  generation = 0;
  removed = false;
  #bytes = 0;

  constructor(limits: StreamLimits) {
    this.limits = limits;
  }

  store(batch: Batch): number {
    const bytes = Uint8Array.from(batch.bytes);
    this.batches.push({ ...batch, bytes, place: ++this.place });
    this.generation = batch.generation;
    this.#bytes += bytes.length;
    while (this.#bytes > this.limits.bytes && this.batches.length > 1) {
      this.#bytes -= this.batches.shift()?.bytes.length ?? 0;
    }
    return this.place;
  }

  from(place: number): StoredBatch | undefined {
    return this.batches.find((batch) => batch.place >= place);
  }
}

class OpenStreams implements TenantStreams {
  readonly #streams: Map<string, MemoryStream>;
  #closed = false;

  constructor(streams: Map<string, MemoryStream>) {
    this.#streams = streams;
  }

  async open(scope: string, options: TenantStreamOptions): Promise<TenantWriter> {
    if (this.#closed) throw shutdownError(`open the stream of scope ${scope}`);
    checkScope(scope);
    for (const name of options.consumers) checkKey(name);
    const stream = this.#streams.get(scope) ?? new MemoryStream(options.limits);
    this.#streams.set(scope, stream);
    stream.limits = options.limits;
    for (const name of options.consumers) {
      if (!stream.consumers.has(name))
        stream.consumers.set(name, { next: 1, returned: [], taken: 0 });
    }
    stream.place++;
    return new MemoryTenantWriter(stream, scope);
  }

  async lag(scope: string): Promise<readonly ConsumerLag[]> {
    if (this.#closed) throw shutdownError(`look at the consumers of scope ${scope}`);
    checkScope(scope);
    const stream = this.#streams.get(scope);
    return [...(stream?.consumers ?? [])].map(([name, { next, returned, taken }]) => {
      const ahead = stream?.batches.filter(({ place }) => place >= next).length ?? 0;
      return { name, pending: ahead + returned.length, unacknowledged: taken };
    });
  }

  async remove(scope: string): Promise<void> {
    if (this.#closed) throw shutdownError(`remove the stream of scope ${scope}`);
    checkScope(scope);
    const stream = this.#streams.get(scope);
    if (stream !== undefined) stream.removed = true;
    this.#streams.delete(scope);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }
}

class MemoryTenantWriter implements TenantWriter {
  readonly #stream: MemoryStream;
  readonly #scope: string;
  #place: number;
  #last: StoredBatch | undefined;
  #closed = false;

  constructor(stream: MemoryStream, scope: string) {
    this.#stream = stream;
    this.#scope = scope;
    this.#place = stream.place;
    this.#last = stream.batches.at(-1);
  }

  get last(): StoredBatch | undefined {
    return this.#last;
  }

  get generation(): number {
    return this.#stream.generation;
  }

  async begin(generation: number): Promise<void> {
    if (this.#closed) throw shutdownError("begin");
    if (this.#stream.removed) throw noStream(this.#scope);
    if (this.#stream.place !== this.#place) throw replacedWriter(this.#scope);
    this.#place = ++this.#stream.place;
    this.#stream.generation = generation;
  }

  async publish(batch: Batch): Promise<void> {
    if (this.#closed) throw shutdownError("publish");
    checkBatch(this.#scope, batch);
    if (this.#stream.removed) throw noStream(this.#scope);
    const found = this.#stream.batches.at(-1);
    const isStored =
      found?.place === this.#place + 1 &&
      this.#stream.place === found.place &&
      batchId("", found) === batchId("", batch);
    if (!isStored && this.#stream.place !== this.#place) throw replacedWriter(this.#scope);
    this.#place = isStored ? found.place : this.#stream.store(batch);
    this.#last = { ...batch, place: this.#place };
  }

  /** It is stored as it is. */
  prepare(): void {}

  async close(): Promise<void> {
    this.#closed = true;
  }
}

class MemoryTenantReader implements TenantReader {
  readonly #streams: ReadonlyMap<string, MemoryStream>;
  readonly #scope: string;
  #closed = false;

  constructor(streams: ReadonlyMap<string, MemoryStream>, scope: string) {
    this.#streams = streams;
    this.#scope = scope;
  }

  async bounds(): Promise<{ readonly first: number; readonly last: number }> {
    const stream = this.#stream("look at");
    return { first: stream.batches[0]?.place ?? stream.place + 1, last: stream.place };
  }

  async read(place: number): Promise<StoredBatch | undefined> {
    return this.#stream("read").from(place);
  }

  /** Does not wait: what is there is taken. */
  async take(name: string, most: number): Promise<readonly BatchDelivery[]> {
    const stream = this.#stream("take from");
    const consumer = stream.consumers.get(name);
    if (consumer === undefined) throw noConsumer(this.#scope, name);
    const taken: BatchDelivery[] = [];
    while (taken.length < most) {
      const returned = consumer.returned.shift();
      const batch = stream.from(returned ?? consumer.next);
      if (batch === undefined) break;
      if (returned === undefined) consumer.next = batch.place + 1;
      consumer.taken++;
      let settled = false;
      const settle = (): void => {
        if (!settled) consumer.taken--;
        settled = true;
      };
      taken.push({
        batch,
        redelivered: returned !== undefined,
        ack: async () => settle(),
        release: () => {
          if (!settled) consumer.returned.push(batch.place);
          settle();
        },
      });
    }
    return taken;
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #stream(call: string): MemoryStream {
    const op = `${call} the stream of scope ${this.#scope}`;
    if (this.#closed) throw shutdownError(op);
    const stream = this.#streams.get(this.#scope);
    if (stream === undefined) throw noStream(this.#scope);
    return stream;
  }
}
