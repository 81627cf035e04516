// A KeyStore in a JetStream key-value bucket.
import { randomUUID } from "node:crypto";
import {
  headers,
  type JetStreamClient,
  type JetStreamManager,
  type NatsConnection,
  StorageType,
  type StoredMsg,
} from "nats";
import { shutdownError } from "../bus.ts";
import { Caller } from "../caller.ts";
import {
  checkKey,
  checkValue,
  type KeyEntry,
  type KeyStore,
  keyChanged,
  keyExists,
  MAX_VALUE_BYTES,
} from "../key-store.ts";
import { Unanswered } from "./frame-stream.ts";
import { ATTEMPT_MS, dial } from "./nats-connection.ts";
import { isNothingThere, isStreamMissing, isWrongRevision, openError } from "./nats-errors.ts";
import { type NatsConnectionOptions, natsConnectionSettings } from "./nats-options.ts";

/** Settings of openNatsKeyStore. */
export interface NatsKeyStoreOptions extends NatsConnectionOptions {
  /** Name of the bucket: 1..64 of A-Z a-z 0-9 _ -. */
  readonly bucket: string;
  /** Time to live of a key in ms; without it keys stay. */
  readonly ttl?: number | undefined;
  /** `file` survives a restart of the server, `memory` does not. Default: `file`. */
  readonly storage?: "memory" | "file" | undefined;
  /** Longest time in ms that a call waits for the server. Default: 10 000. */
  readonly timeout?: number | undefined;
}

const OPERATION = "KV-Operation";
const EXPECTED = "Nats-Expected-Last-Subject-Sequence";

/**
 * Opens a bucket of the server's key-value store; makes it when it is not there. Errors as
 * connectNatsBus, and EINVAL for the name of the bucket.
 */
export async function openNatsKeyStore(options: NatsKeyStoreOptions): Promise<KeyStore> {
  checkKey(options.bucket);
  const settings = await natsConnectionSettings(options);
  const connection = await dial(settings);
  const store = new NatsKeyStore(connection, settings.url, options);
  try {
    await store.open();
    return store;
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** The bucket over a connection, which it closes. */
export class NatsKeyStore implements KeyStore {
  readonly #connection: NatsConnection;
  readonly #caller: Caller;
  readonly #url: string;
  readonly #options: NatsKeyStoreOptions;
  readonly #js: JetStreamClient;
  readonly #stream: string;
  #jsm: JetStreamManager | undefined;

  constructor(connection: NatsConnection, url: string, options: NatsKeyStoreOptions) {
    this.#connection = connection;
    this.#caller = new Caller(connection, url, options.timeout);
    this.#url = url;
    this.#options = options;
    this.#js = connection.jetstream({ timeout: ATTEMPT_MS });
    this.#stream = `KV_${options.bucket}`;
  }

  async open(): Promise<void> {
    try {
      this.#jsm = await this.#connection.jetstreamManager({ timeout: ATTEMPT_MS });
      await this.#ensure();
    } catch (cause) {
      throw openError(this.#url, cause);
    }
  }

  async get(key: string): Promise<KeyEntry | undefined> {
    this.#check("get", key);
    const found = await this.#call("get", () => this.#find(key));
    return found?.live === true ? { value: found.data, revision: found.seq } : undefined;
  }

  async keys(): Promise<string[]> {
    const found = await this.#call("keys", async (jsm) => {
      const info = await jsm.streams.info(this.#stream, { subjects_filter: this.#subject(">") });
      return Object.keys(info.state.subjects ?? {});
    });
    const prefix = this.#subject("").length;
    return found.map((subject) => subject.slice(prefix)).sort();
  }

  async create(key: string, value: Uint8Array): Promise<number> {
    this.#check("create", key, value);
    const first = await this.#put(key, value, 0);
    if (first !== undefined) return first;
    // A removal that was cut short leaves its mark, from which a key is made as from nothing.
    const found = await this.#call("create", () => this.#find(key));
    if (found === undefined || found.live) throw keyExists(key);
    const second = await this.#put(key, value, found.seq);
    if (second === undefined) throw keyExists(key);
    return second;
  }

  async update(key: string, value: Uint8Array, revision: number): Promise<number> {
    this.#check("update", key, value);
    const next = await this.#put(key, value, revision);
    if (next === undefined) throw keyChanged(key, revision);
    return next;
  }

  async remove(key: string, revision: number): Promise<void> {
    this.#check("remove", key);
    const mark = await this.#put(key, new Uint8Array(0), revision, "DEL");
    if (mark === undefined) throw keyChanged(key, revision);
    const options = { filter: this.#subject(key), seq: mark + 1 };
    await this.#call("remove", (jsm) => jsm.streams.purge(this.#stream, options));
  }

  async close(): Promise<void> {
    await this.#caller.close();
  }

  /** Writes from a revision, 0 = nothing; undefined when the key has another one. */
  #put(
    key: string,
    value: Uint8Array,
    revision: number,
    operation?: string,
  ): Promise<number | undefined> {
    // The same id for every attempt: one whose answer was lost is not made twice.
    const msgID = randomUUID();
    return this.#call("write", async () => {
      const lines = headers();
      lines.set(EXPECTED, String(revision));
      if (operation !== undefined) lines.set(OPERATION, operation);
      try {
        const options = { msgID, headers: lines };
        return (await this.#js.publish(this.#subject(key), value, options)).seq;
      } catch (error) {
        if (isWrongRevision(error)) return undefined;
        throw error;
      }
    });
  }

  async #find(key: string): Promise<Found | undefined> {
    const jsm = this.#jsm as JetStreamManager;
    let stored: StoredMsg;
    try {
      stored = await jsm.streams.getMessage(this.#stream, { last_by_subj: this.#subject(key) });
    } catch (error) {
      if (isNothingThere(error)) return undefined;
      throw error;
    }
    const operation = stored.header?.get(OPERATION) ?? "";
    return { data: stored.data, seq: stored.seq, live: operation === "" };
  }

  async #ensure(): Promise<void> {
    const { bucket, ttl, storage } = this.#options;
    await this.#js.views.kv(bucket, {
      history: 1,
      storage: storage === "memory" ? StorageType.Memory : StorageType.File,
      maxValueSize: MAX_VALUE_BYTES + 1024,
      ...(ttl === undefined ? {} : { ttl }),
    });
  }

  #call<T>(call: string, work: (jsm: JetStreamManager) => Promise<T>): Promise<T> {
    const op = `${call} in bucket ${this.#options.bucket}`;
    return this.#caller.call(op, async () => {
      try {
        return await work(this.#jsm as JetStreamManager);
      } catch (error) {
        if (!isStreamMissing(error)) throw error;
      }
      // A server that kept the bucket in memory has restarted.
      await this.#ensure();
      throw new Unanswered("the bucket was not there");
    });
  }

  #subject(key: string): string {
    return `$KV.${this.#options.bucket}.${key}`;
  }

  #check(call: string, key: string, value?: Uint8Array): void {
    if (this.#caller.closed) throw shutdownError(call);
    checkKey(key);
    if (value !== undefined) checkValue(key, value);
  }
}

interface Found {
  readonly data: Uint8Array;
  readonly seq: number;
  /** False for the mark of a removal. */
  readonly live: boolean;
}
