// What of a batch is to be written behind a rotation: kept while names are moved, for a crash then.
import { createHash } from "node:crypto";
import { type Disk, readAll, writeAll } from "./disk.ts";

/** Bytes in front of the contents: their SHA-256 in hex, and a newline. */
const HEAD_BYTES = 65;

/** Stores `bytes`, replacing what was there. @throws the file system's error */
export async function storePending(
  disk: Disk,
  path: string,
  bytes: Buffer,
  durable: boolean,
): Promise<void> {
  const file = await disk.open(path, "update", 0o600);
  try {
    await writeAll(file, Buffer.concat([head(bytes), bytes]), 0);
    if (durable) await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Reads what was stored.
 * @param size its length
 * @returns undefined when it is not all there, or not what was stored
 * @throws the file system's error
 */
export async function loadPending(
  disk: Disk,
  path: string,
  size: number,
): Promise<Buffer | undefined> {
  const file = await disk.open(path, "update", 0o600);
  try {
    if ((await file.status()).size < HEAD_BYTES + size) return undefined;
    const all = Buffer.alloc(HEAD_BYTES + size);
    await readAll(file, all);
    const bytes = all.subarray(HEAD_BYTES);
    return head(bytes).equals(all.subarray(0, HEAD_BYTES)) ? bytes : undefined;
  } finally {
    await file.close();
  }
}

function head(bytes: Buffer): Buffer {
  return Buffer.from(`${createHash("sha256").update(bytes).digest("hex")}\n`, "latin1");
}
