// Calls to a NATS server over one connection that comes back by itself.
import { shutdownError } from "./bus.ts";
import { answered } from "./nats/frame-stream.ts";
import { type Connection, Link } from "./nats/link.ts";
import { callError } from "./nats/nats-errors.ts";

const TIMEOUT_MS = 10_000;

/** What a caller needs of a connection. */
export interface CallerConnection extends Connection {
  close(): Promise<void>;
}

/** Makes calls: each of them in attempts, until one is answered or the time is over. */
export class Caller {
  readonly #connection: CallerConnection;
  readonly #url: string;
  readonly #timeout: number;
  readonly #link: Link;
  #closed = false;

  /**
   * @param url names the server in errors
   * @param timeout the longest time in ms that a call waits for an answer; default 10 000
   */
  constructor(connection: CallerConnection, url: string, timeout: number = TIMEOUT_MS) {
    this.#connection = connection;
    this.#url = url;
    this.#timeout = timeout;
    this.#link = new Link(connection, url);
  }

  /** True behind `close`. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Calls `attempt` until it does not fail with Unanswered, or for want of the connection.
   * @param op says in errors what was wanted
   * @throws ESHUTDOWN behind `close`, ETIMEDOUT (whether it took effect is not known), ENOTCONN,
   * and what callError makes of the client's errors
   */
  call<T>(op: string, attempt: () => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(shutdownError(op));
    return answered(this.#link, this.#timeout, op, async () => {
      try {
        return await this.#link.guard(attempt);
      } catch (error) {
        throw callError(op, this.#url, error);
      }
    });
  }

  /** Closes the connection. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#connection.close();
  }
}
