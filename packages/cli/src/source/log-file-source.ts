// A log with an end as a source: it waits, and can be read again from its start.
import { createHash } from "node:crypto";
import type { LiveSource } from "./live-source.ts";
import { LogSource } from "./log-source.ts";

/** The longest first line that names a log, in bytes. */
const LINE_MAX = 64 * 1024;
const NEWLINE = 0x0a;

/**
 * A log, plain or gzip. Its first line names it: another file under the same path begins anew.
 * @throws {InputError} naming the file
 */
export async function logFile(path: string): Promise<Pick<LiveSource, "run"> & { id: string }> {
  const id = await idOf(path);
  return { id, run: (push, stop) => run(path, push, stop) };
}

async function idOf(path: string): Promise<string> {
  const source = await LogSource.open(path);
  const hash = createHash("sha256");
  let size = 0;
  try {
    for await (const chunk of source.chunks()) {
      const end = chunk.indexOf(NEWLINE);
      const part = chunk.subarray(0, end < 0 ? LINE_MAX - size : end);
      hash.update(part);
      size += part.length;
      if (end >= 0 || size >= LINE_MAX) break;
    }
  } finally {
    await source.close();
  }
  return hash.digest("hex").slice(0, 16);
}

async function run(...[path, push, stop]: [string, ...Parameters<LiveSource["run"]>]) {
  const source = await LogSource.open(path);
  const end = (): void => source.stop();
  stop.addEventListener("abort", end, { once: true });
  try {
    for await (const chunk of source.chunks()) {
      if (stop.aborted) return;
      await push(chunk);
    }
  } finally {
    stop.removeEventListener("abort", end);
    await source.close();
  }
}
