// Which logs a search or a report reads.
import { statSync } from "node:fs";
import type { ScopeArguments } from "../terminal/scope-arguments.ts";
import { instanceLog, rotatedLogs } from "./log-set.ts";

/** The instance whose logs `--input-logs` is about when none is named. */
const HOST = "host";

/** What an ausearch or aureport would read. */
export interface SearchedInput {
  /** File or folder (`-if`). */
  readonly input: string | undefined;
  /** The logs, not stdin (`--input-logs`). */
  readonly inputLogs: boolean;
}

/** The logs, the oldest first. */
export interface SearchedLogs {
  /** `-` is stdin. */
  readonly logs: readonly string[];
  /** They are a log and those that were rotated before it. */
  readonly set: boolean;
}

/**
 * The logs of the file or folder `input`, else of the instance, else of the host's instance when
 * logs are asked for, else stdin.
 * @param err gets what ausearch says of them
 * @returns undefined when there is no such file
 */
export async function searchedLogs(
  scope: ScopeArguments,
  { input, inputLogs }: SearchedInput,
  err: (text: string) => void,
): Promise<SearchedLogs | undefined> {
  if (input !== undefined) {
    const found = statSync(input, { throwIfNoEntry: false });
    if (found === undefined) {
      err("stat: No such file or directory\n");
      return undefined;
    }
    if (!found.isDirectory()) return { logs: [input], set: false };
    const log = input.endsWith("/") ? `${input}audit.log` : `${input}/audit.log`;
    err(`NOTE - using logs in ${log}\n`);
    return { logs: rotatedLogs(log), set: true };
  }
  const instance = scope.instance ?? (inputLogs ? HOST : undefined);
  if (instance === undefined) return { logs: ["-"], set: false };
  const { logsFolder } = await import("./logs-folder.ts");
  return { logs: rotatedLogs(instanceLog(await logsFolder(scope), instance)), set: true };
}
