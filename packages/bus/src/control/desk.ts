// What every control request passes, whichever way it came: who, in time, once, in turn.
import { createHash } from "node:crypto";
import { AuditError, Errno } from "@cauditd/libaudit";
import {
  type ControlAnswer,
  type ControlRequest,
  decodeRequest,
  errnoLabel,
  failure,
  MAX_LIFE_MS,
} from "./codec.ts";
import type { ControlAddress } from "./subject.ts";

/** A request that has passed all checks of form. */
export interface ControlCall {
  /** From the subject, never from the body. */
  readonly principal: string;
  readonly verb: string;
  readonly body: unknown;
  /** The request's own name; one that comes again has the same, and the same digest. */
  readonly id: string;
  /** Of the verb and all bytes. */
  readonly digest: string;
}

/**
 * Carries a request out. What it returns is the result, plain JSON; what it throws is the answer:
 * the errno of an AuditError, EIO for anything else.
 */
export type ControlHandler = (call: ControlCall) => Promise<unknown>;

/** How a desk works. */
export interface ControlDeskOptions {
  /** Time in ms since 1970. */
  readonly now: () => number;
  /** Whether there is a principal of this name. */
  readonly isPrincipal: (name: string) => boolean;
  /** Verbs by name; `reads`: it changes nothing, so that it may be carried out again. */
  readonly verbs: ReadonlyMap<string, { readonly reads: boolean }>;
  readonly handler: ControlHandler;
  /** Told of what a handler threw that is no AuditError. */
  readonly onError: (error: unknown, call: ControlCall) => void;
}

/** Requests of one principal that wait for their turn; more are EAGAIN. */
export const MAX_WAITING = 64;
/** Requests of one principal that are remembered until they expire; more are ENOBUFS. */
export const MAX_REMEMBERED = 8192;

interface Remembered {
  readonly digest: string;
  readonly expires: number;
  readonly answer: Promise<ControlAnswer>;
}

/** What is known of one principal. Entries of `answers` are in the order in which they came. */
interface Seat {
  readonly answers: Map<string, Remembered>;
  tail: Promise<unknown>;
  waiting: number;
}

/**
 * Answers control requests. A principal's requests are carried out one after the other, in the
 * order in which they came. A request id is carried out once: until the request expires, the same
 * bytes get the same answer, and others under that id are EINVAL. After that it is ETIMEDOUT.
 *
 * There are as many seats as principals, and each holds MAX_REMEMBERED answers at most.
 */
export class ControlDesk {
  readonly #options: ControlDeskOptions;
  readonly #seats: Map<string, Seat> = new Map();
  /** Answers by verb, then by errno name, `ok` for success. */
  readonly #counts: Map<string, Map<string, number>> = new Map();
  /** Time never goes back here: what was forgotten because it had expired stays expired. */
  #time = 0;

  constructor(options: ControlDeskOptions) {
    this.#options = options;
  }

  /** The verbs it answers. */
  get verbs(): readonly string[] {
    return [...this.#options.verbs.keys()];
  }

  /** How requests of a verb ended: `{ok: 3, EPERM: 1}`. */
  counts(verb: string): Record<string, number> {
    return Object.fromEntries(this.#counts.get(verb) ?? []);
  }

  /** Answers one request of any bytes. Never rejects. */
  async answer(address: Omit<ControlAddress, "host">, bytes: Uint8Array): Promise<ControlAnswer> {
    const answer = await this.#take(address, bytes).catch(failure);
    this.#count(address.verb, answer);
    return answer;
  }

  async #take(
    { principal, verb }: Omit<ControlAddress, "host">,
    bytes: Uint8Array,
  ): Promise<ControlAnswer> {
    const known = this.#options.verbs.get(verb);
    if (known === undefined) throw refuse(Errno.EINVAL, `${verb}: no such verb`);
    if (!this.#options.isPrincipal(principal)) {
      throw refuse(Errno.EPERM, `${principal}: no such principal`);
    }
    const request = decodeRequest(bytes);
    const now = this.#now();
    if (request.expires <= now) throw expired(request);
    if (request.expires > now + MAX_LIFE_MS) {
      throw refuse(Errno.EINVAL, `expires: expected at most ${MAX_LIFE_MS} ms from now`);
    }
    const seat = this.#seat(principal);
    const digest = digestOf(verb, bytes);
    const { id, body } = request;
    const work = () => this.#work({ principal, verb, body, id, digest }, request);
    if (known.reads) return await this.#inTurn(seat, work);
    return await this.#once(seat, request, digest, work);
  }

  #once(
    seat: Seat,
    { id, expires }: ControlRequest,
    digest: string,
    work: () => Promise<ControlAnswer>,
  ): Promise<ControlAnswer> {
    const earlier = seat.answers.get(id);
    if (earlier !== undefined) {
      if (earlier.digest === digest) return earlier.answer;
      throw refuse(Errno.EINVAL, `id ${id}: used for another request`);
    }
    if (seat.answers.size >= MAX_REMEMBERED) this.#forget(seat);
    if (seat.answers.size >= MAX_REMEMBERED) {
      throw refuse(Errno.ENOBUFS, `${MAX_REMEMBERED} requests have not expired yet`);
    }
    const answer = this.#inTurn(seat, work);
    seat.answers.set(id, { digest, expires, answer });
    return answer;
  }

  /** Behind the requests that are there already. */
  #inTurn(seat: Seat, work: () => Promise<ControlAnswer>): Promise<ControlAnswer> {
    if (seat.waiting >= MAX_WAITING) {
      throw refuse(Errno.EAGAIN, `${MAX_WAITING} requests wait already`);
    }
    seat.waiting++;
    const turn = seat.tail.then(work).finally(() => {
      seat.waiting--;
    });
    seat.tail = turn;
    return turn;
  }

  /** Never rejects. */
  async #work(call: ControlCall, request: ControlRequest): Promise<ControlAnswer> {
    // It may have expired while it waited.
    if (request.expires <= this.#now()) return failure(expired(request));
    try {
      return { errno: 0, result: (await this.#options.handler(call)) ?? null };
    } catch (error) {
      if (!(error instanceof AuditError)) this.#options.onError(error, call);
      return failure(error);
    }
  }

  #forget(seat: Seat): void {
    const now = this.#now();
    for (const [id, { expires }] of seat.answers) if (expires <= now) seat.answers.delete(id);
  }

  #seat(principal: string): Seat {
    let seat = this.#seats.get(principal);
    if (seat === undefined) {
      seat = { answers: new Map(), tail: Promise.resolve(), waiting: 0 };
      this.#seats.set(principal, seat);
    }
    return seat;
  }

  #now(): number {
    this.#time = Math.max(this.#time, this.#options.now());
    return this.#time;
  }

  /** Verbs that there are not are counted together. */
  #count(verb: string, answer: ControlAnswer): void {
    const name = this.#options.verbs.has(verb) ? verb : "?";
    const label = "error" in answer ? errnoLabel(answer.errno) : "ok";
    const counts = this.#counts.get(name) ?? new Map<string, number>();
    this.#counts.set(name, counts);
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
}

function digestOf(verb: string, bytes: Uint8Array): string {
  return createHash("sha256").update(`${verb}\n`).update(bytes).digest("base64");
}

function expired({ id }: ControlRequest): AuditError {
  return refuse(Errno.ETIMEDOUT, `request ${id} has expired`);
}

function refuse(errno: Errno, text: string): AuditError {
  return new AuditError(errno, `control: ${text}`);
}
