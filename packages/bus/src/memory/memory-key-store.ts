import { shutdownError } from "../bus.ts";
import {
  checkKey,
  checkValue,
  type KeyEntry,
  type KeyStore,
  keyChanged,
  keyExists,
} from "../key-store.ts";

/** Settings of a MemoryKeyStore. */
export interface MemoryKeyStoreOptions {
  /** Time to live of a key in ms; without it keys stay. */
  readonly ttl?: number;
  /** The time in ms; needed with `ttl` only. */
  readonly now?: () => number;
}

interface StoredEntry extends KeyEntry {
  readonly at: number;
}

/** The contents of a memory store: what all its openers share. */
export class MemoryKeys {
  readonly #options: MemoryKeyStoreOptions;
  readonly #entries: Map<string, StoredEntry> = new Map();
  #revision = 0;

  constructor(options: MemoryKeyStoreOptions = {}) {
    this.#options = options;
  }

  /** A store of its own for one process of several. */
  open(): KeyStore {
    return new MemoryKeyStore(this);
  }

  find(key: string): StoredEntry | undefined {
    const entry = this.#entries.get(key);
    const { ttl, now } = this.#options;
    if (entry === undefined || ttl === undefined || now === undefined) return entry;
    if (now() - entry.at < ttl) return entry;
    this.#entries.delete(key);
    return undefined;
  }

  names(): string[] {
    return [...this.#entries.keys()].filter((key) => this.find(key) !== undefined).sort();
  }

  put(key: string, value: Uint8Array): number {
    const revision = ++this.#revision;
    const at = this.#options.now?.() ?? 0;
    this.#entries.set(key, { value: Uint8Array.from(value), revision, at });
    return revision;
  }

  delete(key: string): void {
    this.#revision++;
    this.#entries.delete(key);
  }
}

/** A KeyStore in the memory of one process. */
class MemoryKeyStore implements KeyStore {
  readonly #keys: MemoryKeys;
  #closed = false;

  constructor(keys: MemoryKeys) {
    this.#keys = keys;
  }

  async get(key: string): Promise<KeyEntry | undefined> {
    this.#check("get", key);
    const entry = this.#keys.find(key);
    return entry && { value: Uint8Array.from(entry.value), revision: entry.revision };
  }

  async keys(): Promise<string[]> {
    if (this.#closed) throw shutdownError("keys");
    return this.#keys.names();
  }

  async create(key: string, value: Uint8Array): Promise<number> {
    this.#check("create", key, value);
    if (this.#keys.find(key) !== undefined) throw keyExists(key);
    return this.#keys.put(key, value);
  }

  async update(key: string, value: Uint8Array, revision: number): Promise<number> {
    this.#check("update", key, value);
    if (this.#keys.find(key)?.revision !== revision) throw keyChanged(key, revision);
    return this.#keys.put(key, value);
  }

  async remove(key: string, revision: number): Promise<void> {
    this.#check("remove", key);
    if (this.#keys.find(key)?.revision !== revision) throw keyChanged(key, revision);
    this.#keys.delete(key);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #check(call: string, key: string, value?: Uint8Array): void {
    if (this.#closed) throw shutdownError(call);
    checkKey(key);
    if (value !== undefined) checkValue(key, value);
  }
}
