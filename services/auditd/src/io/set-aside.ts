import { existsSync } from "node:fs";
import { rename } from "node:fs/promises";
import { join } from "node:path";

/**
 * Renames the folder `name` to `name~1`, or the next number that is free, so that the next of this
 * name starts empty (CID-104); a folder that is not there is none.
 */
export async function setAside(folder: string, name: string): Promise<void> {
  if (!existsSync(join(folder, name))) return;
  for (let life = 1; ; life++) {
    const aside = join(folder, `${name}~${life}`);
    if (existsSync(aside)) continue;
    await rename(join(folder, name), aside);
    return;
  }
}
