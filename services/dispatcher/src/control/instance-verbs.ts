// What can be asked of an instance: its status, features, rules and daemon.
import type {
  InstanceAnswer,
  InstanceChange,
  InstanceQuestion,
  OverflowPolicy,
  Quota,
} from "@cauditd/kernel";
import {
  AuditError,
  type AuditStatus,
  checkRulePaths,
  type Errno,
  type Rule,
  ruleFromPayload,
} from "@cauditd/libaudit";
import type { Body } from "./bodies.ts";
import { about, type Call, scopeOf, type Target } from "./call.ts";

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
export async function status(call: Call, body: Body<"status">): Promise<unknown> {
  const target = call.target(body.scope);
  call.authorise("status-read", scopeOf(target), about(target));
  return await read(call, target, { verb: "status" });
}

/** AUDIT_SET. */
export async function statusSet(call: Call, body: Body<"status-set">): Promise<null> {
  const { scope, ...given } = body;
  const target = call.target(scope);
  call.authorise("status-set", scopeOf(target), about(target));
  const { subject } = call.principal;
  const asked = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  );
  const answer = await call.instance(target).ask({ verb: "status-set", asked, subject });
  if (answer.switchesOff === true) {
    // It takes effect behind its record (AUD-98).
    call.settle({ ...answer, errno: 0 }, target, about(target));
    await call.recorded();
    settle(call, target, await call.instance(target).ask({ verb: "switch-off" }));
    settle(call, target, { ...answer, records: [] });
    return null;
  }
  settle(call, target, answer);
  return null;
}

/** AUDIT_SET with only a reset in its mask; answers the old value. */
export async function reset(
  call: Call,
  body: Body<"lost-reset">,
  counter: "lost" | "wait-time",
): Promise<{ readonly value: number }> {
  const target = call.target(body.scope);
  call.authorise("counter-reset", scopeOf(target), about(target));
  const { subject } = call.principal;
  return { value: await change(call, target, { verb: "counter-reset", counter, subject }) };
}

/** AUDIT_GET_FEATURE. */
export async function features(call: Call, body: Body<"features">): Promise<unknown> {
  const target = call.target(body.scope);
  call.authorise("features-read", scopeOf(target), about(target));
  return await read(call, target, { verb: "features" });
}

/** AUDIT_SET_FEATURE. */
export async function featuresSet(call: Call, body: Body<"features-set">): Promise<null> {
  const { scope, only_unset_loginuid: unset, loginuid_immutable: immutable } = body;
  const target = call.target(scope);
  call.authorise("features-set", scopeOf(target), about(target));
  const asked = {
    ...(unset === undefined ? {} : { only_unset_loginuid: unset }),
    ...(immutable === undefined ? {} : { loginuid_immutable: immutable }),
  };
  const { subject } = call.principal;
  await change(call, target, { verb: "features-set", asked, subject });
  return null;
}

/** AUDIT_LIST_RULES, a page of it: a RulesPage. */
export async function rules(call: Call, body: Body<"rules">): Promise<unknown> {
  const target = call.target(body.scope);
  call.authorise("rules-read", scopeOf(target), about(target));
  return await read(call, target, { verb: "rules", from: body.from });
}

/** AUDIT_ADD_RULE and AUDIT_DEL_RULE. */
export async function ruleChange(
  call: Call,
  body: Body<"rules-add">,
  op: "add" | "delete",
): Promise<null> {
  const target = changed(call, body);
  const { rule, floor } = body;
  const given = ruleOf(rule);
  if (op === "add") checkPaths(call, target, given);
  const { subject } = call.principal;
  await change(call, target, { verb: `rule-${op}`, rule, floor, subject });
  return null;
}

/** -D: AUDIT_DEL_RULE for every rule, or those whose key contains `key`. */
export async function rulesDeleteAll(call: Call, body: Body<"rules-delete-all">): Promise<null> {
  const target = changed(call, body);
  const { key, floor } = body;
  const { subject } = call.principal;
  await change(call, target, { verb: "rules-delete-all", key, floor, subject });
  return null;
}

/** Replaces all rules at once; the error names the place of the rule that is refused. */
export async function rulesReplace(call: Call, body: Body<"rules-replace">): Promise<null> {
  const target = changed(call, body);
  const { rules, floor } = body;
  for (const rule of rules.map(ruleOf)) checkPaths(call, target, rule);
  const { subject } = call.principal;
  await change(call, target, { verb: "rules-replace", rules, floor, subject });
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

async function read(call: Call, target: Target, question: InstanceQuestion): Promise<unknown> {
  const answer = await call.instance(target).ask(question);
  settle(call, target, answer);
  return answer.result;
}

/** Asks for a change and records what came of it; the old value of what was reset. */
async function change(call: Call, target: Target, wanted: InstanceChange): Promise<number> {
  return settle(call, target, await call.instance(target).ask(wanted));
}

function settle(call: Call, target: Target, answer: InstanceAnswer): number {
  if (answer.unrecorded === true) throw call.refuse(answer.errno as Errno, about(target));
  const place = answer.refused < 0 ? "" : ` rule ${answer.refused + 1}`;
  return call.settle(answer, target, `${about(target)}${place}`);
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
