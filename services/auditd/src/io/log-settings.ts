import { LogPolicy, type LogPolicyOptions } from "@cauditd/kernel";
import {
  AUDITD_CONF_DEFAULTS,
  type AuditdConf,
  type FlushKind,
  type SizeAction,
} from "@cauditd/libaudit";
import { GROUP_MODES, type LogModes, ROOT_MODES } from "./log-file.ts";

/** How one log is kept. */
export interface LogSettings {
  /**
   * When a batch counts as written, and its frame is acknowledged:
   * - `NONE`: write(2) is done: the end of the process loses nothing, a power cut may;
   * - `INCREMENTAL`: the same, and behind every `freq` records it is on the disk first: a power cut
   *   loses fewer than `freq` records of acknowledged events;
   * - `INCREMENTAL_ASYNC`: as NONE, while the disk is told to follow every `freq` records;
   * - `DATA`, `SYNC`: it is on the disk (O_DSYNC, O_SYNC): nothing that was acknowledged is lost.
   */
  readonly flush: FlushKind;
  /** Records between two syncs of the incremental kinds. */
  readonly freq: number;
  /** Size from which on `sizeAction` is taken, bytes. */
  readonly maxBytes: number;
  readonly sizeAction: SizeAction;
  /** Files of a log, the current one included; below 2 ROTATE does nothing. */
  readonly numLogs: number;
  readonly modes: LogModes;
}

/** For an instance without an auditd.conf: one file that grows, and no sync. */
export const DEFAULT_LOG_SETTINGS: LogSettings = {
  flush: "NONE",
  freq: 0,
  maxBytes: Number.POSITIVE_INFINITY,
  sizeAction: "IGNORE",
  numLogs: 0,
  modes: GROUP_MODES,
};

/** Rotated files that a log may have. */
export function mostRotated(settings: LogSettings): number {
  if (settings.sizeAction === "KEEP_LOGS") return Number.POSITIVE_INFINITY;
  return Math.max(0, settings.numLogs - 1);
}

const MEGABYTE = 1_048_576;

/** How the log of an auditd.conf is kept. */
export function settingsOf(conf: AuditdConf): LogSettings {
  return {
    flush: conf.flush,
    freq: conf.freq,
    maxBytes: conf.max_log_file * MEGABYTE,
    sizeAction: conf.max_log_file_action,
    numLogs: conf.num_logs,
    modes: conf.log_group === 0 ? ROOT_MODES : { ...GROUP_MODES, group: conf.log_group },
  };
}

/** The policy of a log without an auditd.conf: it ends at the first error of the disk. */
export function policyOf(settings: LogSettings, options: LogPolicyOptions = {}): LogPolicy {
  const conf: AuditdConf = {
    ...AUDITD_CONF_DEFAULTS,
    flush: settings.flush,
    freq: settings.freq,
    max_log_file: settings.maxBytes / MEGABYTE,
    max_log_file_action: settings.sizeAction,
    num_logs: settings.numLogs,
    // Not looked at while it writes; suspended, it waits for any room at all.
    space_left: { value: 0, unit: "MB" },
    admin_space_left: { value: 0, unit: "MB" },
    disk_full_action: { action: "SUSPEND" },
    disk_error_action: { action: "SUSPEND" },
  };
  return new LogPolicy(conf, { watchesSpace: false, ...options });
}

/** How a log is kept: as its conduct says, else its settings, else as one without either. */
export function settingsFor({
  conduct,
  settings,
}: {
  readonly conduct?: { readonly policy: LogPolicy };
  readonly settings?: LogSettings;
}): LogSettings {
  if (conduct !== undefined) return settingsOf(conduct.policy.conf);
  return settings ?? DEFAULT_LOG_SETTINGS;
}
