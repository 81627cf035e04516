import {
  checkRulePaths,
  type FileCommand,
  lineErrorText,
  parseRulesFile,
  type Rule,
  type RuleContext,
  RuleSet,
  requestErrorText,
} from "@cauditd/libaudit";
import { InputError } from "../terminal/input-error.ts";
import { readBytes } from "./text-file.ts";

/** What loading a rules file gave. */
export interface LoadedRules {
  /** In the order in which `auditctl -l` lists them. */
  readonly rules: readonly Rule[];
  /** What auditctl writes to standard error, line by line. */
  readonly complaints: readonly string[];
  /** The errors among them, by line. */
  readonly problems: readonly { readonly line: number; readonly text: string }[];
  /** auditctl would have ended with an error. */
  readonly failed: boolean;
}

/** How a rules file is loaded. */
export interface LoadOptions {
  /** Name of the file for complaints. */
  readonly name: string;
  /** Refuse paths that are not on this machine, as the kernel does. */
  readonly paths?: boolean;
  /** Go on behind an error, so that every one is told. Default: as auditctl. */
  readonly all?: boolean;
}

/** What happened at one line of the file. */
interface Step {
  readonly line: number;
  readonly command?: FileCommand["command"];
  readonly error?: string;
  readonly warning?: string;
}

/**
 * Loads a rules file as `auditctl -R` does: line by line, up to the first error unless `-c` or
 * `-i` came before it.
 */
export function loadRules(
  bytes: Uint8Array,
  context: RuleContext,
  options: LoadOptions,
): LoadedRules {
  const file = parseRulesFile(bytes, context, options.all);
  const steps: Step[] = [
    ...file.commands.map(({ line, command }) => ({ line, command })),
    ...file.warnings.map(({ line, text }) => ({ line, warning: text })),
    ...file.errors.map(({ line, text }) => ({ line, error: text })),
  ];
  // Within a line: its requests, then its warnings, then its error; the sort is stable.
  steps.sort((a, b) => a.line - b.line);
  const set = new RuleSet(context.arch);
  const complaints: string[] = [];
  const problems: { readonly line: number; readonly text: string }[] = [];
  let mode: "stop" | "continue" | "ignore" = "stop";
  let failed = false;
  for (const { line, command, error, warning } of steps) {
    if (warning !== undefined) complaints.push(warning);
    let problem = error;
    if (command?.kind === "continue") mode = "continue";
    else if (command?.kind === "ignore" && mode === "stop") mode = "ignore";
    else if (command !== undefined) problem = apply(set, command, context, options);
    if (problem === undefined) continue;
    if (problem !== "") complaints.push(problem.replace(/\n+$/, ""));
    complaints.push(lineErrorText(line, options.name));
    if (mode !== "ignore") {
      failed = true;
      problems.push({ line, text: problem.replace(/\n+$/, "") });
    }
    if (mode === "stop" && options.all !== true) break;
  }
  return { rules: set.rules(), complaints, problems, failed };
}

/** Carries one request out; returns what auditctl complains about, if it does. */
function apply(
  set: RuleSet,
  command: FileCommand["command"],
  context: RuleContext,
  options: LoadOptions,
): string | undefined {
  let errno = 0;
  if (command.kind === "add") {
    if (options.paths === true) errno = checkRulePaths(command.rule, context.stat);
    if (errno === 0) errno = set.add(command.rule);
  } else if (command.kind === "delete") errno = set.delete(command.rule);
  else if (command.kind === "delete-all") set.deleteAll(command.key);
  return errno === 0 ? undefined : requestErrorText(command, errno);
}

/**
 * Reads a rules file that has to be right.
 * @throws {InputError} with all that auditctl complains about, each behind file and line
 */
export async function readRules(path: string, context: RuleContext): Promise<readonly Rule[]> {
  const loaded = loadRules(await readBytes(path), context, { name: path, all: true });
  if (!loaded.failed) return loaded.rules;
  throw new InputError(
    loaded.problems.map(({ line, text }) => {
      return `${path}:${line}: ${text === "" ? "expected a rule, as auditctl takes it" : text}`;
    }),
  );
}
