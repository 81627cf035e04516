// What auditd checks beyond the words of a line: paths, programs, mail addresses, the whole.

import { Errno, systemErrorText } from "../errno.ts";
import type {
  AuditdConf,
  AuditdConfComplaint,
  AuditdConfMachine,
  PathStatus,
  SpaceMark,
} from "./auditd-conf.ts";

/** Runs the mail of EMAIL actions. */
export const SENDMAIL = "/usr/lib/sendmail";

/** Permissions that the program of an EXEC action may have (AUD-128). */
const PROGRAM_MODES: readonly number[] = [0o750, 0o755, 0o555, 0o550];

/** dirname(3). */
export function directoryOf(path: string): string {
  const trimmed = path.replace(/\/+$/, "");
  if (trimmed === "") return path.startsWith("/") ? "/" : ".";
  const slash = trimmed.lastIndexOf("/");
  if (slash < 0) return ".";
  return trimmed.slice(0, slash).replace(/\/+$/, "") || "/";
}

/** What auditd says against log_file, if anything. Permissions that are odd are warned of. */
export function logFileProblem(
  path: string,
  line: number,
  machine: AuditdConfMachine,
  warn: (text: string) => void,
): string | undefined {
  const folder = directoryOf(path);
  // `/var` is the shortest folder.
  if (folder.length < 4) return `The directory name: ${folder} is too short - line ${line}`;
  if (!machine.checksLog) return undefined;
  const errno = folderErrno(machine.stat(folder));
  if (errno !== 0) return `Could not open dir ${folder} (${systemErrorText(errno)})`;
  const file = machine.stat(path);
  if (file === Errno.ENOENT) return undefined;
  if (typeof file === "number") return `Unable to open ${path} (${systemErrorText(file)})`;
  if (file.kind !== "file") return `${path} is not a regular file`;
  if (!file.trusted) return `${path} is not owned by root`;
  if ((file.mode & 0o137) !== 0) warn(`${path} permissions should be 0600 or 0640`);
  if ((file.mode & 0o200) === 0) warn("audit log is not writable by owner");
  return undefined;
}

function folderErrno(status: PathStatus | number): number {
  if (typeof status === "number") return status;
  return status.kind === "directory" ? 0 : Errno.ENOTDIR;
}

/** What auditd says against the program of an EXEC action, if anything. */
export function programProblem(
  path: string | undefined,
  line: number,
  machine: AuditdConfMachine,
): string | undefined {
  if (path === undefined) return `Executable path needed for line ${line}`;
  if (!path.startsWith("/")) return `Absolute path needed for ${path} - line ${line}`;
  const status = machine.stat(path);
  if (typeof status === "number") {
    return `Unable to stat ${path} (${systemErrorText(status)}) - line ${line}`;
  }
  if (status.kind !== "file") return `${path} is not a regular file - line ${line}`;
  if (!status.trusted) return `${path} is not owned by root - line ${line}`;
  if (!PROGRAM_MODES.includes(status.mode & 0o777)) {
    return `${path} permissions should be 0750, 0755, 0555 or 0550 - line ${line}`;
  }
  return undefined;
}

/**
 * What auditd says against an address for mail, if anything. The domain is not looked up: where
 * that fails auditd takes the address all the same.
 */
export function mailAccountProblem(account: string): string | undefined {
  if (account.length < 2) {
    return `email: ${account} is too short, expecting at least 2 characters`;
  }
  if (/[^A-Za-z0-9@._-]/.test(account)) return `email: ${account} has illegal character`;
  const at = account.indexOf("@");
  if (at >= 0 && account.lastIndexOf(".") < at) return `email: ${account} should have . after @`;
  return undefined;
}

/**
 * What auditd says of two marks: the first must be larger. In MB, so not while one is a percentage
 * (AUD-125).
 */
export function spaceMarksProblem(left: SpaceMark, admin: SpaceMark): string | undefined {
  // 0% is as good as not set.
  const percent = (mark: SpaceMark) => mark.unit === "%" && mark.value > 0;
  if (percent(left) || percent(admin)) return undefined;
  const [first, second] = [megabytes(left), megabytes(admin)];
  if (first > second) return undefined;
  return `Error - space_left(${first}) must be larger than admin_space_left(${second})`;
}

function megabytes(mark: SpaceMark): number {
  return mark.unit === "MB" ? mark.value : 0;
}

/** What auditd says of the file as a whole, once it is read; an error is the last. */
export function sanityComplaints(conf: AuditdConf): AuditdConfComplaint[] {
  const marks = spaceMarksProblem(conf.space_left, conf.admin_space_left);
  if (marks !== undefined) return [{ severity: "error", text: marks }];
  const isIncremental = conf.flush === "INCREMENTAL" || conf.flush === "INCREMENTAL_ASYNC";
  if (isIncremental && conf.freq === 0) {
    const text = "Error - incremental flushing chosen, but 0 selected for freq";
    return [{ severity: "error", text }];
  }
  const folder = directoryOf(conf.log_file);
  if (conf.log_group !== 0 && folder === "/var/log") {
    const text =
      `Error - log_file is directly in ${folder} and chgrp will alter a system directory's` +
      " permissions. Use another directory.";
    return [{ severity: "error", text }];
  }
  if ((conf.flush === "DATA" || conf.flush === "SYNC") && conf.freq !== 0) {
    const text = "Warning - freq is non-zero and incremental flushing not selected.";
    return [{ severity: "warning", text }];
  }
  return [];
}
