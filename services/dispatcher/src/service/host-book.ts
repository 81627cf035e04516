// What a dispatcher keeps in the key store: its life, the scopes, the registrations, its source.
import { type KeyStore, SCOPES_KEY } from "@cauditd/bus";
import { encodeScopes, type ScopeEntry } from "@cauditd/kernel";
import { AuditError, Errno } from "@cauditd/libaudit";
import type { z } from "zod";
import {
  lifeShape,
  type Registered,
  readBytes,
  registeredShape,
  sourceShape,
} from "./book-shapes.ts";

/** Keys of the bucket `host`, beside SCOPES_KEY. */
const LIFE_KEY = "dispatcher";
const REGISTERED_KEY = "registered";
const SOURCE_KEY = "source";

/** What has been done with a source that can be read again. */
export interface StoredSource {
  readonly id: string;
  /** How far it is stored on the bus: by scope, in events from 1. */
  readonly stored: ReadonlyMap<string, number>;
  /** Where it was over while something waited for what follows: bytes from its start, rising. */
  readonly cuts: readonly number[];
}

/**
 * The book of one host. Whoever opens it is the host's dispatcher from then on, in a life with a
 * higher number than all before; what an earlier one still writes is refused.
 */
export class HostBook {
  readonly #store: KeyStore;
  readonly #life: number;
  /** What this life knows of keys: 0 = not there. */
  readonly #revisions: Map<string, number> = new Map();
  readonly #found: readonly Registered[];
  readonly #source: StoredSource | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(
    store: KeyStore,
    life: number,
    found: readonly Registered[],
    source: StoredSource | undefined,
  ) {
    this.#store = store;
    this.#life = life;
    this.#found = found;
    this.#source = source;
  }

  /**
   * Begins a life.
   * @param now time in ms since 1970: lives rise even when the store has been emptied
   * @throws EBADMSG for what cannot be read, EBUSY when another dispatcher begins at the same
   * moment; what the store says
   */
  static async open(store: KeyStore, now: () => number): Promise<HostBook> {
    const last = await store.get(LIFE_KEY);
    const { life: before } =
      last === undefined ? { life: 0 } : read(LIFE_KEY, lifeShape, last.value);
    const life = Math.max(before + 1, now());
    const bytes = encode({ life });
    try {
      if (last === undefined) await store.create(LIFE_KEY, bytes);
      else await store.update(LIFE_KEY, bytes, last.revision);
    } catch (error) {
      throw isLate(error) ? busy(error) : error;
    }
    const registered = await store.get(REGISTERED_KEY);
    const found = registered && read(REGISTERED_KEY, registeredShape, registered.value);
    const stored = await store.get(SOURCE_KEY);
    const source = stored && read(SOURCE_KEY, sourceShape, stored.value);
    return new HostBook(
      store,
      life,
      found ?? [],
      source && { ...source, stored: new Map(Object.entries(source.stored)) },
    );
  }

  /** The epoch of this life's frames. */
  get epoch(): string {
    return String(this.#life);
  }

  /** The registrations that an earlier life has left. */
  get registered(): readonly Registered[] {
    return this.#found;
  }

  /** What earlier lives have done with a source; nothing for another one. */
  sourceOf(id: string): StoredSource {
    return this.#source?.id === id ? this.#source : { id, stored: new Map(), cuts: [] };
  }

  /**
   * Writes the registrations, and the scopes that workers serve.
   * @throws EOWNERDEAD when another dispatcher has taken over; what the store says
   */
  async write(registered: readonly Registered[], scopes: readonly ScopeEntry[]): Promise<void> {
    await this.#put(REGISTERED_KEY, encode(registered));
    await this.#put(SCOPES_KEY, encodeScopes(scopes));
  }

  /** Writes what has been done with the source. Errors as `write`. */
  async writeSource({ id, stored, cuts }: StoredSource): Promise<void> {
    await this.#put(SOURCE_KEY, encode({ id, stored: Object.fromEntries(stored), cuts }));
  }

  /** @throws EOWNERDEAD unless this life is the last that was begun; what the store says */
  async check(): Promise<void> {
    const entry = await this.#store.get(LIFE_KEY);
    if (entry !== undefined && read(LIFE_KEY, lifeShape, entry.value).life === this.#life) return;
    throw new AuditError(Errno.EOWNERDEAD, "dispatcher: another one of this host has begun");
  }

  /** One after the other: each knows the revision that the one before has made. */
  #put(key: string, value: Uint8Array): Promise<void> {
    const put = this.#turn.then(() => this.#write(key, value));
    this.#turn = put.catch(() => undefined);
    return put;
  }

  async #write(key: string, value: Uint8Array): Promise<void> {
    const known = this.#revisions.get(key);
    // Until the answer is there, what is stored is not known.
    this.#revisions.delete(key);
    const revision = known ?? (await this.#store.get(key))?.revision ?? 0;
    await this.check();
    try {
      const next =
        revision === 0
          ? await this.#store.create(key, value)
          : await this.#store.update(key, value, revision);
      this.#revisions.set(key, next);
    } catch (error) {
      if (isLate(error)) await this.check();
      throw error;
    }
  }
}

function read<T>(key: string, shape: z.ZodType<T>, bytes: Uint8Array): T {
  return readBytes(`key ${key} of the host`, shape, bytes);
}

function encode(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

/** Somebody else has written the key. */
function isLate(error: unknown): boolean {
  if (!(error instanceof AuditError)) return false;
  return error.errno === Errno.ESTALE || error.errno === Errno.EEXIST;
}

function busy(cause: unknown): AuditError {
  return new AuditError(Errno.EBUSY, "dispatcher: another one of this host begins", { cause });
}
