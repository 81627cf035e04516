// Control requests and answers as bytes: JSON, so that any NATS tool can send one.
import { AuditError, Errno, errnoName, errnoText } from "@cauditd/libaudit";
import { CONTROL_WORD } from "./subject.ts";

/** Most bytes of a request. A NATS server takes 1 MiB unless told otherwise. */
export const MAX_REQUEST_BYTES: number = 768 * 1024;
/** Most bytes of an answer. */
export const MAX_ANSWER_BYTES: number = 960 * 1024;
/** Most arrays and objects inside each other. */
export const MAX_DEPTH = 8;
/** Longest time in ms from now at which a request may expire. */
export const MAX_LIFE_MS = 120_000;

/** A request as it is sent. There is no place in it for the caller's name. */
export interface ControlRequest {
  /** Names the request: a second one of this name is not carried out again. A CONTROL_WORD. */
  readonly id: string;
  /** Time in ms since 1970 from which on it is not carried out any more. */
  readonly expires: number;
  /** What the verb asks for; its shape is the verb's. */
  readonly body: unknown;
}

/** An answer. `errno` 0: it was done, `result` says what came out. */
export type ControlAnswer =
  | { readonly errno: 0; readonly result: unknown }
  | {
      /** Positive error number. */
      readonly errno: number;
      /** `EPERM: operation not permitted, why`. */
      readonly error: string;
    };

const decoder = new TextDecoder("utf-8", { fatal: true });

/** The bytes of a request. EMSGSIZE over MAX_REQUEST_BYTES. */
export function encodeRequest(request: ControlRequest): Uint8Array {
  const { id, expires, body } = request;
  const bytes = new TextEncoder().encode(JSON.stringify({ id, expires, body }));
  if (bytes.length > MAX_REQUEST_BYTES) throw tooLarge(bytes.length);
  return bytes;
}

/**
 * Reads the bytes of a request, which anybody may have written. Throws an AuditError that says what
 * was expected, and nothing else: EMSGSIZE (size), EINVAL (all other).
 */
export function decodeRequest(bytes: Uint8Array): ControlRequest {
  if (bytes.length > MAX_REQUEST_BYTES) throw tooLarge(bytes.length);
  const { id, expires, body = {}, ...rest } = readObject(bytes);
  const stranger = Object.keys(rest)[0];
  if (stranger !== undefined) {
    throw invalid(`${JSON.stringify(stranger.slice(0, 64))}: expected only id, expires and body`);
  }
  if (typeof id !== "string" || !CONTROL_WORD.test(id)) {
    throw invalid("id: expected 1..64 of A-Z a-z 0-9 _ -");
  }
  if (typeof expires !== "number" || !Number.isSafeInteger(expires) || expires < 0) {
    throw invalid("expires: expected ms since 1970, an integer");
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw invalid("body: expected an object");
  }
  return { id, expires, body };
}

/** The bytes of an answer; one over MAX_ANSWER_BYTES becomes EMSGSIZE. */
export function encodeAnswer(answer: ControlAnswer): Uint8Array {
  const bytes = new TextEncoder().encode(JSON.stringify(answer));
  if (bytes.length <= MAX_ANSWER_BYTES) return bytes;
  const size = `the answer has ${bytes.length} bytes, at most ${MAX_ANSWER_BYTES}`;
  return encodeAnswer(failure(new AuditError(Errno.EMSGSIZE, size)));
}

/** Reads the bytes of an answer. EBADMSG for anything else, and over MAX_ANSWER_BYTES. */
export function decodeAnswer(bytes: Uint8Array): ControlAnswer {
  if (bytes.length > MAX_ANSWER_BYTES) throw noAnswer();
  try {
    const { errno, error, result } = readObject(bytes);
    if (errno === 0) return { errno, result };
    if (typeof errno === "number" && errno > 0 && typeof error === "string") {
      return { errno, error };
    }
  } catch (cause) {
    throw noAnswer(cause);
  }
  throw noAnswer();
}

/** The answer that tells of an error. What is no AuditError is EIO, without its words. */
export function failure(error: unknown): ControlAnswer {
  if (!(error instanceof AuditError)) {
    return { errno: Errno.EIO, error: `${errnoText(Errno.EIO)}, see the log of the host` };
  }
  return { errno: error.errno, error: error.message };
}

/** The error that an answer tells of, as its sender threw it; undefined for success. */
export function answerError(answer: ControlAnswer): AuditError | undefined {
  if (!("error" in answer)) return undefined;
  const { errno, error } = answer;
  const prefix = `${errnoText(errno)}, `;
  return new AuditError(errno, error.startsWith(prefix) ? error.slice(prefix.length) : error);
}

/** `EPERM`, or `errno 999` for a number that has no name. */
export function errnoLabel(errno: number): string {
  return errnoName(errno) ?? `errno ${errno}`;
}

function readObject(bytes: Uint8Array): Record<string, unknown> {
  if (depth(bytes) > MAX_DEPTH) throw invalid(`expected at most ${MAX_DEPTH} levels`);
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(bytes));
  } catch (cause) {
    throw invalid("expected JSON in UTF-8", cause);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalid("expected an object");
  }
  return value as Record<string, unknown>;
}

/** Deepest nesting of brackets outside strings, seen before anything is built. */
function depth(bytes: Uint8Array): number {
  let open = 0;
  let deepest = 0;
  let quoted = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === 0x22) quoted = !quoted;
    else if (quoted) {
      if (byte === 0x5c) at++;
    } else if (byte === 0x5b || byte === 0x7b) deepest = Math.max(deepest, ++open);
    else if (byte === 0x5d || byte === 0x7d) open--;
  }
  return deepest;
}

function tooLarge(bytes: number): AuditError {
  const text = `control: a request of ${bytes} bytes, at most ${MAX_REQUEST_BYTES}`;
  return new AuditError(Errno.EMSGSIZE, text);
}

function invalid(text: string, cause?: unknown): AuditError {
  return new AuditError(Errno.EINVAL, `control: ${text}`, { cause });
}

function noAnswer(cause?: unknown): AuditError {
  return new AuditError(Errno.EBADMSG, "control: that is no answer", { cause });
}
