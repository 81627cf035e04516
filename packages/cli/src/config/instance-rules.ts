import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Rule, RuleContext } from "@cauditd/libaudit";
import { InputError } from "../terminal/input-error.ts";
import { readRules } from "./rules-file.ts";

/** Rules of instances by name; an instance that is not listed has the default rule. */
export type InstanceRulesMap = ReadonlyMap<string, readonly Rule[]>;

/** Where the rules of instances are. */
export interface RulesOptions {
  /** One file for every instance. */
  readonly rules?: string;
  /** A folder with `NAME.rules` or `NAME/audit.rules` for each instance that has rules. */
  readonly rulesDir?: string;
}

/**
 * Reads the rules of the instances that are named.
 * @throws {InputError} with every problem, each naming the file
 */
export async function readInstanceRules(
  options: RulesOptions,
  names: readonly string[],
  context: RuleContext,
): Promise<InstanceRulesMap> {
  const { rules, rulesDir } = options;
  if (rules !== undefined) {
    const same = await readRules(rules, context);
    return new Map(names.map((name) => [name, same]));
  }
  if (rulesDir === undefined) return new Map();
  if ((await kindOf(rulesDir)) !== "folder") {
    throw new InputError([`${rulesDir}: expected a folder with NAME.rules files`]);
  }
  const files = new Map<string, string>();
  for (const name of names) {
    for (const path of [join(rulesDir, `${name}.rules`), join(rulesDir, name, "audit.rules")]) {
      if (!files.has(name) && (await kindOf(path)) !== undefined) files.set(name, path);
    }
  }
  return await readRulesFiles(files, context);
}

/**
 * Reads one file for each name; all problems are told at once.
 * @param place stands before what is wrong with the file as a whole: where it is named
 */
export async function readRulesFiles(
  files: ReadonlyMap<string, string>,
  context: RuleContext,
  place: (name: string) => string = () => "",
): Promise<InstanceRulesMap> {
  const read = new Map<string, readonly Rule[]>();
  const problems: string[] = [];
  for (const [name, path] of files) {
    try {
      read.set(name, await readRules(path, context));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      const isOfFile = (problem: string) => problem.startsWith(`${path}: `);
      for (const problem of error.problems) {
        problems.push(isOfFile(problem) ? `${place(name)}${problem}` : problem);
      }
    }
  }
  if (problems.length > 0) throw new InputError(problems);
  return read;
}

async function kindOf(path: string): Promise<"folder" | "file" | undefined> {
  try {
    return (await stat(path)).isDirectory() ? "folder" : "file";
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw InputError.fromSystem(path, cause);
  }
}
