// What is in a dispatcher's book, and how its bytes are checked.
import { SCOPE_PATTERN } from "@cauditd/bus";
import { CONTAINER_NAME, MAX_SCOPES } from "@cauditd/kernel";
import { AuditError, Errno } from "@cauditd/libaudit";
import { z } from "zod";

/** Tasks of a container that were put into it later, and are kept: the newest ones. */
export const MAX_TASKS = 256;

/** Places of one source at which it was over, and events waited. */
export const MAX_CUTS = 4096;

const whole = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const contid = z.string().regex(/^[0-9]{1,20}$/);
const pid = z.number().int().min(1).max(4_194_304);

/** A container as it is kept over a restart of the dispatcher. */
export interface Registered {
  readonly name: string;
  readonly contid: string;
  readonly pid: number;
  readonly parent?: string | undefined;
  /** Which life of a scope it is; see ScopeEntry. */
  readonly generation: number;
  /** Name of the principal that registered it; undefined = the host. */
  readonly owner?: string | undefined;
  /** Registered while the dispatcher ran: the configuration does not know it. */
  readonly live: boolean;
  /** Tasks that were put into it beside `pid`, oldest first. */
  readonly tasks: readonly number[];
}

export const registeredShape: z.ZodType<Registered[]> = z
  .array(
    z.strictObject({
      name: z.string().regex(CONTAINER_NAME),
      contid,
      pid,
      parent: contid.optional(),
      generation: whole.min(1),
      owner: z.string().min(1).max(64).optional(),
      live: z.boolean(),
      tasks: z.array(pid).max(MAX_TASKS),
    }),
  )
  .max(MAX_SCOPES);

export const lifeShape: z.ZodType<{ readonly life: number }> = z.strictObject({ life: whole });

export const sourceShape: z.ZodType<{
  readonly id: string;
  readonly stored: Readonly<Record<string, number>>;
  readonly cuts: readonly number[];
}> = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  stored: z.record(z.string().regex(SCOPE_PATTERN), whole),
  cuts: z.array(whole).max(MAX_CUTS),
});

/** Reads bytes of this shape. Errors: EBADMSG, with what is wrong with them. */
export function readBytes<T>(what: string, shape: z.ZodType<T>, bytes: Uint8Array): T {
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
