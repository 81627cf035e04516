// Rotated logs that are kept compressed, and those that are no longer kept.
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { planRetention, type Retention } from "@cauditd/kernel";
import { type Disk, type DiskFile, isMissing } from "./disk.ts";
import { partialPrefix } from "./recovery.ts";
import { nameOf, type RotatedFile, rotatedFiles } from "./rotation.ts";

const CHUNK_BYTES = 65536;

/**
 * Removes and compresses rotated files as `retention` asks for. A crash in here leaves a file plain
 * or compressed, never neither.
 * @param now seconds since 1970
 * @throws the file system's error
 */
export async function retain(
  disk: Disk,
  path: string,
  retention: Retention,
  mode: number,
  now: number,
): Promise<void> {
  const files = await rotatedFiles(disk, path);
  const logs = [];
  for (const file of files) {
    const status = await disk.status(file.path);
    if (status !== undefined) logs.push({ ...file, ...status });
  }
  const plan = planRetention(logs, retention, now);
  const remove = new Set(plan.remove);
  for (const file of files.filter(({ number }) => remove.has(number)).reverse()) {
    await disk.remove(file.path);
  }
  for (const number of plan.compress) {
    const file = files.find((other) => other.number === number && !other.compressed);
    if (file !== undefined) await compress(disk, path, file, mode);
  }
}

/**
 * Replaces a rotated file by `<name>.gz` with the same time.
 * @throws the file system's error
 */
export async function compress(
  disk: Disk,
  path: string,
  file: RotatedFile,
  mode: number,
): Promise<void> {
  const partial = join(dirname(path), partialPrefix(path));
  await disk.remove(partial);
  const source = await disk.open(file.path, "read");
  try {
    const { modified } = await source.status();
    const target = await disk.open(partial, "append", mode);
    try {
      await pipeline(Readable.from(chunksOf(source)), createGzip(), (parts) => fill(target, parts));
      await target.chmod(mode);
      await target.setModified(modified);
      await target.sync();
    } finally {
      await target.close();
    }
  } catch (error) {
    if (!isMissing(error)) await disk.remove(partial).catch(() => undefined);
    throw error;
  } finally {
    await source.close();
  }
  await disk.rename(partial, nameOf(path, file.number, true));
  await disk.remove(file.path);
}

/** The bytes of a file, as far as it is when each is read. */
export async function* chunksOf(file: DiskFile): AsyncGenerator<Buffer> {
  for (let position = 0; ; ) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const length = await file.readAt(chunk, position);
    if (length === 0) return;
    position += length;
    yield chunk.subarray(0, length);
  }
}

async function fill(file: DiskFile, parts: AsyncIterable<Buffer>): Promise<void> {
  for await (const part of parts) {
    for (let at = 0; at < part.length; ) at += await file.append(part.subarray(at));
  }
}
