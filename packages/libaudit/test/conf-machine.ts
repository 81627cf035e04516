// A machine to read auditd.conf on.
import {
  type AuditdConf,
  type AuditdConfFile,
  type AuditdConfMachine,
  Errno,
  type PathStatus,
  parseAuditdConf,
} from "@cauditd/libaudit";

const GROUPS: ReadonlyMap<string, number> = new Map([
  ["root", 0],
  ["adm", 4],
]);

function file(mode: number, trusted = true): PathStatus {
  return { kind: "file", trusted, mode };
}

const FOLDER: PathStatus = { kind: "directory", trusted: true, mode: 0o755 };

const PATHS: ReadonlyMap<string, PathStatus | number> = new Map<string, PathStatus | number>([
  ["/var/log/audit", FOLDER],
  ["/etc/passwd", file(0o644)],
  ["/bin/true", file(0o755)],
  ["/sbin/own", file(0o4750)],
  ["/sbin/foreign", file(0o755, false)],
  ["/var/log/odd", FOLDER],
  ["/var/log/odd/audit.log", file(0o466)],
  ["/var/log/odd/foreign.log", file(0o600, false)],
  ["/var/log/odd/secret.log", Errno.EACCES],
]);

export const MACHINE: AuditdConfMachine = {
  gid: (name) => GROUPS.get(name),
  stat: (path) => PATHS.get(path) ?? Errno.ENOENT,
  isExecutable: () => false,
  checksLog: true,
};

/** Reads a file called `F`; its text is latin1. */
export function read(text: string, machine: AuditdConfMachine = MACHINE): AuditdConfFile {
  return parseAuditdConf(Buffer.from(text, "latin1"), "F", machine);
}

/** The texts of what is complained about. */
export function complaints(text: string): string[] {
  return read(text).complaints.map((complaint) => complaint.text);
}

/** Marks that pass the check of the whole file. */
export const MARKS = "space_left = 75\nadmin_space_left = 50\n";

/** The configuration of lines that are taken, behind marks that are. */
export function confOf(text: string): AuditdConf | undefined {
  return read(`${MARKS}${text}\n`).conf;
}
