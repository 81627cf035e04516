// A log on a disk in memory, written and rotated as the tests want.
import { gzipSync } from "node:zlib";
import { AuditError, Errno } from "@cauditd/libaudit";
import type { Disk, DiskFile } from "../../src/io/disk.ts";
import { rotate } from "../../src/io/rotation.ts";
import { FaultDisk } from "../io/fault-disk.ts";

export const LOG = "/logs/audit.log";

export class LogDisk {
  readonly disk: FaultDisk = new FaultDisk();

  static async of(...files: readonly string[]): Promise<LogDisk> {
    const log = new LogDisk();
    await log.disk.makeFolder("/logs");
    for (const [i, text] of files.entries()) {
      if (i > 0) await log.rotate();
      await log.append(text);
    }
    return log;
  }

  async append(text: string | Buffer, path: string = LOG): Promise<void> {
    const file = await this.disk.open(path, "append", 0o600);
    await file.append(Buffer.from(text));
    await file.close();
  }

  rotate(): Promise<void> {
    return rotate(this.disk, LOG, 1000, 0o400);
  }

  /** Replaces a rotated file by its compressed form. */
  async compress(number: number): Promise<void> {
    const path = `${LOG}.${number}`;
    await this.append(gzipSync(Buffer.from(this.disk.text(path) ?? "")), `${path}.gz`);
    await this.disk.remove(path);
  }

  /** The same disk, with something done in front of each step of a kind. */
  before(step: "status" | "list" | "open", work: (path: string) => Promise<void>): Disk {
    const { disk } = this;
    return new Proxy(disk, {
      get(target, name) {
        const own: unknown = Reflect.get(target, name, target);
        if (typeof own !== "function") return own;
        return async (...args: unknown[]) => {
          if (name === step) await work(String(args[0]));
          return (own as (...args: unknown[]) => unknown).apply(target, args);
        };
      },
    });
  }
}

/** A disk that knows which of its files are open: one that is forgotten is closed by nobody. */
export function countingDisk(disk: Disk): { readonly disk: Disk; readonly open: Set<DiskFile> } {
  const open = new Set<DiskFile>();
  const counting = withOpened(disk, (file) => {
    open.add(file);
    const close = file.close.bind(file);
    file.close = async () => {
      open.delete(file);
      await close();
    };
  });
  return { disk: counting, open };
}

/** A disk whose files cannot be read while `fails` says so; `failed` resolves with the first. */
export function failingReads(
  disk: Disk,
  fails: () => boolean,
): { readonly disk: Disk; readonly failed: Promise<void> } {
  let tell: () => void = () => undefined;
  const failed = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const failing = withOpened(disk, (file) => {
    const readAt = file.readAt.bind(file);
    file.readAt = async (into, position) => {
      if (!fails()) return await readAt(into, position);
      tell();
      throw new AuditError(Errno.EIO, "the disk does not answer");
    };
  });
  return { disk: failing, failed };
}

/** The same disk, with something done to each file that is opened. */
function withOpened(disk: Disk, each: (file: DiskFile) => void): Disk {
  return new Proxy(disk, {
    get(target, name) {
      const own: unknown = Reflect.get(target, name, target);
      if (name !== "open") return typeof own === "function" ? own.bind(target) : own;
      return async (...args: Parameters<Disk["open"]>) => {
        const file = await target.open(...args);
        each(file);
        return file;
      };
    },
  });
}
