// One connection's ups and downs: who waits for it, and who must not wait in vain.
import { AuditError, Errno } from "@cauditd/libaudit";
import { type LinkListener, settledWithin, Unanswered } from "./frame-stream.ts";

/** What a link needs of a connection that reconnects by itself. */
export interface Connection {
  /** Yields `{type: "disconnect"}` and `{type: "reconnect"}`, among others. */
  status(): AsyncIterable<{ readonly type: string }>;
  /** Resolves when the connection is closed for good, with the reason if there is one. */
  closed(): Promise<unknown>;
}

/** Watches one connection. Work under `guard` ends with it, instead of waiting for a timeout. */
export class Link {
  readonly #url: string;
  readonly #listeners: Set<LinkListener> = new Set();
  #up = true;
  #over: AuditError | undefined;
  /** Ends the work that is under way, and what waits for the connection. */
  readonly #waiting: Set<() => void> = new Set();

  /** `connection` is up; `url` names it in errors. */
  constructor(connection: Connection, url: string) {
    this.#url = url;
    connection.closed().then(
      (reason) => this.#end(reason),
      (reason) => this.#end(reason),
    );
    this.#follow(connection).catch((reason: unknown) => this.#end(reason));
  }

  /** Whether the connection is up. */
  get up(): boolean {
    return this.#up;
  }

  /** Tells `listener` of every loss and return; the result ends that. */
  watch(listener: LinkListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Resolves when the connection is up, or after `ms`. Rejects with ENOTCONN when it is over. */
  async ready(ms: number): Promise<void> {
    if (!this.#up && this.#over === undefined) await this.#change(ms);
    if (this.#over !== undefined) throw this.#over;
  }

  /** Runs `work`, unless or until the connection is down: Unanswered then, ENOTCONN when over. */
  async guard<T>(work: () => Promise<T>): Promise<T> {
    if (!this.#up) throw this.#refusal();
    const working = work();
    // No race with a promise that lives as long as the connection: each would stay with it.
    return new Promise((resolve, reject) => {
      const ends = (): void => reject(this.#refusal());
      this.#waiting.add(ends);
      const done = (): boolean => this.#waiting.delete(ends);
      working.then(resolve, reject).finally(done);
    });
  }

  #refusal(): Error {
    return this.#over ?? new Unanswered(`${this.#url} does not answer`);
  }

  /** Resolves at the next change of state, or after `ms`. */
  async #change(ms: number): Promise<void> {
    let changed = (): void => undefined;
    const change = new Promise<void>((resolve) => {
      changed = resolve;
    });
    this.#waiting.add(changed);
    await settledWithin(change, ms);
    this.#waiting.delete(changed);
  }

  async #follow(connection: Connection): Promise<void> {
    for await (const { type } of connection.status()) {
      if (type === "disconnect") this.#set(false);
      else if (type === "reconnect") this.#set(true);
    }
  }

  #set(up: boolean): void {
    if (up === this.#up || this.#over !== undefined) return;
    this.#up = up;
    this.#signal();
    for (const listener of this.#listeners) {
      if (up) listener.back();
      else listener.lost();
    }
  }

  #end(reason: unknown): void {
    if (this.#over !== undefined) return;
    const text = reason instanceof Error ? reason.message : "closed";
    this.#over = new AuditError(Errno.ENOTCONN, `${this.#url}: ${text}`, { cause: reason });
    if (this.#up) for (const listener of this.#listeners) listener.lost();
    this.#up = false;
    this.#signal();
  }

  #signal(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }
}
