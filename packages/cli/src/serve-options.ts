// How instances are served, as the configuration says.
import type { ServeOptions } from "@cauditd/auditd";
import type { NameSource } from "@cauditd/auparse";
import { type AuditdConfMap, accountNames } from "./auditd-confs.ts";
import type { InstanceLimits } from "./instance-limits-schema.ts";
import type { InstanceRulesMap } from "./instance-rules.ts";
import type { LogOptions } from "./log-options-schema.ts";
import { machineArch } from "./machine.ts";

/** What is known of instances by name. */
export interface InstanceSettings {
  /** Rules; the others have the default rule. */
  readonly rules?: InstanceRulesMap;
  /** The auditd.conf; the others keep one file that grows. */
  readonly confs?: AuditdConfMap;
  /** How logs are kept beyond that. */
  readonly logOptions?: ReadonlyMap<string, LogOptions>;
  /** Overflow policies and quotas. */
  readonly limits?: ReadonlyMap<string, InstanceLimits>;
}

/** How the instance of a name is served. */
export type ServeOptionsOf = (name: string) => ServeOptions;

/** The options of each instance. Names of accounts are this machine's, read when one needs them. */
export function serveOptionsOf(settings: InstanceSettings): ServeOptionsOf {
  let names: NameSource | undefined;
  return (name) => {
    const rules = settings.rules?.get(name);
    const conf = settings.confs?.get(name);
    if (conf !== undefined) names ??= accountNames();
    return {
      ...settings.logOptions?.get(name),
      instance: settings.limits?.get(name) ?? {},
      ...(conf === undefined ? {} : { conf, ...(names === undefined ? {} : { names }) }),
      ...(rules === undefined ? {} : { rules: { rules, arch: machineArch() } }),
    };
  };
}
