// The shapes of what a dispatcher asks an instance in another process.
import type { InstanceRequest } from "@cauditd/kernel";
import { type AuditdSignal, AuditError, Errno } from "@cauditd/libaudit";
import { z } from "zod";

const u32 = z.number().int().min(0).max(0xffff_ffff);
const subject = z.strictObject({
  pid: u32,
  uid: u32,
  auid: u32,
  ses: u32,
  subj: z.string().max(255).optional(),
  info: z.string().max(8192).optional(),
});
const rule = z.base64().max(12_288);
const floor = z.boolean();
const feature = z.strictObject({ on: z.boolean(), lock: z.boolean().optional() });
const nothing = z.strictObject({});
const oneRule = z.strictObject({ rule, floor, subject });

const BODIES = {
  status: nothing,
  features: nothing,
  summary: nothing,
  rules: z.strictObject({ from: u32 }),
  "status-set": z.strictObject({
    asked: z.strictObject({
      enabled: u32.optional(),
      failure: u32.optional(),
      rate_limit: u32.optional(),
      backlog_limit: u32.optional(),
      backlog_wait_time: u32.optional(),
    }),
    subject,
  }),
  "switch-off": nothing,
  "counter-reset": z.strictObject({ counter: z.enum(["lost", "wait-time"]), subject }),
  "features-set": z.strictObject({
    asked: z.strictObject({
      only_unset_loginuid: feature.optional(),
      loginuid_immutable: feature.optional(),
    }),
    subject,
  }),
  "rule-add": oneRule,
  "rule-delete": oneRule,
  "rules-delete-all": z.strictObject({ key: z.string().max(256), floor, subject }),
  "rules-replace": z.strictObject({ rules: z.array(rule).max(500), floor, subject }),
  signal: z.strictObject({ signal: z.enum(["TERM", "HUP", "USR1", "USR2", "CONT"]) }),
  reached: z.strictObject({
    epoch: z.string().max(256),
    sequence: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  }),
  end: nothing,
} as const;

/** A request that the process answers, beside those of the instance itself. */
export type ProcessRequest =
  | { readonly verb: "signal"; readonly signal: AuditdSignal }
  /** Waits until the frame of a place is in the log. */
  | { readonly verb: "reached"; readonly epoch: string; readonly sequence: number }
  /** The scope has ended: its log is set aside. */
  | { readonly verb: "end" };

const READS: ReadonlySet<string> = new Set(["status", "features", "summary", "rules", "reached"]);

/** The verbs by name; those that read change nothing. */
export const REMOTE_VERBS: ReadonlyMap<string, { readonly reads: boolean }> = new Map(
  Object.keys(BODIES).map((verb) => [verb, { reads: READS.has(verb) }]),
);

/** Checks a request. @throws EINVAL with what is wrong with it */
export function requestOf(verb: string, body: unknown): InstanceRequest | ProcessRequest {
  if (!Object.hasOwn(BODIES, verb)) throw new AuditError(Errno.EINVAL, `${verb}: no such verb`);
  const { data, error } = BODIES[verb as keyof typeof BODIES].safeParse(body);
  if (data !== undefined) return { verb, ...data } as InstanceRequest | ProcessRequest;
  const issue = error?.issues[0];
  throw new AuditError(Errno.EINVAL, `${verb}: ${issue?.path.join(".")}: ${issue?.message}`);
}
