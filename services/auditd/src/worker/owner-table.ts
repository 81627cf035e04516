// The owner table and the list of scopes as bytes in the key store. Both are checked when read.
import { SCOPE_PATTERN } from "@cauditd/bus";
import { AuditError, Errno } from "@cauditd/libaudit";
import { z } from "zod";
import type { Ownership, OwnerTable } from "./placement.ts";

/** The most scopes of one host: their table must fit into one value of the key store. */
export const MAX_SCOPES = 4096;

const scope = z.string().regex(SCOPE_PATTERN);
const whole = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const life = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
const tableShape = z.strictObject({
  token: whole,
  owners: z.array(z.tuple([scope, life, whole])).max(MAX_SCOPES),
});

/** A registered scope, as the dispatcher tells it to the workers. */
export interface ScopeEntry {
  /** `host`, or the decimal contid. */
  readonly scope: string;
  /** The container's name, or `host`: its log's folder. */
  readonly name: string;
  /** Which life of the contid it is, from 1: a contid that is used again starts empty. */
  readonly generation: number;
}

const scopesShape = z
  .array(
    z.strictObject({
      scope,
      name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/),
      generation: whole.min(1),
    }),
  )
  .max(MAX_SCOPES);

/** The empty table: what a key that is not there means. */
export const NO_OWNERS: OwnerTable = { token: 0, owners: new Map() };

/** The table as bytes. */
export function encodeOwners(table: OwnerTable): Uint8Array {
  const owners = [...table.owners].map(([key, { worker, token }]) => [key, worker, token]);
  return Buffer.from(JSON.stringify({ token: table.token, owners }));
}

/** Reads a table. Errors: EBADMSG, with what is wrong with it. */
export function decodeOwners(bytes: Uint8Array): OwnerTable {
  const { token, owners } = decode("owner table", tableShape, bytes);
  const entries = owners.map(([key, worker, given]): [string, Ownership] => [
    key,
    { worker, token: given },
  ]);
  return { token, owners: new Map(entries) };
}

/** The scopes as bytes. Errors: ENOSPC for more than MAX_SCOPES. */
export function encodeScopes(scopes: readonly ScopeEntry[]): Uint8Array {
  if (scopes.length > MAX_SCOPES) {
    throw new AuditError(Errno.ENOSPC, `${scopes.length} scopes, at most ${MAX_SCOPES}`);
  }
  const entries = scopes.map(({ scope, name, generation }) => ({ scope, name, generation }));
  return Buffer.from(JSON.stringify(entries));
}

/** Reads a list of scopes. Errors: EBADMSG, with what is wrong with it. */
export function decodeScopes(bytes: Uint8Array): ScopeEntry[] {
  return decode("list of scopes", scopesShape, bytes);
}

function decode<T>(what: string, shape: z.ZodType<T>, bytes: Uint8Array): T {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (cause) {
    throw unreadable(what, "no JSON", cause);
  }
  const { data, error } = shape.safeParse(value);
  if (data !== undefined) return data;
  const issue = error?.issues[0];
  const place = issue === undefined ? "" : `${issue.path.join(".")}: ${issue.message}`;
  throw unreadable(what, place, error);
}

function unreadable(what: string, problem: string, cause: unknown): AuditError {
  return new AuditError(Errno.EBADMSG, `${what}: ${problem}`, { cause });
}
