// A configuration together with the files that it names.
import type { AuditdLog } from "@cauditd/auditd";
import { thisMachine } from "../node/machine.ts";
import { InputError } from "../terminal/input-error.ts";
import { type AuditdConfMap, readAuditdConfs } from "./auditd-confs.ts";
import { type Config, namedFiles, parseConfig } from "./config.ts";
import { type InstanceRulesMap, readRulesFiles } from "./instance-rules.ts";
import { readText } from "./text-file.ts";

/** What a process that serves instances is set to. */
export interface Settings {
  readonly config: Config;
  readonly rules: InstanceRulesMap;
  readonly confs: AuditdConfMap;
}

/**
 * Reads a configuration, its rules files and its auditd.conf files; warnings are told.
 * @throws {InputError} with every problem of all of them, each naming its file
 */
export async function readSettings(path: string, told: AuditdLog): Promise<Settings> {
  const text = await readText(path);
  const problems: string[] = [];
  const attempt = async <T>(read: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      problems.push(...error.problems);
      return undefined;
    }
  };
  const config = await attempt(() => parseConfig(path, text));
  // Also of a configuration that is refused: all is told at once.
  const files = namedFiles(path, text);
  const rules = await attempt(() => {
    return readRulesFiles(files.rules, thisMachine(), (name) => files.place("rules", name));
  });
  const confs = await attempt(() => {
    return readAuditdConfs(files.auditdConfs, told, (name) => files.place("auditd_conf", name));
  });
  if (config !== undefined && rules !== undefined && confs !== undefined) {
    return { config, rules, confs };
  }
  throw new InputError([...new Set(problems)]);
}
