// What can be asked of an instance: its status, features, rules and daemon.
import type { ControlReply, OverflowPolicy, Quota } from "@cauditd/kernel";
import {
  AuditError,
  type AuditStatus,
  checkRulePaths,
  formatRule,
  matchesKey,
  type Rule,
  RuleSet,
  ruleFromPayload,
  ruleToPayload,
} from "@cauditd/libaudit";
import type { Body } from "./bodies.ts";
import { about, type Call, scopeOf, type Target } from "./call.ts";

/** Bytes of base 64 after which a page of rules ends. */
const PAGE_BYTES = 512 * 1024;

/** A rule of a listing. */
export interface ListedRule {
  /** struct audit_rule_data in base 64. */
  readonly rule: string;
  /** As `auditctl -l` prints it. */
  readonly text: string;
  /** The host demands it. */
  readonly floor: boolean;
}

/** One page of a listing. */
export interface RulesPage {
  readonly rules: readonly ListedRule[];
  /** Where the next page begins; null behind the last. */
  readonly next: number | null;
  /** Changes with every change of the rules: pages of different versions do not fit together. */
  readonly version: number;
}

/** What an instance answers to AUDIT_GET, and what the host has set for it. */
export interface StatusReply extends AuditStatus {
  readonly overflow: OverflowPolicy;
  /** null = the tenant's own limits only. */
  readonly quota: Quota | null;
  /** The longest that the backlog has been. */
  readonly backlog_peak: number;
}

/** AUDIT_GET. */
export function status(call: Call, body: Body<"status">): StatusReply {
  const target = call.target(body.scope);
  call.authorise("status-read", scopeOf(target), about(target));
  const { instance } = call.instance(target);
  const { overflow, quota = null, peak } = instance;
  return { ...instance.status.get(), overflow, quota, backlog_peak: peak };
}

/** AUDIT_SET. */
export async function statusSet(call: Call, body: Body<"status-set">): Promise<null> {
  const { scope, ...asked } = body;
  const target = call.target(scope);
  call.authorise("status-set", scopeOf(target), about(target));
  const { instance } = call.instance(target);
  const before = instance.status.enabled;
  const request = Object.fromEntries(
    Object.entries(asked).filter(([, value]) => value !== undefined),
  );
  const reply = instance.status.set(request, call.principal.subject);
  if (before === 1 && instance.status.enabled === 0) {
    // Switching off is recorded (AUD-98): it takes effect behind its record.
    instance.status.enabled = before;
    call.settle({ ...reply, errno: 0 }, target, about(target));
    await call.recorded();
    if (instance.status.enabled === before) instance.status.enabled = 0;
    call.settle({ ...reply, records: [] }, target, about(target));
    return null;
  }
  call.settle(reply, target, about(target));
  return null;
}

/** AUDIT_SET with only a reset in its mask; answers the old value. */
export function reset(
  call: Call,
  body: Body<"lost-reset">,
  counter: "lost" | "wait-time",
): { readonly value: number } {
  const target = call.target(body.scope);
  call.authorise("counter-reset", scopeOf(target), about(target));
  const { status: held } = call.instance(target).instance;
  const { subject } = call.principal;
  const reply = counter === "lost" ? held.resetLost(subject) : held.resetWaitTimeActual(subject);
  return { value: call.settle(reply, target, about(target)) };
}

/** AUDIT_GET_FEATURE. */
export function features(call: Call, body: Body<"features">): object {
  const target = call.target(body.scope);
  call.authorise("features-read", scopeOf(target), about(target));
  const held = call.instance(target).instance.features;
  return {
    only_unset_loginuid: held.get("only_unset_loginuid"),
    loginuid_immutable: held.get("loginuid_immutable"),
  };
}

/** AUDIT_SET_FEATURE. */
export function featuresSet(call: Call, body: Body<"features-set">): null {
  const { scope, only_unset_loginuid: unset, loginuid_immutable: immutable } = body;
  const target = call.target(scope);
  call.authorise("features-set", scopeOf(target), about(target));
  const request = {
    ...(unset === undefined ? {} : { only_unset_loginuid: unset }),
    ...(immutable === undefined ? {} : { loginuid_immutable: immutable }),
  };
  const { instance } = call.instance(target);
  call.settle(instance.setFeatures(request, call.principal.subject), target, about(target));
  return null;
}

