// Whoever asks: one request, one answer, over whatever carries the bytes.
import { randomUUID } from "node:crypto";
import { answerError, type ControlAnswer, decodeAnswer, encodeRequest } from "./codec.ts";

/** Carries the bytes of requests to a host, as one principal. */
export interface ControlTransport {
  /** Sends a request and resolves with the bytes of its answer. Errors: AuditError. */
  send(verb: string, bytes: Uint8Array, timeoutMs: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Longest time in ms that a request waits for its answer. */
export const REQUEST_TIMEOUT_MS = 10_000;

/** How a client asks. */
export interface ControlClientOptions {
  /** Default: REQUEST_TIMEOUT_MS. */
  readonly timeoutMs?: number;
  /** Time in ms since 1970. Default: the system's. */
  readonly now?: () => number;
}

/** Asks a host to do something, as the principal of its transport. */
export class ControlClient {
  readonly #transport: ControlTransport;
  readonly #timeoutMs: number;
  readonly #now: () => number;

  constructor(transport: ControlTransport, options: ControlClientOptions = {}) {
    this.#transport = transport;
    this.#timeoutMs = options.timeoutMs ?? REQUEST_TIMEOUT_MS;
    this.#now = options.now ?? Date.now;
  }

  /**
   * Asks once; the request expires with the time that the client waits for it.
   * @returns the result
   * @throws {AuditError} what the host answered; ETIMEDOUT without an answer: it may have been
   * carried out or not; EHOSTUNREACH when no host listens; what the transport says
   */
  async request(verb: string, body: object = {}): Promise<unknown> {
    const expires = this.#now() + this.#timeoutMs;
    const bytes = encodeRequest({ id: randomUUID(), expires, body });
    const answer = decodeAnswer(await this.#transport.send(verb, bytes, this.#timeoutMs));
    return resultOf(answer);
  }

  /** Closes the transport. */
  close(): Promise<void> {
    return this.#transport.close();
  }
}

/** The result of an answer. Throws the AuditError that it tells of. */
function resultOf(answer: ControlAnswer): unknown {
  const error = answerError(answer);
  if (error !== undefined) throw error;
  return "result" in answer ? answer.result : undefined;
}
