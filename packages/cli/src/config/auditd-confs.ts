// The auditd.conf of each instance that has one.
import { type AuditdLog, readAuditdConf } from "@cauditd/auditd";
import type { NameSource } from "@cauditd/auparse";
import type { AuditdConf, AuditdConfComplaint } from "@cauditd/libaudit";
import { machineNames } from "../node/machine.ts";
import { userNames } from "../search/search-machine.ts";
import { InputError } from "../terminal/input-error.ts";

/** Configurations of instances by name; an instance that is not listed has none. */
export type AuditdConfMap = ReadonlyMap<string, AuditdConf>;

/** What reading one of them gave. */
interface ConfRead {
  /** Undefined if it was refused. */
  readonly conf: AuditdConf | undefined;
  readonly complaints: readonly AuditdConfComplaint[];
}

/**
 * Reads one file for each name; warnings are told, also that one is not there: the defaults hold.
 * @param place stands before what is wrong with the file as a whole: where it is named
 * @throws {InputError} with every error, each naming its file
 */
export async function readAuditdConfs(
  files: ReadonlyMap<string, string>,
  told: AuditdLog,
  place: (name: string) => string = () => "",
): Promise<AuditdConfMap> {
  const confs = new Map<string, AuditdConf>();
  const problems: string[] = [];
  for (const [name, path] of files) {
    const { conf, complaints } = await readConf(path);
    if (conf === undefined) {
      for (const { line, text } of complaints) {
        problems.push(
          line === undefined ? `${place(name)}${path}: ${text}` : `${path}:${line}: ${text}`,
        );
      }
    } else {
      for (const { text } of complaints) told.warn({ path }, text);
      confs.set(name, conf);
    }
  }
  if (problems.length > 0) throw new InputError([...new Set(problems)]);
  return confs;
}

/** Names of this machine's accounts, for log_format = ENRICHED; its files are read once. */
export function accountNames(passwd = "/etc/passwd", groups = "/etc/group"): NameSource {
  // The two files have the name and the number at the same places.
  return { user: userNames(passwd), group: userNames(groups) };
}

/** Reads one again; everything is told, and undefined comes of a file that is refused. */
export async function rereadAuditdConf(
  path: string,
  told: AuditdLog,
): Promise<AuditdConf | undefined> {
  const { conf, complaints } = await readConf(path);
  for (const { severity, text } of complaints) told[TELLS[severity]]({ path }, text);
  return conf;
}

const TELLS = { error: "error", warning: "warn" } as const;

function readConf(path: string): Promise<ConfRead> {
  const names = machineNames();
  return readAuditdConf(path, { gid: (name) => names.gid(name), all: true });
}
