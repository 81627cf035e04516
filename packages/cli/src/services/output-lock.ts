// One process appends to a file.
import { realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { FolderLock, machineDisk } from "@cauditd/auditd";

/** The right to write a file. */
export interface OutputLock {
  release(): Promise<void>;
}

/**
 * Takes the right to write a file: the lock of the folder FILE.lock beside it, which ends with its
 * process, however that ends, and holds between containers that share a volume (ADR 8).
 * @throws EBUSY, naming the process that has it; the file system's error
 */
export async function lockOutput(path: string): Promise<OutputLock> {
  const folder = `${await place(path)}.lock`;
  await machineDisk.makeFolder(folder, 0o700);
  const held = await machineDisk.hold(folder);
  try {
    const lock = await FolderLock.take(path, held.at);
    return {
      release: async () => {
        await lock.release();
        await held.close();
      },
    };
  } catch (error) {
    await held.close();
    throw error;
  }
}

/** Where a file is, also by another name; it need not be there yet. */
async function place(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    return join(await realpath(dirname(path)), basename(path));
  }
}
