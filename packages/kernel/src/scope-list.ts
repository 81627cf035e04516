// The list of scopes that a host's dispatcher gives to the workers, as bytes in the key store.
import { AuditError, Errno } from "@cauditd/libaudit";
import { CONTAINER_NAME } from "./container-registry.ts";

/** The most scopes of one host: their list must fit into one value of the key store. */
export const MAX_SCOPES = 4096;

/** A registered scope. */
export interface ScopeEntry {
  /** `host`, or the decimal contid. */
  readonly scope: string;
  /** The container's name, or `host`: its log's folder. */
  readonly name: string;
  /** Which life of the scope it is, from 1: another one than before starts empty. */
  readonly generation: number;
}

const SCOPE = /^(?:host|[0-9]{1,20})$/;

/** The scopes as bytes. Errors: ENOSPC for more than MAX_SCOPES. */
export function encodeScopes(scopes: readonly ScopeEntry[]): Uint8Array {
  if (scopes.length > MAX_SCOPES) {
    throw new AuditError(Errno.ENOSPC, `${scopes.length} scopes, at most ${MAX_SCOPES}`);
  }
  const entries = scopes.map(({ scope, name, generation }) => ({ scope, name, generation }));
  return new TextEncoder().encode(JSON.stringify(entries));
}

/** Reads a list of scopes. Errors: EBADMSG, with what is wrong with it. */
export function decodeScopes(bytes: Uint8Array): ScopeEntry[] {
  const value = parse(bytes);
  if (!Array.isArray(value)) throw unreadable("expected a list");
  if (value.length > MAX_SCOPES) throw unreadable(`expected at most ${MAX_SCOPES} scopes`);
  return value.map((item: unknown, index) => entryOf(item, index));
}

function entryOf(item: unknown, index: number): ScopeEntry {
  const refuse = (field: string, expected: string): AuditError => {
    return unreadable(`${index}.${field}: expected ${expected}`);
  };
  const { scope, name, generation, ...rest } = Object(item) as Record<string, unknown>;
  if (typeof scope !== "string" || !SCOPE.test(scope)) {
    throw refuse("scope", "host or a contid in decimal");
  }
  if (typeof name !== "string" || !CONTAINER_NAME.test(name)) {
    throw refuse("name", "a container's name or host");
  }
  if (typeof generation !== "number" || !Number.isSafeInteger(generation) || generation < 1) {
    throw refuse("generation", "an integer from 1");
  }
  const [stranger] = Object.keys(rest);
  if (stranger !== undefined) throw refuse(stranger, "no such field");
  return { scope, name, generation };
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw unreadable("no JSON", cause);
  }
}

function unreadable(problem: string, cause?: unknown): AuditError {
  return new AuditError(Errno.EBADMSG, `list of scopes: ${problem}`, { cause });
}
