import { access, constants, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { AuditError, Errno } from "@cauditd/libaudit";
import { InputError } from "../terminal/input-error.ts";

/**
 * Checks that files can be made in a folder, or in the nearest one around it where it can be made.
 * Changes nothing.
 * @throws {InputError} naming the one that is no folder, or may not be written
 */
export async function usableFolder(folder: string): Promise<void> {
  for (let at = folder; ; at = dirname(at)) {
    try {
      if (!(await stat(at)).isDirectory()) throw new AuditError(Errno.ENOTDIR, at);
      return await access(at, constants.W_OK | constants.X_OK);
    } catch (cause) {
      const isMissing = (cause as NodeJS.ErrnoException).code === "ENOENT";
      if (!isMissing || dirname(at) === at) throw InputError.fromSystem(at, cause);
    }
  }
}
