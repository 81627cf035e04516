// One worker among several: the lease on its life, and the scopes that are its own.
import { type KeyStore, OWNERS_KEY, SCOPES_KEY } from "@cauditd/bus";
import { decodeScopes, type ScopeEntry } from "@cauditd/kernel";
import { AuditError, Errno } from "@cauditd/libaudit";
import { decodeOwners, encodeOwners } from "./owner-table.ts";
import { type OwnerTable, place } from "./placement.ts";

/** The stores of one host, and what a worker is called. */
export interface MembershipOptions {
  /** Stable over restarts; 1..48 of A-Z a-z 0-9 -. */
  readonly name: string;
  /** Makes the name of the next life unique: 1..12 of A-Z a-z 0-9. */
  readonly nextLife: () => string;
  /** A key for each worker that lives; its time to live is `ttl`. */
  readonly workers: KeyStore;
  /** The owner table. */
  readonly owners: KeyStore;
  /** The scopes, written by the dispatcher. */
  readonly scopes: KeyStore;
  /** How long a life goes on without being renewed, in ms. */
  readonly ttl: number;
  /** A time in ms that rises, also while the process is stopped (CLOCK_MONOTONIC). */
  readonly now: () => number;
  /**
   * The time of day, ms: the tokens of a table that is made anew begin there, and so rise also when
   * the key store was lost. Default: this machine's.
   */
  readonly today?: () => number;
}

/** A scope that this worker owns. */
export interface Owned extends ScopeEntry {
  readonly token: number;
}

/** What a worker has to do. */
export interface Orders {
  /** Scopes to serve. */
  readonly serve: readonly Owned[];
  /** Scopes to stop serving; tell with `stopped` when that is done. */
  readonly release: readonly string[];
}

interface Life {
  readonly id: string;
  revision: number;
}

/**
 * A worker owns a scope from the moment that the owner table says so, for as long as `valid` is
 * true. Its life is a key that expires on the server when it is not renewed; it takes itself for
 * dead before that, by a clock of its own that began when it asked for the renewal. Another worker
 * takes its scopes only once the key is gone. So no two own a scope at once.
 */
export class Membership {
  readonly #options: MembershipOptions;
  #life: Life | undefined;
  #validUntil = 0;
  readonly #stopped: Set<string> = new Set();

  constructor(options: MembershipOptions) {
    this.#options = options;
  }

  /** The present life; undefined between two. */
  get life(): string | undefined {
    return this.#life?.id;
  }

  /** Whether this worker may act for its scopes now. */
  get valid(): boolean {
    return this.#life !== undefined && this.#options.now() < this.#validUntil;
  }

  /**
   * Renews the life and looks for work; called every third of `ttl` or so. Calls must not overlap.
   * @throws EOWNERDEAD when the life is over: everything has to stop at once, without writing or
   * acknowledging anything, and the next call begins another; else what the stores say
   */
  async look(): Promise<Orders> {
    if (this.#life !== undefined && !this.valid) throw this.#dead();
    await this.#renew();
    const { workers, owners, scopes } = this.#options;
    // First the table, then who lives: an owner that is not there then has died since it took its
    // scopes. The other way about, one that has begun between the two looks dead.
    const table = await owners.get(OWNERS_KEY);
    const [living, listed] = await Promise.all([workers.keys(), scopes.get(SCOPES_KEY)]);
    const life = this.#life;
    if (life === undefined || !this.valid) throw this.#dead();
    const entries = listed === undefined ? [] : decodeScopes(listed.value);
    const byScope = new Map(entries.map((entry) => [entry.scope, entry]));
    const view = {
      self: life.id,
      workers: new Set([...living, life.id]),
      scopes: new Set(byScope.keys()),
      table: table === undefined ? this.#noOwners() : decodeOwners(table.value),
      stopped: this.#stopped,
    };
    const placed = place(view);
    const now = placed.changed
      ? await this.#write(placed.table, table?.revision, view.table)
      : view.table;
    // A life that ended meanwhile owns nothing, whatever the table says.
    if (!this.valid) throw this.#dead();
    const serve: Owned[] = [];
    for (const [scope, { worker, token }] of now.owners) {
      const entry = byScope.get(scope);
      if (worker !== life.id || entry === undefined || this.#stopped.has(scope)) continue;
      if (!placed.release.includes(scope)) serve.push({ ...entry, token });
    }
    for (const scope of this.#stopped) {
      if (now.owners.get(scope)?.worker !== life.id) this.#stopped.delete(scope);
    }
    return { serve, release: placed.release };
  }

  /** This worker does not serve the scope any more; it gives it up at the next look. */
  stopped(scope: string): void {
    this.#stopped.add(scope);
  }

  /** Ends the life: the scopes are free at once. Everything must have stopped. */
  async leave(): Promise<void> {
    const life = this.#life;
    this.#end();
    if (life !== undefined) await this.#options.workers.remove(life.id, life.revision);
  }

  #noOwners(): OwnerTable {
    const { today = Date.now } = this.#options;
    return { token: today(), owners: new Map() };
  }

  async #renew(): Promise<void> {
    const { workers, ttl, name, nextLife, now } = this.#options;
    // The server counts from when it stores the key, which is later.
    const until = now() + ttl;
    if (this.#life === undefined) {
      const id = `${name}_${nextLife()}`;
      const revision = await workers.create(id, Buffer.from(name));
      this.#life = { id, revision };
    } else {
      const revision = await this.#extend(this.#life);
      // The answer came late. What was left undone meanwhile, as pulls and acknowledgements, nobody
      // would do again: a life that was over stays over.
      if (!this.valid) throw this.#dead();
      this.#life.revision = revision;
    }
    this.#validUntil = until;
  }

  /** Writes the key of the life again; its revision. */
  async #extend({ id, revision }: Life): Promise<number> {
    const { workers, name } = this.#options;
    const value = Buffer.from(name);
    try {
      return await workers.update(id, value, revision);
    } catch (error) {
      if (!isErrno(error, Errno.ESTALE)) throw error;
    }
    // Nobody else writes this key: an earlier renewal has arrived, and its answer has not.
    const entry = await workers.get(id);
    if (entry === undefined) throw this.#dead();
    try {
      return await workers.update(id, value, entry.revision);
    } catch (error) {
      throw isErrno(error, Errno.ESTALE) ? this.#dead() : error;
    }
  }

  /** Writes the table; the one that stands when another worker was faster. */
  async #write(wanted: OwnerTable, from: number | undefined, is: OwnerTable): Promise<OwnerTable> {
    const { owners } = this.#options;
    const bytes = encodeOwners(wanted);
    try {
      if (from === undefined) await owners.create(OWNERS_KEY, bytes);
      else await owners.update(OWNERS_KEY, bytes, from);
      return wanted;
    } catch (error) {
      if (isErrno(error, Errno.ESTALE) || isErrno(error, Errno.EEXIST)) return is;
      throw error;
    }
  }

  #dead(): AuditError {
    const text = `worker ${this.#life?.id ?? this.#options.name}: its lease is over`;
    this.#end();
    return new AuditError(Errno.EOWNERDEAD, text);
  }

  #end(): void {
    this.#life = undefined;
    this.#validUntil = 0;
    this.#stopped.clear();
  }
}

function isErrno(error: unknown, errno: number): boolean {
  return error instanceof AuditError && error.errno === errno;
}
