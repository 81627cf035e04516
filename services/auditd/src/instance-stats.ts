import type { InstanceStats } from "@cauditd/operations";
import type { AuditdInstance } from "./auditd-instance.ts";

/** What an instance tells of itself. */
export function instanceStats(served: AuditdInstance): InstanceStats {
  const { name, account, instance, refused, failure, log } = served;
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
    ...(failure === undefined ? {} : { failure: failure.message }),
  };
}
