// How instances are served, as the configuration says.
import type { ServeOptions } from "@cauditd/auditd";
import type { NameSource } from "@cauditd/auparse";
import type { QueueLimits, TenantStreams } from "@cauditd/bus";
import { type AuditdConfMap, accountNames } from "../config/auditd-confs.ts";
import type { InstanceLimits } from "../config/instance-limits-schema.ts";
import type { InstanceRulesMap } from "../config/instance-rules.ts";
import type { LogOptions } from "../config/log-options-schema.ts";
import { keepingFor, type StreamsConfig } from "../config/streams-schema.ts";
import { machineArch } from "../node/machine.ts";

/**
 * Bounds of a scope's queue on a NATS server. A live source makes a frame every 5 ms: the queue has
 * to last while a server is slow, and until another worker has taken over from one that is gone.
 */
export const NATS_LIMITS: QueueLimits = { frames: 4096, bytes: 32 * 1024 * 1024 };

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
  /** The tenants' streams, and how they are kept; undefined: there are none. */
  readonly streams?: InstanceStreams | undefined;
}

/** The tenants' streams of a host. */
export interface InstanceStreams {
  readonly open: TenantStreams;
  readonly config: StreamsConfig;
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
    const { streams } = settings;
    return {
      ...(streams && { stream: { streams: streams.open, ...keepingFor(streams.config, name) } }),
      ...settings.logOptions?.get(name),
      instance: settings.limits?.get(name) ?? {},
      ...(conf === undefined ? {} : { conf, ...(names === undefined ? {} : { names }) }),
      ...(rules === undefined ? {} : { rules: { rules, arch: machineArch() } }),
    };
  };
}
