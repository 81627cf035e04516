import { rm } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "./input-error.ts";

/**
 * Removes the logs `folder/<name>/audit.log` of the host and of the containers, if they are there.
 * @throws {InputError} naming the log that cannot be removed
 */
export async function removeLogs(
  folder: string,
  containers: readonly { readonly name: string }[],
): Promise<void> {
  for (const { name } of [{ name: "host" }, ...containers]) {
    const path = join(folder, name, "audit.log");
    try {
      await rm(path, { force: true });
    } catch (cause) {
      throw InputError.fromSystem(path, cause);
    }
  }
}
