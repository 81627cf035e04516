// struct audit_status: what AUDIT_GET answers and AUDIT_SET changes, and how auditctl prints it.

/** Jiffies of a second: the unit of the two wait times (AUD-107; spec 2.14, number 5). */
export const HZ = 250;

/** The longest backlog_wait_time, in jiffies: ten minutes (AUD-102). */
export const BACKLOG_WAIT_TIME_MAX: number = 10 * 60 * HZ;

/** AUDIT_OFF, AUDIT_ON, AUDIT_LOCKED: not recording, recording, recording and unchangeable. */
export type Enabled = 0 | 1 | 2;

/** AUDIT_FAIL_*: on a loss be silent, print a line, or stop. */
export type FailureMode = 0 | 1 | 2;

/** What an instance is set to and how it is. All values are u32. */
export interface AuditStatus {
  readonly enabled: Enabled;
  readonly failure: FailureMode;
  /** The registered daemon; 0 = none. */
  readonly pid: number;
  /** Most events of a second; 0 = no limit. */
  readonly rate_limit: number;
  /** Most events that wait for the daemon; 0 = no limit. */
  readonly backlog_limit: number;
  /** Events lost since the last reset. */
  readonly lost: number;
  /** Events that wait for the daemon now. */
  readonly backlog: number;
  /** Longest time that an event waits for room in the backlog, in jiffies. */
  readonly backlog_wait_time: number;
  /** Time waited since the last reset, in jiffies. */
  readonly backlog_wait_time_actual: number;
}

/** A feature bit: its value, and whether it can still be changed. */
export interface AuditFeature {
  readonly on: boolean;
  readonly locked: boolean;
}

/** How a status is printed. */
export interface StatusFormat {
  /** `-s -i`: words for `enabled` and `failure` (AUD-61). */
  readonly interpret?: boolean;
  /** The feature line, which `-s` prints and `-e`, `-f`, `-r`, `-b` do not (AUD-60). */
  readonly loginuidImmutable?: AuditFeature;
}

const ENABLED = ["disable", "enabled", "enabled+immutable"] as const;
const FAILURE = ["silent", "printk", "panic"] as const;

/** A status as auditctl 3.0.9 prints it, a newline at the end of each line. */
export function formatStatus(status: AuditStatus, format: StatusFormat = {}): string {
  const { interpret = false, loginuidImmutable } = format;
  const lines = [
    `enabled ${interpret ? ENABLED[status.enabled] : status.enabled}`,
    `failure ${interpret ? FAILURE[status.failure] : status.failure}`,
    `pid ${status.pid}`,
    `rate_limit ${status.rate_limit}`,
    `backlog_limit ${status.backlog_limit}`,
    `lost ${status.lost}`,
    `backlog ${status.backlog}`,
    `backlog_wait_time ${status.backlog_wait_time}`,
    `backlog_wait_time_actual ${status.backlog_wait_time_actual}`,
  ];
  if (loginuidImmutable !== undefined) {
    const { on, locked } = loginuidImmutable;
    lines.push(`loginuid_immutable ${on ? 1 : 0} ${locked ? "locked" : "unlocked"}`);
  }
  return lines.map((line) => `${line}\n`).join("");
}
