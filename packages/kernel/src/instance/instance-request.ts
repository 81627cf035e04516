// What is asked of one instance, as data: whoever asks need not be in its process.
import {
  Errno,
  formatRule,
  matchesKey,
  type Rule,
  RuleSet,
  ruleFromPayload,
  ruleToPayload,
} from "@cauditd/libaudit";
import { lostTotal } from "../accounting.ts";
import type { ControlRecord, ControlReply, ControlSubject } from "./control-record.ts";
import type { Instance } from "./instance.ts";
import type { FeatureName, FeatureRequest } from "./instance-features.ts";
import type { StatusRequest } from "./instance-status.ts";

/** Bytes of base 64 and text after which a page of rules ends. */
const PAGE_BYTES = 512 * 1024;

/** A rule as struct audit_rule_data in base 64. */
type Payload = string;

/** A request that changes an instance. */
export type InstanceChange =
  | { readonly verb: "status-set"; readonly asked: StatusRequest; readonly subject: ControlSubject }
  /** Switches auditing off, once the record of that is in the log. */
  | { readonly verb: "switch-off" }
  | {
      readonly verb: "counter-reset";
      readonly counter: "lost" | "wait-time";
      readonly subject: ControlSubject;
    }
  | {
      readonly verb: "features-set";
      readonly asked: Readonly<Partial<Record<FeatureName, FeatureRequest>>>;
      readonly subject: ControlSubject;
    }
  | {
      readonly verb: "rule-add" | "rule-delete";
      readonly rule: Payload;
      readonly floor: boolean;
      readonly subject: ControlSubject;
    }
  | {
      readonly verb: "rules-delete-all";
      readonly key: string;
      readonly floor: boolean;
      readonly subject: ControlSubject;
    }
  | {
      readonly verb: "rules-replace";
      readonly rules: readonly Payload[];
      readonly floor: boolean;
      readonly subject: ControlSubject;
    };

/** A request that changes nothing. */
export type InstanceQuestion =
  | { readonly verb: "status" | "features" | "summary" }
  /** The listed rules from this place on, as many as fit into an answer. */
  | { readonly verb: "rules"; readonly from: number };

/** What can be asked of an instance. */
export type InstanceRequest = InstanceChange | InstanceQuestion;

/** What came of a request. */
export interface InstanceAnswer {
  /** 0, or why it was refused. */
  readonly errno: number;
  /** What a reset found: the old value. 0 for other requests. */
  readonly value: number;
  /** To be written in this order, whether it was refused or not. */
  readonly records: readonly ControlRecord[];
  /** Place of the rule that was refused in a list, from 0; -1 for none. */
  readonly refused: number;
  /** It was refused, and no record of the kernel says so. */
  readonly unrecorded?: boolean;
  /** Switching off was allowed: `switch-off` does it, behind the records. */
  readonly switchesOff?: boolean;
  /** What was asked for; plain data. */
  readonly result?: unknown;
}

/** Carries a request out. */
export function carryOut(instance: Instance, request: InstanceRequest): InstanceAnswer {
  switch (request.verb) {
    case "status":
    case "features":
    case "summary":
    case "rules":
      return { errno: 0, value: 0, records: [], refused: -1, result: tell(instance, request) };
    case "status-set":
      return setStatus(instance, request.asked, request.subject);
    case "switch-off":
      if (instance.status.enabled === 1) instance.status.enabled = 0;
      return done({ errno: 0, value: 0, records: [] });
    case "counter-reset":
      return done(
        request.counter === "lost"
          ? instance.status.resetLost(request.subject)
          : instance.status.resetWaitTimeActual(request.subject),
      );
    case "features-set":
      return done(instance.setFeatures(request.asked, request.subject));
    case "rule-add":
    case "rule-delete":
      return changeRule(instance, request);
    case "rules-delete-all":
      return done(deleteAll(instance, request));
    case "rules-replace":
      return replaceRules(instance, request);
  }
}

