import { accessSync, constants, statSync } from "node:fs";
import { join } from "node:path";

/** Which file a checkpoint was taken in. */
export interface FileIdentity {
  readonly device: number;
  readonly inode: number;
}

/**
 * The log of this path and the rotated ones before it, the oldest first: `.1`, `.2`, ... up to the
 * first gap (AUD-153), each plain or compressed as `.N.gz`. The current log is always among them.
 */
export function rotatedLogs(path: string): string[] {
  if (!isReadable(path)) return [path];
  const paths = [path];
  for (let number = 1; ; number++) {
    const plain = `${path}.${number}`;
    const found = [plain, `${plain}.gz`].find(isReadable);
    if (found === undefined) return paths.reverse();
    paths.push(found);
  }
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** The log of an instance. */
export function instanceLog(logs: string, name: string): string {
  return join(logs, name, "audit.log");
}

/** The device and inode of a file; undefined when it is not there. */
export function identityOf(path: string): FileIdentity | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? undefined : { device: found.dev, inode: found.ino };
}

/** The logs from the one with this identity on; undefined when it is not among them. */
export function logsFrom(paths: readonly string[], from: FileIdentity): string[] | undefined {
  const index = paths.findIndex((path) => {
    const found = identityOf(path);
    return found?.device === from.device && found.inode === from.inode;
  });
  return index < 0 ? undefined : paths.slice(index);
}
