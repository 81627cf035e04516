// The file system of a consumer: calls take turns, and a crash leaves a write in part.
import type { OutputFiles, OutputHandle } from "@cauditd/consumer";
import { diskError } from "../../services/auditd/test/io/fault-disk.ts";
import type { Scheduler } from "./scheduler.ts";

/** All files by path: what outlives the processes. */
export type Files = Map<string, Buffer>;

/** The files as one process sees them. */
export function filesOf(scheduler: Scheduler, files: Files, who: number): OutputFiles {
  const bytesOf = (path: string): Buffer => files.get(path) ?? Buffer.alloc(0);
  const part = (bytes: Buffer): Buffer => bytes.subarray(0, scheduler.draw(bytes.length + 1));
  const handle = (path: string): OutputHandle => ({
    stat: async () => {
      await scheduler.turn(who, "stat");
      return { size: bytesOf(path).length };
    },
    truncate: async (size) => {
      await scheduler.turn(who, "truncate");
      files.set(path, bytesOf(path).subarray(0, size));
    },
    write: async (bytes, offset, length) => {
      const all = Buffer.from(bytes.subarray(offset, offset + length));
      const append = (some: Buffer): void => {
        files.set(path, Buffer.concat([bytesOf(path), some]));
      };
      await scheduler.turn(who, "write", () => append(part(all)));
      append(all);
      return { bytesWritten: all.length };
    },
    close: async () => undefined,
  });
  return {
    open: async (path) => {
      await scheduler.turn(who, "open output");
      files.set(path, bytesOf(path));
      return handle(path);
    },
    readFile: async (path) => {
      await scheduler.turn(who, "read state");
      const found = files.get(path);
      if (found === undefined) throw diskError("ENOENT", path);
      return found.toString("utf8");
    },
    rename: async (from, to) => {
      await scheduler.turn(who, "rename state");
      files.set(to, bytesOf(from));
      files.delete(from);
    },
    writeFile: async (path, text) => {
      const bytes = Buffer.from(text);
      await scheduler.turn(who, "write state", () => files.set(path, part(bytes)));
      files.set(path, bytes);
    },
  };
}
