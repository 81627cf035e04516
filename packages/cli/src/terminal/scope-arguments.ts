import { InputError } from "./input-error.ts";

/** Which logs a search or a report is about, and the arguments that are left. */
export interface ScopeArguments {
  /** Name of the instance; undefined = no instance's logs. */
  readonly instance: string | undefined;
  /** Folder of all instances' logs. */
  readonly logs: string | undefined;
  /** Configuration that names this folder. */
  readonly config: string | undefined;
  /** The logs' indexes may be used. */
  readonly index: boolean;
  readonly rest: readonly string[];
}

/**
 * Takes cauditd's own arguments out of those of ausearch or aureport: the instance comes first.
 * @param configOption what the configuration is named by: aureport has a `--config` of its own
 * @throws {InputError} when an option lacks its value, or the instance is no name
 */
export function splitScopeArguments(
  argv: readonly string[],
  configOption = "--config",
): ScopeArguments {
  const rest: string[] = [];
  const found: { logs?: string; config?: string } = {};
  let index = true;
  const named = argv[0] !== undefined && !argv[0].startsWith("-");
  const instance = named ? argv[0] : undefined;
  if (instance !== undefined && (instance === "" || /[/\0]|^\.\.?$/.test(instance))) {
    throw new InputError([`${instance}: expected the name of an instance`]);
  }
  for (let at = named ? 1 : 0; at < argv.length; at++) {
    const word = argv[at] as string;
    if (word === "--no-index") index = false;
    else if (word === "--logs" || word === configOption) {
      const value = argv[++at];
      if (value === undefined) throw new InputError([`${word}: expected a path behind it`]);
      found[word === "--logs" ? "logs" : "config"] = value;
    } else rest.push(word);
  }
  return { instance, logs: found.logs, config: found.config, index, rest };
}
