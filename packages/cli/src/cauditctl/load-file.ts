// auditctl -R: a rules file, line by line.
import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import {
  type FileErrorMode,
  lineErrorText,
  parseRulesFile,
  type RuleArguments,
} from "@cauditd/libaudit";
import type { Auditctl } from "./auditctl.ts";

/** The largest rules file that is read, in bytes. */
const MAX_BYTES = 16 * 1024 * 1024;

/** One line: its requests, and what is wrong with it. */
interface Line {
  readonly number: number;
  readonly read: RuleArguments;
  readonly mode: FileErrorMode;
}

/**
 * Loads a file into the instance: up to the first error, unless -c or -i came before it.
 * @returns auditctl's exit code: 1 for an error that counts, 0 also when the instance is locked
 */
export async function loadFile(auditctl: Auditctl, path: string): Promise<number> {
  if (await auditctl.refusesRules()) return 0;
  const bytes = readRulesFile(path);
  if (typeof bytes === "string") {
    auditctl.complain(bytes);
    return 1;
  }
  let failed = false;
  for (const { number, read, mode } of linesOf(bytes, auditctl)) {
    const wrong = await auditctl.line(read);
    if (wrong === undefined) continue;
    auditctl.complain(lineErrorText(number, path));
    if (mode === "stop") return 1;
    if (mode === "continue") failed = true;
  }
  return failed ? 1 : 0;
}

function linesOf(bytes: Uint8Array, auditctl: Auditctl): Line[] {
  const file = parseRulesFile(bytes, auditctl.options.context);
  const numbers = new Set(
    [...file.commands, ...file.errors, ...file.warnings].map(({ line }) => line),
  );
  let mode: FileErrorMode = "stop";
  return [...numbers]
    .sort((a, b) => a - b)
    .map((number) => {
      const commands = file.commands.filter(({ line }) => line === number);
      const error = file.errors.find(({ line }) => line === number);
      mode = error?.mode ?? commands.at(-1)?.mode ?? mode;
      const read: RuleArguments = {
        commands: commands.map(({ command }) => command),
        warnings: file.warnings.filter(({ line }) => line === number).map(({ text }) => text),
        ...(error === undefined ? {} : { error: { text: error.text, exitCode: 1 } }),
      };
      return { number, read, mode };
    });
}

/** The file's bytes, or auditctl's words for why it is not read. */
function readRulesFile(path: string): Uint8Array | string {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return `audit rules file ${path} doesn't exist`;
    return `Error opening ${path} (${code ?? message})`;
  }
  try {
    const { uid, mode, size } = fstatSync(fd);
    // auditctl wants root's file; here a tenant may load one of its own.
    if (uid !== 0 && uid !== process.geteuid?.()) return `Error - ${path} isn't owned by root`;
    if ((mode & 0o002) !== 0) return `Error - ${path} is world writable`;
    if (!fstatSync(fd).isFile()) return `Error - ${path} is not a regular file`;
    if (size > MAX_BYTES) return `Error - ${path} is larger than ${MAX_BYTES} bytes`;
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}