/** AUDIT_LIST_RULES, a page of it. */
export function rules(call: Call, body: Body<"rules">): RulesPage {
  const target = call.target(body.scope);
  call.authorise("rules-read", scopeOf(target), about(target));
  const held = call.instance(target).instance.rules;
  const floor = new Set(held.floor);
  const all = held.listed;
  const page: ListedRule[] = [];
  let size = 0;
  let next = body.from;
  for (; next < all.length && size < PAGE_BYTES; next++) {
    const rule = all[next] as Rule;
    const payload = Buffer.from(ruleToPayload(rule)).toString("base64");
    const text = formatRule(rule, { arch: held.arch });
    page.push({ rule: payload, text, floor: floor.has(rule) });
    size += payload.length + text.length;
  }
  return { rules: page, next: next < all.length ? next : null, version: held.version };
}

/** AUDIT_ADD_RULE and AUDIT_DEL_RULE. */
export function ruleChange(call: Call, body: Body<"rules-add">, op: "add" | "delete"): null {
  const target = changed(call, body);
  const { rules: held } = call.instance(target).instance;
  const rule = ruleOf(body.rule);
  const { subject } = call.principal;
  if (op === "add") checkPaths(call, target, rule);
  let reply: ControlReply;
  if (body.floor) {
    const floor = new RuleSet(held.arch);
    floor.replaceAll(held.floor);
    const errno = op === "add" ? floor.add(rule) : floor.delete(rule);
    if (errno !== 0) throw call.refuse(errno, about(target));
    reply = held.setFloor(floor.rules(), subject);
  } else {
    reply = op === "add" ? held.add(rule, subject) : held.delete(rule, subject);
  }
  call.settle(reply, target, about(target));
  return null;
}

/** -D: AUDIT_DEL_RULE for every rule, or those whose key contains `key`. */
export function rulesDeleteAll(call: Call, body: Body<"rules-delete-all">): null {
  const target = changed(call, body);
  const { rules: held } = call.instance(target).instance;
  const { subject } = call.principal;
  const reply = body.floor
    ? held.setFloor(
        held.floor.filter((rule) => !matchesKey(rule, body.key)),
        subject,
      )
    : held.deleteAll(body.key, subject);
  call.settle(reply, target, about(target));
  return null;
}

/** Replaces all rules at once; the error names the place of the rule that is refused. */
export function rulesReplace(call: Call, body: Body<"rules-replace">): null {
  const target = changed(call, body);
  const { rules: held } = call.instance(target).instance;
  const given = body.rules.map(ruleOf);
  for (const rule of given) checkPaths(call, target, rule);
  const { subject } = call.principal;
  const reply = body.floor ? held.setFloor(given, subject) : held.replace(given, subject);
  const place = reply.refused < 0 ? "" : ` rule ${reply.refused + 1}`;
  call.settle(reply, target, `${about(target)}${place}`);
  return null;
}

/** What auditctl --signal does: the daemon of the scope is told. */
export async function signal(call: Call, body: Body<"signal">): Promise<null> {
  const target = call.target(body.scope);
  const what = `${about(target)} sig=${body.signal}`;
  call.authorise("daemon-signal", scopeOf(target), what);
  await call.instance(target).signal(body.signal);
  return null;
}

/** The target of a change of rules, with the right to it. */
function changed(call: Call, { scope, floor }: { scope: string; floor: boolean }): Target {
  const target = call.target(scope);
  // A locked instance answers itself, with the kernel's record.
  call.authorise(floor ? "floor-rules-change" : "rules-change", scopeOf(target), about(target));
  return target;
}

function ruleOf(base64: string): Rule {
  const read = ruleFromPayload(Buffer.from(base64, "base64"));
  if (!read.ok) throw new AuditError(read.errno, "rule: struct audit_rule_data");
  return read.rule;
}

/**
 * ENOENT for a path that is not there, as the kernel says at loading. Only the host's paths can be
 * looked at; those of a container are in its own mount namespace.
 */
function checkPaths(call: Call, target: Target, rule: Rule): void {
  if (target.container !== undefined) return;
  const errno = checkRulePaths(rule, (path) => call.node.stat(path));
  if (errno !== 0) throw new AuditError(errno, "rule: its path");
}