function done(reply: ControlReply, refused = -1): InstanceAnswer {
  return { ...reply, refused };
}

function refusal(errno: number): InstanceAnswer {
  return { errno, value: 0, records: [], refused: -1, unrecorded: true };
}

function tell(instance: Instance, request: InstanceQuestion): unknown {
  const { status, features, rules, overflow, quota = null, peak } = instance;
  if (request.verb === "status") {
    return { ...status.get(), overflow, quota, backlog_peak: peak };
  }
  if (request.verb === "features") {
    return {
      only_unset_loginuid: features.get("only_unset_loginuid"),
      loginuid_immutable: features.get("loginuid_immutable"),
    };
  }
  if (request.verb === "rules") return pageOf(instance, request.from);
  const { account, serial } = instance;
  return {
    enabled: status.enabled,
    rules: rules.listed.length,
    serial,
    backlog: status.backlog,
    lost: lostTotal(account),
    account: { ...account, lost: { ...account.lost } },
  };
}

function pageOf({ rules }: Instance, from: number): unknown {
  const floor = new Set(rules.floor);
  const all = rules.listed;
  const page: { rule: Payload; text: string; floor: boolean }[] = [];
  let size = 0;
  let next = from;
  for (; next < all.length && size < PAGE_BYTES; next++) {
    const rule = all[next] as Rule;
    const payload = Buffer.from(ruleToPayload(rule)).toString("base64");
    const text = formatRule(rule, { arch: rules.arch });
    page.push({ rule: payload, text, floor: floor.has(rule) });
    size += payload.length + text.length;
  }
  return { rules: page, next: next < all.length ? next : null, version: rules.version };
}

/** Switching off is recorded (AUD-98): it takes effect behind its record. */
function setStatus(
  { status }: Instance,
  asked: StatusRequest,
  subject: ControlSubject,
): InstanceAnswer {
  const before = status.enabled;
  const reply = done(status.set(asked, subject));
  if (before !== 1 || status.enabled !== 0) return reply;
  status.enabled = before;
  return { ...reply, switchesOff: true };
}

type Change<V extends InstanceChange["verb"]> = Extract<InstanceChange, { readonly verb: V }>;

function changeRule(
  { rules }: Instance,
  { verb, rule: payload, floor, subject }: Change<"rule-add" | "rule-delete">,
): InstanceAnswer {
  const rule = ruleOf(payload);
  if (rule === undefined) return refusal(Errno.EINVAL);
  const adds = verb === "rule-add";
  if (!floor) return done(adds ? rules.add(rule, subject) : rules.delete(rule, subject));
  const wanted = new RuleSet(rules.arch);
  wanted.replaceAll(rules.floor);
  const errno = adds ? wanted.add(rule) : wanted.delete(rule);
  return errno === 0 ? done(rules.setFloor(wanted.rules(), subject)) : refusal(errno);
}

function deleteAll(
  { rules }: Instance,
  { key, floor, subject }: Change<"rules-delete-all">,
): ControlReply {
  if (!floor) return rules.deleteAll(key, subject);
  const kept = rules.floor.filter((rule) => !matchesKey(rule, key));
  return rules.setFloor(kept, subject);
}

function replaceRules(
  { rules }: Instance,
  { rules: payloads, floor, subject }: Change<"rules-replace">,
): InstanceAnswer {
  const given = payloads.map(ruleOf);
  const bad = given.indexOf(undefined);
  if (bad >= 0) return { ...refusal(Errno.EINVAL), refused: bad };
  const all = given as Rule[];
  const reply = floor ? rules.setFloor(all, subject) : rules.replace(all, subject);
  return done(reply, reply.refused);
}

function ruleOf(payload: Payload): Rule | undefined {
  const read = ruleFromPayload(Buffer.from(payload, "base64"));
  return read.ok ? read.rule : undefined;
}
