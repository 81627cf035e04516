// Where control requests go: cauditd.HOST.ctl.PRINCIPAL.VERB. A NATS server fixes, by permissions,
// which PRINCIPAL a connection can publish as; that token is the only proof of identity.
import { AuditError, Errno } from "@cauditd/libaudit";

/** One word of a control subject: 1 to 64 of `A-Z a-z 0-9 _ -`, safe in a NATS subject. */
export const CONTROL_WORD: RegExp = /^[A-Za-z0-9_-]{1,64}$/;

/** What a control subject says. */
export interface ControlAddress {
  /** Name of the cauditd host. */
  readonly host: string;
  /** The caller, as the server's permissions have it. */
  readonly principal: string;
  readonly verb: string;
}

/**
 * The subject of a request; `*` as principal or verb for all of them. EINVAL for anything but a
 * CONTROL_WORD, and for a host called `v1`: frames go by `cauditd.v1`.
 */
export function controlSubject({ host, principal, verb }: ControlAddress): string {
  checkWord("host", host);
  if (host === "v1") throw new AuditError(Errno.EINVAL, "host v1: expected another name");
  if (principal !== "*") checkWord("principal", principal);
  if (verb !== "*") checkWord("verb", verb);
  return `cauditd.${host}.ctl.${principal}.${verb}`;
}

/** Reads a control subject; undefined for any other text. */
export function parseControlSubject(subject: string): ControlAddress | undefined {
  const words = subject.split(".");
  const [prefix, host = "", kind, principal = "", verb = ""] = words;
  if (words.length !== 5 || prefix !== "cauditd" || kind !== "ctl" || host === "v1") {
    return undefined;
  }
  if (![host, principal, verb].every((word) => CONTROL_WORD.test(word))) return undefined;
  return { host, principal, verb };
}

function checkWord(name: string, word: string): void {
  if (CONTROL_WORD.test(word)) return;
  const text = `${name} ${JSON.stringify(word)}: expected 1..64 of A-Z a-z 0-9 _ -`;
  throw new AuditError(Errno.EINVAL, text);
}

/**
 * The prefix of a principal's reply subjects, for users who may read only their own: NATS
 * permissions give `_INBOX_PRINCIPAL.>` to that principal alone.
 */
export function inboxPrefix(principal: string): string {
  return `_INBOX_${principal}`;
}

/**
 * True if a reply may go to `subject`: an inbox, the principal's own or an unnamed one, or what a
 * NATS server puts in its place when the request came from another account (`_R_`; no client may
 * ask for a reply there). Whoever sends a request chooses the subject of the reply, and the service
 * would publish there with its own rights: into another principal's requests, or into a stream of
 * frames.
 */
export function isInbox(subject: string, principal: string): boolean {
  const own = `${inboxPrefix(principal)}.`;
  return ["_INBOX.", "_R_.", own].some((prefix) => subject.startsWith(prefix));
}
