// The owner table as bytes in the key store. It is checked when it is read.
import { SCOPE_PATTERN } from "@cauditd/bus";
import { MAX_SCOPES } from "@cauditd/kernel";
import { AuditError, Errno } from "@cauditd/libaudit";
import { z } from "zod";
import type { Ownership, OwnerTable } from "./placement.ts";

const scope = z.string().regex(SCOPE_PATTERN);
const whole = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const life = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
const tableShape = z.strictObject({
  token: whole,
  owners: z.array(z.tuple([scope, life, whole])).max(MAX_SCOPES),
});

/** The table as bytes. */
export function encodeOwners(table: OwnerTable): Uint8Array {
  const owners = [...table.owners].map(([key, { worker, token }]) => [key, worker, token]);
  return Buffer.from(JSON.stringify({ token: table.token, owners }));
}

/** Reads a table. Errors: EBADMSG, with what is wrong with it. */
export function decodeOwners(bytes: Uint8Array): OwnerTable {
  const { token, owners } = decode(bytes);
  const entries = owners.map(([key, worker, given]): [string, Ownership] => [
    key,
    { worker, token: given },
  ]);
  return { token, owners: new Map(entries) };
}

function decode(bytes: Uint8Array): z.output<typeof tableShape> {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (cause) {
    throw unreadable("no JSON", cause);
  }
  const { data, error } = tableShape.safeParse(value);
  if (data !== undefined) return data;
  const issue = error?.issues[0];
  const place = issue === undefined ? "" : `${issue.path.join(".")}: ${issue.message}`;
  throw unreadable(place, error);
}

function unreadable(problem: string, cause: unknown): AuditError {
  return new AuditError(Errno.EBADMSG, `owner table: ${problem}`, { cause });
}
