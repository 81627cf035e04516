// What auditd says and mails about its log (AUD-3.5).
import { type LogEffect, type OpenStep, syslog } from "./log-effect.ts";

/** What an action is taken for, beside the size of the log. */
export type Reason = "low" | "full" | "error";

/** What is told of low space. */
export interface SpaceAlert {
  readonly syslog: string;
  readonly subject: string;
  readonly mail: string;
}

/** The alerts of the two marks. */
export const ALERTS: Readonly<Record<"low" | "very-low", SpaceAlert>> = {
  low: {
    syslog: "Audit daemon is low on disk space for logging",
    subject: "Audit Disk Space Alert",
    mail:
      "The audit daemon is low on disk space for logging! Please take action\n" +
      "to ensure no loss of service.",
  },
  "very-low": {
    syslog: "Audit daemon is very low on disk space for logging",
    subject: "Audit Admin Space Alert",
    mail:
      "The audit daemon is very low on disk space for logging! Immediate action\n" +
      "is required to ensure no loss of service.",
  },
};

/** Why logging is suspended. */
export const SUSPENDED: Readonly<Record<"size" | Reason, string>> = {
  size: "Audit daemon is suspending logging due to logfile size.",
  low: "Audit daemon is suspending logging due to low disk space.",
  full: "Audit daemon is suspending logging due to no space left on logging partition.",
  error: "Audit daemon is suspending logging due to previously mentioned write error",
};

/** Behind the texts of SINGLE and HALT; the last one ends in a dot with HALT only. */
export const BECAUSE: Readonly<Record<Reason, string>> = {
  low: "",
  full: " due to no space left on logging partition",
  error: " due to previously mentioned write error",
};

/** Said before a rotation. */
export const ROTATING = "Audit daemon rotating log files";

/** Said when the log cannot be opened. */
export const OPEN_TEXTS: Readonly<Record<OpenStep, LogEffect>> = {
  start: syslog("crit", "Could not open a log"),
  resume: syslog("warning", "Could not reopen a log after resume logging"),
  reconfig: syslog("err", "Could not reopen a log after reconfigure"),
  reopen: syslog("crit", "Could not reopen a log after rotating."),
};
