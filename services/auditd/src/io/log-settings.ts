import { GROUP_MODES, type LogModes } from "./log-file.ts";

/**
 * When a batch counts as written, and its frame is acknowledged:
 * - `NONE`: write(2) is done: the end of the process loses nothing, a power cut may;
 * - `INCREMENTAL`: the same, and behind every `freq` records it is on the disk first: a power cut
 *   loses fewer than `freq` records of acknowledged events;
 * - `INCREMENTAL_ASYNC`: as NONE, while the disk is told to follow every `freq` records;
 * - `DATA`, `SYNC`: it is on the disk (O_DSYNC, O_SYNC): nothing that was acknowledged is lost.
 */
export type FlushKind = "NONE" | "INCREMENTAL" | "INCREMENTAL_ASYNC" | "DATA" | "SYNC";

/** What happens to a log at its size limit, as max_log_file_action. */
export type SizeAction = "IGNORE" | "SYSLOG" | "SUSPEND" | "ROTATE" | "KEEP_LOGS";

/** How one log is kept. */
export interface LogSettings {
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
