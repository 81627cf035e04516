import { isBefore } from "@cauditd/auparse";
import type { InstanceStats, TenantStreamStats } from "@cauditd/operations";
import type { AuditdInstance } from "./auditd-instance.ts";
import type { StreamState } from "./stream/stream-publisher.ts";

/** What an instance tells of itself. */
export function instanceStats(served: AuditdInstance): InstanceStats {
  const { name, account, instance, refused, failure, log, stream } = served;
  const { status, rules } = instance;
  return {
    name,
    scope: instance.scope,
    account: { ...account, lost: { ...account.lost } },
    serial: instance.serial,
    backlog: status.backlog,
    backlogLimit: status.backlog_limit,
    backlogPeak: instance.peak,
    enabled: status.enabled,
    rules: rules.listed.length,
    refused,
    log: { size: log.size, written: log.written, suspended: log.suspended },
    ...(stream === undefined ? {} : { stream: streamStats(stream) }),
    ...(failure === undefined ? {} : { failure: failure.message }),
  };
}

function streamStats(stream: StreamState): TenantStreamStats {
  const { events, missed, failures, logged, published, failure } = stream;
  return {
    ...{ events, missed, failures },
    // Serials are 32 bits, and go on at 0.
    behind: isBefore(published, logged) ? (logged - published) >>> 0 : 0,
    ...(failure === undefined ? {} : { failure: failure.message }),
  };
}
