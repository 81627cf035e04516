// Which logs a search or a report reads.
import { statSync } from "node:fs";
import { instanceLog, rotatedLogs } from "./log-set.ts";
import type { ScopeArguments } from "./scope-arguments.ts";

/**
 * The logs, the oldest first: of the file or folder `input` (`-if`), else of the instance, else
 * `-`, which is stdin.
 * @param err gets what ausearch says of them
 * @returns undefined when there is no such file
 */
export async function searchedLogs(
  scope: ScopeArguments,
  input: string | undefined,
  err: (text: string) => void,
): Promise<readonly string[] | undefined> {
  if (input !== undefined) {
    const found = statSync(input, { throwIfNoEntry: false });
    if (found === undefined) {
      err("stat: No such file or directory\n");
      return undefined;
    }
    if (!found.isDirectory()) return [input];
    const log = input.endsWith("/") ? `${input}audit.log` : `${input}/audit.log`;
    err(`NOTE - using logs in ${log}\n`);
    return rotatedLogs(log);
  }
  if (scope.instance === undefined) return ["-"];
  const { logsFolder } = await import("./logs-folder.ts");
  return rotatedLogs(instanceLog(await logsFolder(scope), scope.instance));
}
