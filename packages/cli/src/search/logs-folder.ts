import { existsSync } from "node:fs";
import type { ScopeArguments } from "../terminal/scope-arguments.ts";

const DEFAULT_CONFIG = "cauditd.yaml";
const DEFAULT_LOGS = "var/log";

/**
 * The folder that holds the logs of all instances: `--logs`, else what the configuration says
 * (`cauditd.yaml` where there is one), else `var/log`.
 */
export async function logsFolder(scope: ScopeArguments): Promise<string> {
  if (scope.logs !== undefined) return scope.logs;
  const config = scope.config ?? (existsSync(DEFAULT_CONFIG) ? DEFAULT_CONFIG : undefined);
  if (config === undefined) return DEFAULT_LOGS;
  const { readConfig } = await import("../config/config.ts");
  return (await readConfig(config)).logs;
}
