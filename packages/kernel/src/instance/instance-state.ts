// What an instance is set to, as data: it goes with the instance to another process.
import { type AuditFeature, type Rule, ruleFromPayload, ruleToPayload } from "@cauditd/libaudit";
import type { Instance } from "./instance.ts";
import { FEATURE_NAMES, type FeatureName } from "./instance-features.ts";
import type { StatusRequest } from "./instance-status.ts";

/** Rules, switches and limits of an instance; plain data. */
export interface InstanceState {
  readonly status: Required<StatusRequest>;
  readonly features: Readonly<Record<FeatureName, AuditFeature>>;
  /** struct audit_rule_data in base 64; null = it was given none. */
  readonly rules: readonly string[] | null;
  readonly floor: readonly string[];
}

/** What an instance is set to now. */
export function stateOf({ status, features, rules }: Instance): InstanceState {
  const { enabled, failure, rate_limit, backlog_limit, backlog_wait_time } = status;
  const bits = FEATURE_NAMES.map((name) => [name, features.get(name)] as const);
  return {
    status: { enabled, failure, rate_limit, backlog_limit, backlog_wait_time },
    features: Object.fromEntries(bits) as Record<FeatureName, AuditFeature>,
    rules: rules.isDefault ? null : rules.own.map(payloadOf),
    floor: rules.floor.map(payloadOf),
  };
}

/** Sets an instance so; no record is made. False when a rule is none: nothing has changed then. */
export function restoreState(instance: Instance, state: InstanceState): boolean {
  const own = state.rules?.map(ruleOf);
  const floor = state.floor.map(ruleOf);
  if (own?.includes(undefined) === true || floor.includes(undefined)) return false;
  Object.assign(instance.status, state.status);
  for (const name of FEATURE_NAMES) instance.features.restore(name, state.features[name]);
  instance.rules.restore(own as Rule[] | undefined, floor as Rule[]);
  return true;
}

function payloadOf(rule: Rule): string {
  return Buffer.from(ruleToPayload(rule)).toString("base64");
}

function ruleOf(payload: string): Rule | undefined {
  const read = ruleFromPayload(Buffer.from(payload, "base64"));
  return read.ok ? read.rule : undefined;
}
