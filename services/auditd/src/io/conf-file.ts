// auditd.conf on this machine: the checks of the file itself, and what its lines ask about.
import { accessSync, constants, type Stats, statSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import {
  AUDITD_CONF_DEFAULTS,
  type AuditdConfComplaint,
  type AuditdConfFile,
  type AuditdConfMachine,
  Errno,
  errnoNumber,
  type PathStatus,
  parseAuditdConf,
  systemErrorText,
} from "@cauditd/libaudit";

/** The largest file that is read, bytes. */
const MAX_BYTES = 1024 * 1024;

/** How a file is read. */
export interface ConfFileOptions {
  /** Number of a group name, undefined if there is none. */
  gid(name: string): number | undefined;
  /** A symbolic link is followed, as `auditd -l` does. Default false. */
  readonly allowLinks?: boolean;
  /** Every error is told, not only the first as auditd does. Default false. */
  readonly all?: boolean;
}

/** Why a file was not even read. */
class ConfFileRefusal extends Error {}

/**
 * Reads an auditd.conf. Never rejects: what is wrong is a complaint, in auditd's own words. A
 * file that is not there gives the defaults, with a warning. The file must belong to root, or to
 * the user that this process runs as, and not be writable by everybody.
 */
export async function readAuditdConf(
  path: string,
  options: ConfFileOptions,
): Promise<AuditdConfFile> {
  const flags = constants.O_RDONLY | (options.allowLinks === true ? 0 : constants.O_NOFOLLOW);
  let file: FileHandle;
  try {
    file = await open(path, flags | constants.O_NONBLOCK);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno !== Errno.ENOENT) {
      return refused(`Error opening config file (${systemErrorText(errno)})`);
    }
    const text = `Config file ${path} doesn't exist, skipping`;
    return { conf: AUDITD_CONF_DEFAULTS, complaints: [{ severity: "warning", text }] };
  }
  try {
    const problem = fileProblem(path, await file.stat());
    if (problem !== undefined) return refused(problem);
    return parseAuditdConf(await readHead(file, path), path, machineOf(options), options.all);
  } catch (error) {
    if (error instanceof ConfFileRefusal) return refused(error.message);
    return refused(`Error reading config file ${path} (${systemErrorText(errnoOf(error))})`);
  } finally {
    await file.close();
  }
}

function refused(text: string): AuditdConfFile {
  const complaints: AuditdConfComplaint[] = [{ severity: "error", text }];
  return { conf: undefined, complaints };
}

/** Reads the whole file, if it is not larger than any that is meant. */
async function readHead(file: FileHandle, path: string): Promise<Uint8Array> {
  const bytes = Buffer.alloc(MAX_BYTES + 1);
  let length = 0;
  while (length < bytes.length) {
    const { bytesRead } = await file.read(bytes, length, bytes.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  if (length > MAX_BYTES) throw new ConfFileRefusal(`Error - ${path} is over ${MAX_BYTES} bytes`);
  return bytes.subarray(0, length);
}

function fileProblem(path: string, status: Stats): string | undefined {
  if (!isTrusted(status.uid)) return `Error - ${path} isn't owned by root`;
  if ((status.mode & 0o002) !== 0) return `Error - ${path} is world writable`;
  return status.isFile() ? undefined : `Error - ${path} is not a regular file`;
}

function isTrusted(uid: number): boolean {
  return uid === 0 || uid === process.geteuid?.();
}

/** The log of an instance is where the host says, so log_file is not looked for. */
function machineOf(options: ConfFileOptions): AuditdConfMachine {
  return { gid: (name) => options.gid(name), stat: statHere, isExecutable, checksLog: false };
}

function statHere(path: string): PathStatus | number {
  try {
    const status = statSync(Buffer.from(path, "latin1"));
    return { kind: kindOf(status), trusted: isTrusted(status.uid), mode: status.mode & 0o7777 };
  } catch (error) {
    return errnoOf(error);
  }
}

function kindOf(status: Stats): PathStatus["kind"] {
  if (status.isFile()) return "file";
  return status.isDirectory() ? "directory" : "other";
}

function isExecutable(path: string): boolean {
  try {
    accessSync(Buffer.from(path, "latin1"), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** EINVAL for what is no error of the system, such as a path with a NUL byte. */
function errnoOf(error: unknown): number {
  return errnoNumber((error as NodeJS.ErrnoException).code ?? "") ?? Errno.EINVAL;
}
