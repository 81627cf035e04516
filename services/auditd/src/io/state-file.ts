// The state report of an instance, where auditd writes its own at SIGCONT (AUD-3.6).
import { getPriority } from "node:os";
import { dirname, join } from "node:path";
import { type LogPolicyState, stateReport } from "@cauditd/kernel";
import { type Disk, machineDisk, writeAll } from "./disk.ts";

/** Permissions of the file. */
const STATE_MODE = 0o600;
/** An instance has no plugins. */
const NO_QUEUE = {
  readers: 0,
  depth: 0,
  maxDepth: 0,
  size: 0,
  overflowed: false,
  suspended: false,
} as const;

/**
 * Writes the report beside a log, over an earlier one.
 * @param time as strftime's `%x %X`
 * @returns the path of the file
 * @throws the file system's error
 */
export async function writeStateFile(
  log: string,
  state: LogPolicyState,
  version: string,
  time: string,
  disk: Disk = machineDisk,
): Promise<string> {
  const folder = dirname(log);
  const space = await disk.space(folder).catch(() => undefined);
  const context = { version, time, priority: getPriority(), free: space?.free, queue: NO_QUEUE };
  const path = join(folder, "auditd.state");
  const file = await disk.open(path, "update", STATE_MODE);
  try {
    await file.truncate(0);
    await writeAll(file, Buffer.from(stateReport(state, context), "latin1"), 0);
  } finally {
    await file.close();
  }
  return path;
}
