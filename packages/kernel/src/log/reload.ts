// What a new auditd.conf changes about a log.
import type { AuditdConf, FailureAction, SpaceMark } from "@cauditd/libaudit";

/** Parts of a log's life that a change touches. */
export interface ConfChanges {
  /** The size limit or what happens at it: logging that ended there is resumed. */
  readonly size: boolean;
  /** How the file is opened, or whether there is one. */
  readonly reopen: boolean;
  /** A mark for space, or what happens there: what was done may be done again. */
  readonly space: boolean;
}

function sameMark(a: SpaceMark, b: SpaceMark): boolean {
  return a.value === b.value && a.unit === b.unit;
}

function sameAction(a: FailureAction, b: FailureAction): boolean {
  return a.action === b.action && a.exe === b.exe;
}

/** Compares two configurations as auditd does when it reads its file again. */
export function changesOf(old: AuditdConf, now: AuditdConf): ConfChanges {
  return {
    size:
      old.max_log_file !== now.max_log_file || old.max_log_file_action !== now.max_log_file_action,
    reopen:
      old.flush !== now.flush ||
      old.log_group !== now.log_group ||
      old.write_logs !== now.write_logs,
    space:
      !sameMark(old.space_left, now.space_left) ||
      !sameMark(old.admin_space_left, now.admin_space_left) ||
      !sameAction(old.space_left_action, now.space_left_action) ||
      !sameAction(old.admin_space_left_action, now.admin_space_left_action) ||
      !sameAction(old.disk_full_action, now.disk_full_action),
  };
}
