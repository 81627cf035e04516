// The shapes of control requests, verb by verb.
import { type AuditdSignal, parseContid } from "@cauditd/libaudit";
import { z } from "zod";

const U32_MAX = 0xffff_ffff;

/** Most rules that one request replaces: their payloads fit into a NATS message. */
export const MAX_RULES = 500;

const scope = z
  .string({ error: "expected host, a contid or a container's name" })
  .min(1)
  .max(64)
  .default("host");
const u32 = z.int({ error: "expected an integer, 0 to 4294967295" }).min(0).max(U32_MAX);
const pid = z
  .int({ error: "expected a process ID, 1 to 4194304" })
  .min(1, "expected a process ID, 1 to 4194304")
  .max(4_194_304, "expected a process ID, 1 to 4194304");
/** Its number is read later: text that is none has an error of its own (CID-11, CID-12). */
const contidWritten = z.string({ error: "expected a contid as decimal text" }).max(32);
const contid = contidWritten
  .refine((text) => parseContid(text).ok, { error: "expected a contid as decimal text" })
  .transform((text) => BigInt(text.trim()));
const rule = z.base64({ error: "expected struct audit_rule_data in base 64" }).max(12_288);
const floor = z.boolean({ error: "expected true or false" }).default(false);
const key = z.string({ error: "expected text" }).max(256).default("");
const feature = z.strictObject({ on: z.boolean(), lock: z.boolean().default(false) });

interface InScope {
  /** `host`, a contid, or a container's name. */
  readonly scope: string;
}

interface OfRules extends InScope {
  /** The host's own rules on that instance, which its admin sees and cannot change. */
  readonly floor: boolean;
}

/** A feature bit as it is asked for. */
interface FeatureBody {
  readonly on: boolean;
  readonly lock: boolean;
}

interface Bodies {
  readonly instances: object;
  readonly status: InScope;
  readonly "status-set": InScope & {
    readonly enabled?: number | undefined;
    readonly failure?: number | undefined;
    readonly rate_limit?: number | undefined;
    readonly backlog_limit?: number | undefined;
    readonly backlog_wait_time?: number | undefined;
  };
  readonly "lost-reset": InScope;
  readonly "wait-time-reset": InScope;
  readonly features: InScope;
  readonly "features-set": InScope & {
    readonly only_unset_loginuid?: FeatureBody | undefined;
    readonly loginuid_immutable?: FeatureBody | undefined;
  };
  /** A page of the listing, from this place on. */
  readonly rules: InScope & { readonly from: number };
  /** struct audit_rule_data in base 64. */
  readonly "rules-add": OfRules & { readonly rule: string };
  readonly "rules-delete": OfRules & { readonly rule: string };
  readonly "rules-delete-all": OfRules & { readonly key: string };
  readonly "rules-replace": OfRules & { readonly rules: readonly string[] };
  readonly "user-record": { readonly type: number; readonly text: string };
  readonly signal: InScope & { readonly signal: AuditdSignal };
  readonly register: {
    readonly pid: number;
    /** As it was written. */
    readonly contid: string;
    readonly name?: string | undefined;
    readonly parent?: bigint | undefined;
  };
  readonly end: { readonly contid: bigint };
  readonly contid: { readonly pid: number };
  readonly "capcontid-set": { readonly pid: number; readonly value: number };
}

/** What can be asked for. */
export type ControlVerb = keyof Bodies;

/** A request's body, checked. */
export type Body<V extends ControlVerb> = Bodies[V];

/** The shape of each verb's body. */
export const BODIES: { readonly [V in ControlVerb]: z.ZodType<Bodies[V]> } = {
  instances: z.strictObject({}),
  status: z.strictObject({ scope }),
  "status-set": z.strictObject({
    scope,
    enabled: u32.optional(),
    failure: u32.optional(),
    rate_limit: u32.optional(),
    backlog_limit: u32.optional(),
    backlog_wait_time: u32.optional(),
  }),
  "lost-reset": z.strictObject({ scope }),
  "wait-time-reset": z.strictObject({ scope }),
  features: z.strictObject({ scope }),
  "features-set": z.strictObject({
    scope,
    only_unset_loginuid: feature.optional(),
    loginuid_immutable: feature.optional(),
  }),
  rules: z.strictObject({ scope, from: u32.default(0) }),
  "rules-add": z.strictObject({ scope, floor, rule }),
  "rules-delete": z.strictObject({ scope, floor, rule }),
  "rules-delete-all": z.strictObject({ scope, floor, key }),
  "rules-replace": z.strictObject({ scope, floor, rules: z.array(rule).max(MAX_RULES) }),
  "user-record": z.strictObject({
    type: u32.default(1005),
    text: z
      .string({ error: "expected text" })
      .max(8560)
      .regex(/^[\x20-\x7e]*$/, "expected printable ASCII"),
  }),
  signal: z.strictObject({ scope, signal: z.enum(["TERM", "HUP", "USR1", "USR2", "CONT"]) }),
  register: z.strictObject({
    pid,
    contid: contidWritten,
    name: z.string({ error: "expected a name" }).max(64).optional(),
    parent: contid.optional(),
  }),
  end: z.strictObject({ contid }),
  contid: z.strictObject({ pid }),
  "capcontid-set": z.strictObject({ pid, value: u32 }),
};

const READS: ReadonlySet<ControlVerb> = new Set([
  "instances",
  "status",
  "features",
  "rules",
  "contid",
]);

/** The verbs by name; those that read change nothing. */
export const CONTROL_VERBS: ReadonlyMap<string, { readonly reads: boolean }> = new Map(
  (Object.keys(BODIES) as ControlVerb[]).map((verb) => [verb, { reads: READS.has(verb) }]),
);
