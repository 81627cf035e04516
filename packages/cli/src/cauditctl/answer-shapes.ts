// The shapes of what a host answers: it comes over the network, and is looked at first.
import type { ListedInstance, RulesPage, StatusReply } from "@cauditd/dispatcher";
import { AuditError, type AuditFeature, Errno } from "@cauditd/libaudit";
import { z } from "zod";

const count = z.number().finite();
const feature = z.object({ on: z.boolean(), locked: z.boolean() });

/** Answer to `status`: what is beside the kernel's own is left as it is. */
export const statusShape: Shape<StatusReply> = z.looseObject({
  ...{ enabled: z.literal([0, 1, 2]), failure: z.literal([0, 1, 2]), pid: count, lost: count },
  ...{ rate_limit: count, backlog_limit: count, backlog: count },
  ...{ backlog_wait_time: count, backlog_wait_time_actual: count },
}) as z.ZodType<unknown> as Shape<StatusReply>;

/** Answer to `features`. */
export const featuresShape: Shape<{ readonly loginuid_immutable: AuditFeature }> = z.object({
  loginuid_immutable: feature,
});

/** Answer to a reset. */
export const valueShape: Shape<{ readonly value: number }> = z.object({ value: count });

/** Answer to `instances`: so much of it as is printed; the rest is left as it is. */
export const instancesShape: Shape<{ readonly instances: readonly ListedInstance[] }> = z.object({
  instances: z.array(
    z.looseObject({
      ...{ name: z.string(), scope: z.string(), parent: z.string().nullable() },
      ...{ enabled: count, rules: count, serial: count, backlog: count, lost: count },
      account: z.looseObject({ written: count }),
    }),
  ),
}) as z.ZodType<unknown> as Shape<{ readonly instances: readonly ListedInstance[] }>;

/** Answer to `rules`: one page. */
export const rulesShape: Shape<RulesPage> = z.object({
  rules: z.array(z.object({ rule: z.string(), text: z.string(), floor: z.boolean() })),
  next: z.number().int().min(0).nullable(),
  version: count,
});

/** What an answer has to be. */
export type Shape<T> = z.ZodType<T>;

/** Reads the answer to a request. Errors: EBADMSG, with what is wrong with it. */
export function readAnswer<T>(verb: string, shape: Shape<T>, answer: unknown): T {
  const { data, error } = shape.safeParse(answer);
  if (data !== undefined) return data;
  const issue = error?.issues[0];
  throw badAnswer(verb, `${issue?.path.join(".")}: ${issue?.message}`, error);
}

/** The error of an answer that is none. */
export function badAnswer(verb: string, problem: string, cause?: unknown): AuditError {
  return new AuditError(Errno.EBADMSG, `${verb}: the answer: ${problem}`, { cause });
}
