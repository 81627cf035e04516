// One worker: serves the scopes that it owns, for as long as it owns them.
import type { Lease } from "@cauditd/bus";
import { AuditError, Errno } from "@cauditd/libaudit";
import type { AuditdLog } from "../auditd-instance-options.ts";
import type { Membership, Owned } from "./membership.ts";

/** A scope that is being served. */
export interface ServedScope {
  /** It has ended by itself, as when its consumer was removed: it has to be begun anew. */
  readonly over?: () => boolean;
  /** Finishes the frames at hand and lets go of the scope: another may have it then. */
  release(): Promise<void>;
  /** Stops at once, without writing or acknowledging anything: another may have it already. */
  abandon(): Promise<void>;
}

/** A scope that a worker owns and cannot serve. */
export interface ServeFailure {
  /** The instance's. */
  readonly name: string;
  readonly failure: string;
}

/** What a worker is made of. */
export interface WorkerOptions {
  readonly membership: Membership;
  /** Begins to serve a scope. What it throws is told, and it is tried again at the next look. */
  readonly serve: (owned: Owned, lease: Lease) => Promise<ServedScope>;
  readonly told: AuditdLog;
  /** Called when a scope that has to be let go has been: the next look frees it. */
  readonly onReleased?: () => void;
}

interface Holding {
  readonly token: number;
  /** Undefined while it is being begun, and when that has failed. */
  served: ServedScope | undefined;
  /** Settled when it is begun, or has ended. Never rejects. */
  work: Promise<void>;
  ending: boolean;
}

/**
 * Looks for work, begins and ends. A look never waits for a scope to begin or to end: the lease is
 * renewed meanwhile. When the lease is over everything is dropped at once, and the next look begins
 * another life.
 */
export class Worker {
  readonly #membership: Membership;
  readonly #serve: WorkerOptions["serve"];
  readonly #told: AuditdLog;
  readonly #onReleased: () => void;
  readonly #holdings: Map<string, Holding> = new Map();
  /** Scopes whose last holding is still being dropped. */
  readonly #dropping: Map<string, Promise<void>> = new Map();
  /** Scopes of this worker that could not be begun, and why. */
  readonly #failures: Map<string, ServeFailure> = new Map();
  #stopping = false;
  #away = false;

  constructor({ membership, serve, told, onReleased = () => undefined }: WorkerOptions) {
    this.#onReleased = onReleased;
    this.#membership = membership;
    this.#serve = serve;
    this.#told = told;
  }

  /** Scopes that are served, or are just being begun or ended. */
  get scopes(): readonly string[] {
    return [...this.#holdings.keys()];
  }

  /** Scopes that are this worker's and cannot be served: nobody else serves them. */
  get failures(): readonly ServeFailure[] {
    return [...this.#failures.values()];
  }

  /** True when the last look had an answer. */
  get connected(): boolean {
    return !this.#away;
  }

  /**
   * Renews the lease, and begins and ends what has to be; every third of the lease's time or so.
   * Calls must not overlap. Never rejects: what the stores say is told.
   */
  async look(): Promise<void> {
    try {
      const { serve, release } = await this.#membership.look();
      if (this.#away) this.#told.warn({}, "the key store answers again");
      this.#away = false;
      const listed = new Set(serve.map(({ scope }) => scope));
      for (const scope of release) this.#release(scope);
      for (const scope of this.#failures.keys()) {
        if (!listed.has(scope)) this.#failures.delete(scope);
      }
      if (this.#stopping) return;
      for (const owned of serve) this.#hold(owned);
      for (const scope of this.#holdings.keys()) {
        if (!listed.has(scope) && !this.#isEnding(scope)) this.#drop(scope);
      }
    } catch (err) {
      if (err instanceof AuditError && err.errno === Errno.EOWNERDEAD) {
        this.#told.error({ err }, "everything is dropped, and another life begins");
      } else if (!this.#away) {
        this.#told.error({ err }, "the key store does not answer");
      }
      this.#away = true;
      this.check();
    }
  }

  /** Drops everything if the lease is over: to be called more often than `look`. */
  check(): void {
    if (this.#membership.valid) return;
    for (const scope of this.#holdings.keys()) this.#drop(scope);
  }

  /** Resolves when nothing is being begun or ended any more. */
  async settled(): Promise<void> {
    const works = [...this.#holdings.values()].map(({ work }) => work);
    await Promise.all([...works, ...this.#dropping.values()]);
  }

  /**
   * Takes no more scopes and lets go of all: frames at hand are finished. The lease has to be
   * renewed meanwhile, by `look`.
   */
  async drain(): Promise<void> {
    this.#stopping = true;
    for (const scope of this.#holdings.keys()) this.#release(scope);
    await this.settled();
  }

  /** Ends the lease, after the last look: what it has let go of is free for others at once. */
  async leave(): Promise<void> {
    await this.#membership.leave();
  }

  #isEnding(scope: string): boolean {
    return this.#holdings.get(scope)?.ending === true;
  }

  #hold(owned: Owned): void {
    const { scope, token } = owned;
    const held = this.#holdings.get(scope);
    if (held?.ending === true || (held?.token === token && held.served?.over?.() !== true)) return;
    if (held !== undefined) this.#drop(scope);
    const holding: Holding = { token, served: undefined, work: Promise.resolve(), ending: false };
    this.#holdings.set(scope, holding);
    holding.work = this.#begin(owned, holding);
  }

  async #begin(owned: Owned, holding: Holding): Promise<void> {
    const { scope, token } = owned;
    const { life } = this.#membership;
    const holds = (): boolean => this.#membership.life === life && this.#membership.valid;
    await this.#dropping.get(scope);
    try {
      holding.served = await this.#serve(owned, { token, holds });
      if (this.#failures.delete(scope)) this.#told.warn({ scope }, "the scope is served again");
    } catch (err) {
      this.#failed(owned, err as Error);
      if (this.#holdings.get(scope) === holding && !holding.ending) this.#holdings.delete(scope);
    }
  }

  /** Tells it, but not at each attempt. */
  #failed({ scope, name }: Owned, err: Error): void {
    const isNews = !this.#failures.has(scope);
    this.#failures.set(scope, { name, failure: err.message });
    if (isNews) this.#told.error({ scope, err }, "the scope cannot be served");
  }

  #release(scope: string): void {
    const holding = this.#holdings.get(scope);
    if (holding === undefined) {
      this.#membership.stopped(scope);
      return;
    }
    if (holding.ending) return;
    holding.ending = true;
    holding.work = holding.work.then(async () => {
      try {
        await holding.served?.release();
      } catch (err) {
        this.#told.error({ scope, err }, "the scope did not end well");
      }
      if (this.#holdings.get(scope) !== holding) return;
      this.#holdings.delete(scope);
      this.#membership.stopped(scope);
      this.#onReleased();
    });
  }

  #drop(scope: string): void {
    const holding = this.#holdings.get(scope);
    if (holding === undefined) return;
    this.#holdings.delete(scope);
    const dropped = Promise.all([this.#dropping.get(scope), this.#abandon(scope, holding)]).then(
      () => {
        if (this.#dropping.get(scope) === dropped) this.#dropping.delete(scope);
      },
    );
    this.#dropping.set(scope, dropped);
  }

  async #abandon(scope: string, holding: Holding): Promise<void> {
    // One that is just ending is not waited for: it may hang on what is not there.
    if (!holding.ending) await holding.work;
    try {
      await holding.served?.abandon();
    } catch (err) {
      this.#told.error({ scope, err }, "the scope was not dropped well");
    }
  }
}
