// What the errors of the NATS client and of JetStream mean for the bus.
import { AuditError, Errno } from "@cauditd/libaudit";
import { Unanswered } from "./frame-stream.ts";

/** JetStream error codes (`err_code`). Source: nats-server, server/errors.json. */
export const CONSUMER_NOT_FOUND = 10014;
/** See CONSUMER_NOT_FOUND: a work queue lets one consumer take a subject. */
export const CONSUMER_NOT_UNIQUE = 10100;
/** See CONSUMER_NOT_FOUND. */
export const STREAM_NAME_IN_USE = 10058;
const NOT_ENABLED_FOR_ACCOUNT = 10039;
const STREAM_NOT_FOUND = 10059;
const STORE_FAILED = 10077;
const WRONG_LAST_SEQUENCE = 10071;
const NO_MESSAGE_FOUND = 10037;
/** The account or the server has no room: account limits, resources, memory, storage. */
const NO_ROOM: readonly number[] = [10002, 10023, 10028, 10047];

interface ApiError {
  readonly err_code: number;
  readonly description: string;
}

/**
 * The error of a first connection to `url`; EPROTO where TLS is not as it has to be.
 * @param anonymous no credentials were given
 */
export function dialError(url: string, cause: unknown, anonymous = false): AuditError {
  const [errno, text] = dialProblem(cause, anonymous);
  return new AuditError(errno, `connect ${url}: ${text}`, { cause });
}

/** What certificates are trusted by. */
const TRUST = "expected one that --ca, NATS_CA or NODE_EXTRA_CA_CERTS has signed";

const NO_LOGIN = "the NATS server wants credentials, and none were given: --creds or NATS_CREDS";

function dialProblem(cause: unknown, anonymous: boolean): [number, string] {
  switch (clientCode(cause)) {
    case "CONNECTION_REFUSED":
    case "ECONNREFUSED":
    case "ECONNRESET":
      return [Errno.ECONNREFUSED, "no NATS server answers"];
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return [Errno.EHOSTUNREACH, "the host name is not known"];
    case "TIMEOUT":
    case "CONNECTION_TIMEOUT":
      return [Errno.ETIMEDOUT, "no NATS server answers"];
    case "AUTHORIZATION_VIOLATION":
    case "AUTHENTICATION_EXPIRED":
    case "BAD_AUTHENTICATION":
    case "BAD_CREDS":
      return [Errno.EACCES, anonymous ? NO_LOGIN : "the NATS server refuses these credentials"];
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "UNABLE_TO_GET_ISSUER_CERT":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
      return [Errno.EPROTO, `the server's certificate is not trusted: ${TRUST}`];
    case "CERT_HAS_EXPIRED":
    case "CERT_NOT_YET_VALID":
      return [Errno.EPROTO, "the server's certificate is not valid now, by this machine's clock"];
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return [Errno.EPROTO, "the server's certificate is for another name or address"];
    case "SERVER_OPT_NA":
      return [Errno.EPROTO, "the server takes no TLS: nats:// instead of tls://"];
    default:
      return [Errno.EIO, text(cause)];
  }
}

/** Nobody answers for JetStream, or this account has none. */
export function isJetStreamOff(error: unknown): boolean {
  const code = jsErrorCode(error);
  return code === undefined ? clientCode(error) === "503" : code === NOT_ENABLED_FOR_ACCOUNT;
}

/** The error of the first question to JetStream; EOPNOTSUPP when it is off. */
export function openError(url: string, cause: unknown): Error {
  if (!isJetStreamOff(cause)) return lastError("open JetStream", url, cause);
  const forbidden = jsErrorCode(cause) === NOT_ENABLED_FOR_ACCOUNT;
  const what = forbidden
    ? "JetStream is not enabled for this account"
    : "JetStream is off: start nats-server with -js";
  return new AuditError(Errno.EOPNOTSUPP, `connect ${url}: ${what}`, { cause });
}

/** The error of an attempt that is not made again: ETIMEDOUT where callError says Unanswered. */
export function lastError(op: string, url: string, cause: unknown): Error {
  const error = callError(op, url, cause);
  if (!(error instanceof Unanswered)) return error;
  return new AuditError(Errno.ETIMEDOUT, `${op}: ${error.message}`, { cause });
}

/**
 * The error of one attempt: Unanswered if another may do better, else an AuditError: EACCES for a
 * subject that the user may not use, EIO with JetStream's own words for the rest.
 */
export function callError(op: string, url: string, cause: unknown): Error {
  if (cause instanceof AuditError || cause instanceof Unanswered) return cause;
  const said = apiError(cause);
  if (said !== undefined) {
    const words = `${op}: ${said.description} (JetStream error ${said.err_code})`;
    return new AuditError(Errno.EIO, words, { cause });
  }
  switch (clientCode(cause)) {
    case undefined:
      return new AuditError(Errno.EIO, `${op}: ${text(cause)}`, { cause });
    case "PERMISSIONS_VIOLATION":
      return new AuditError(Errno.EACCES, `${op}: ${text(cause)}`, { cause });
    case "MAX_PAYLOAD_EXCEEDED":
      return new AuditError(Errno.EMSGSIZE, `${op}: over max_payload of the server`, { cause });
    default:
      return new Unanswered(`${url} does not answer`, { cause });
  }
}

/** The JetStream error code in an error, if there is one. */
export function jsErrorCode(error: unknown): number | undefined {
  return apiError(error)?.err_code;
}

/** JetStream says so, or nobody listens on the subject (503 without a JetStream error). */
export function isStreamMissing(error: unknown): boolean {
  const code = jsErrorCode(error);
  return code === undefined ? clientCode(error) === "503" : code === STREAM_NOT_FOUND;
}

/** The consumer or the stream asked about does not exist. */
export function isMissing(error: unknown): boolean {
  const code = jsErrorCode(error);
  return code === CONSUMER_NOT_FOUND || code === STREAM_NOT_FOUND;
}

/** The answer; undefined when what was asked for does not exist. */
export async function orMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** The subject's last sequence is not the one that the publisher expects. */
export function isWrongRevision(error: unknown): boolean {
  return jsErrorCode(error) === WRONG_LAST_SEQUENCE;
}

/** The stream holds nothing at the place, or on the subject, that was asked for. */
export function isNothingThere(error: unknown): boolean {
  const code = jsErrorCode(error);
  return code === undefined ? clientCode(error) === "404" : code === NO_MESSAGE_FOUND;
}

/** No room: for the scope (frames per subject), in the stream, the account or the server. */
export function isFull(error: unknown): boolean {
  const said = apiError(error);
  if (said === undefined) return false;
  if (said.err_code === STORE_FAILED) return /^maximum \w+ /.test(said.description);
  return NO_ROOM.includes(said.err_code);
}

function apiError(error: unknown): ApiError | undefined {
  if (!(error instanceof Error) || !("api_error" in error)) return undefined;
  const said = error.api_error;
  if (typeof said !== "object" || said === null) return undefined;
  if (!("err_code" in said) || typeof said.err_code !== "number") return undefined;
  const description = "description" in said ? String(said.description) : "";
  return { err_code: said.err_code, description };
}

function clientCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
