// Policies to try, and what tests of logs share.
import {
  type DaemonStart,
  type FreeSpace,
  type LogEffect,
  LogPolicy,
  type LogPolicyOptions,
  type Sender,
} from "@cauditd/kernel";
import { AUDITD_CONF_DEFAULTS, type AuditdConf } from "@cauditd/libaudit";

export const MB = 1_048_576;
export const UNSET = 4_294_967_295;
export const SENDER: Sender = { auid: 0, uid: 0, ses: UNSET, pid: 14863 };

/** The file of the distribution, as far as logs are concerned. */
export const CONF: AuditdConf = {
  ...AUDITD_CONF_DEFAULTS,
  log_format: "RAW",
  max_log_file: 8,
  max_log_file_action: "ROTATE",
  num_logs: 5,
  flush: "INCREMENTAL_ASYNC",
  freq: 50,
  space_left: { value: 75, unit: "MB" },
  space_left_action: { action: "SYSLOG" },
  admin_space_left: { value: 50, unit: "MB" },
  admin_space_left_action: { action: "SUSPEND" },
  disk_full_action: { action: "SUSPEND" },
  disk_error_action: { action: "SUSPEND" },
};

export const START: DaemonStart = {
  version: "3.0.9",
  format: "RAW",
  kernel: "6.18.44-fc-v657",
  self: { auid: UNSET, uid: 0, ses: UNSET, pid: 26426 },
};

/** A policy whose log is open and has `size` bytes. */
export function running(
  conf: Partial<AuditdConf> = {},
  size = 0,
  options?: LogPolicyOptions,
): LogPolicy {
  const policy = new LogPolicy({ ...CONF, ...conf }, options);
  policy.start(START);
  policy.opened("start", size);
  return policy;
}

/** This many MB are free, of 1000. */
export function free(megabytes: number): FreeSpace {
  return { free: megabytes * MB, total: 1000 * MB, block: 4096 };
}

/** Effects in few words: `close`, `open resume`, `alert: text`. */
export function brief(effects: readonly LogEffect[]): string[] {
  return effects.map((effect) => {
    switch (effect.kind) {
      case "syslog":
        return `${effect.priority}: ${effect.text}`;
      case "open":
        return `open ${effect.step}`;
      case "sync":
        return effect.wait ? "sync" : "sync behind";
      case "rotate":
      case "remove-beyond":
        return `${effect.kind} ${effect.most}`;
      case "mail":
        return `mail ${effect.to}: ${effect.subject}`;
      case "exec":
        return `exec ${effect.argv.join(" ")}`;
      case "runlevel":
        return `runlevel ${effect.level}`;
      case "write":
        return `write ${effect.record.type}`;
      default:
        return effect.kind;
    }
  });
}
