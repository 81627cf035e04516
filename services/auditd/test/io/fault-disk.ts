// A file system in memory that can fail: it stops at any step, loses what was not synced, is full,
// takes writes in parts, or answers with an error.
import { dirname } from "node:path";
import type { FreeSpace } from "@cauditd/kernel";
import type { Disk, DiskFile, PathStatus } from "../../src/io/disk.ts";

/** A step that an operation makes on the disk. */
export interface Step {
  readonly kind:
    | "open"
    | "append"
    | "writeAt"
    | "readAt"
    | "truncate"
    | "sync"
    | "status"
    | "list"
    | "makeFolder"
    | "chmod"
    | "rename"
    | "setGroup"
    | "setModified"
    | "remove"
    | "syncFolder"
    | "space"
    | "close";
  readonly path: string;
}

interface Content {
  readonly inode: string;
  data: Buffer;
  /** What is on the disk whatever happens. */
  durable: Buffer;
  mode: number;
  modified: number;
}

type Names = Map<string, Content>;

/** An error of the file system. */
export function diskError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code, path });
}

/** A whole number from 0, below `limit`. */
export type Draw = (limit: number) => number;

/** A repeatable sequence of numbers (mulberry32). */
export function draws(seed: number): Draw {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return Math.floor((((x ^ (x >>> 14)) >>> 0) / 4294967296) * limit);
  };
}

export class FaultDisk implements Disk {
  names: Names = new Map();
  readonly groups: Map<string, number> = new Map();
  readonly folders: Set<string> = new Set(["/"]);
  /** Steps made so far. */
  steps = 0;
  /** The step, from 1, at which the machine stops; a write there is cut. */
  crashAt = Number.POSITIVE_INFINITY;
  /** Bytes that all files may hold together. */
  capacity = Number.POSITIVE_INFINITY;
  /** What time it is, seconds. */
  now = 0;
  /** The most bytes that one write takes. */
  largestWrite = Number.POSITIVE_INFINITY;
  /** Asked before each step; what it returns is thrown. */
  fault: (step: Step) => Error | undefined = () => undefined;
  draw: Draw = draws(1);
  #crashed = false;
  #cutting = false;
  #inodes = 1;
  /** The names as they were synced, and each state after it. */
  #history: Names[] = [new Map()];
  /** Inode numbers of removed files are given again, as on real file systems. */
  readonly #free: string[] = [];
  openFiles = 0;

  get crashed(): boolean {
    return this.#crashed;
  }

  /** Text of a file; undefined when there is none. */
  text(path: string): string | undefined {
    return this.names.get(path)?.data.toString("latin1");
  }

  /** The machine runs again after a crash of the process: what was written is there. */
  restart(): void {
    this.#crashed = false;
    this.crashAt = Number.POSITIVE_INFINITY;
    this.openFiles = 0;
  }

  /** The same after a power cut: what was not synced is there in part or not at all. */
  powerCut(): void {
    this.names = this.#history[this.draw(this.#history.length)] as Names;
    this.#history = [new Map(this.names)];
    for (const content of this.names.values()) {
      content.data = this.#survivor(content);
      content.durable = content.data;
    }
    this.restart();
  }

  async open(path: string, kind: string, mode = 0o666, through = "cached"): Promise<DiskFile> {
    this.step({ kind: "open", path });
    let content = this.names.get(path);
    if (content === undefined) {
      if (kind === "read") throw diskError("ENOENT", path);
      this.#needFolder(path);
      content = {
        inode: this.#free.pop() ?? String(++this.#inodes),
        data: Buffer.alloc(0),
        durable: Buffer.alloc(0),
        mode,
        modified: this.now,
      };
      this.names.set(path, content);
      this.#note();
    }
    this.openFiles++;
    return new FaultFile(this, path, content, through !== "cached");
  }

  async status(path: string): Promise<PathStatus | undefined> {
    this.step({ kind: "status", path });
    const content = this.names.get(path);
    if (content !== undefined) return statusOf(content);
    if (!this.folders.has(path)) return undefined;
    return { size: 0, inode: "0", isFile: false, mode: 0o755, modified: 0 };
  }

  async list(folder: string): Promise<string[]> {
    this.step({ kind: "list", path: folder });
    const names = [...this.names.keys()].filter((path) => dirname(path) === folder);
    return names.map((path) => path.slice(folder.length + 1)).sort(() => this.draw(3) - 1);
  }

  async makeFolder(folder: string): Promise<string | undefined> {
    this.step({ kind: "makeFolder", path: folder });
    let first: string | undefined;
    for (let made = folder; !this.folders.has(made); made = dirname(made)) {
      this.folders.add(made);
      first = made;
    }
    return first;
  }

  async chmod(path: string, mode: number): Promise<void> {
    this.step({ kind: "chmod", path });
    const content = this.names.get(path);
    if (content === undefined && !this.folders.has(path)) throw diskError("ENOENT", path);
    if (content !== undefined) content.mode = mode;
  }

  async setGroup(path: string, gid: number): Promise<void> {
    this.step({ kind: "setGroup", path });
    this.groups.set(path, gid);
  }

  async rename(from: string, to: string): Promise<void> {
    this.step({ kind: "rename", path: from });
    const content = this.names.get(from);
    if (content === undefined) throw diskError("ENOENT", from);
    this.#needFolder(to);
    this.names.delete(from);
    this.names.set(to, content);
    this.#note();
  }

  async remove(path: string): Promise<void> {
    this.step({ kind: "remove", path });
    const content = this.names.get(path);
    if (content === undefined) return;
    this.names.delete(path);
    this.#free.push(content.inode);
    this.#note();
  }

  async syncFolder(folder: string): Promise<void> {
    this.step({ kind: "syncFolder", path: folder });
    this.#history = [new Map(this.names)];
  }

  async space(folder: string): Promise<FreeSpace> {
    this.step({ kind: "space", path: folder });
    const total = Math.min(this.capacity, Number.MAX_SAFE_INTEGER);
    return { free: total - this.used(), total, block: 4096 };
  }

  /** Bytes that all files hold. */
  used(): number {
    let used = 0;
    for (const { data } of new Set(this.names.values())) used += data.length;
    return used;
  }

  /** Counts a step; throws at the one where the machine stops, and behind it. */
  step(step: Step): void {
    const error = this.begins(step);
    if (error !== undefined) throw error;
  }

  /** The same for a step that is done in part before it throws. */
  begins(step: Step): Error | undefined {
    if (this.#crashed) {
      this.#cutting = false;
      return diskError("EIO", step.path);
    }
    this.steps++;
    const error = this.fault(step);
    if (error !== undefined) return error;
    if (this.steps < this.crashAt) return undefined;
    this.#crashed = true;
    this.#cutting = true;
    return diskError("EIO", step.path);
  }

  /** True once: for the write in which the machine stopped. */
  cuts(): boolean {
    const cutting = this.#cutting;
    this.#cutting = false;
    return cutting;
  }

  #needFolder(path: string): void {
    if (!this.folders.has(dirname(path))) throw diskError("ENOENT", path);
  }

  #note(): void {
    this.#history.push(new Map(this.names));
  }

  #survivor({ data, durable }: Content): Buffer {
    let same = 0;
    while (same < Math.min(data.length, durable.length) && data[same] === durable[same]) same++;
    const longest = Math.max(data.length, durable.length);
    const cut = same + this.draw(longest - same + 1);
    switch (this.draw(3)) {
      case 0:
        return durable;
      case 1:
        return data;
      default:
        // The new bytes up to some place, the old ones behind it.
        return Buffer.concat([data.subarray(0, cut), durable.subarray(cut)]);
    }
  }
}

class FaultFile implements DiskFile {
  readonly #disk: FaultDisk;
  readonly #path: string;
  readonly #content: Content;
  readonly #through: boolean;

  constructor(disk: FaultDisk, path: string, content: Content, through: boolean) {
    this.#disk = disk;
    this.#path = path;
    this.#content = content;
    this.#through = through;
  }

  async append(bytes: Uint8Array): Promise<number> {
    return this.#write("append", bytes, this.#content.data.length);
  }

  async writeAt(bytes: Uint8Array, position: number): Promise<number> {
    return this.#write("writeAt", bytes, position);
  }

  async readAt(into: Uint8Array, position: number): Promise<number> {
    this.#step("readAt");
    return this.#content.data.copy(into, 0, position);
  }

  async truncate(size: number): Promise<void> {
    this.#step("truncate");
    const { data } = this.#content;
    const longer = Buffer.alloc(Math.max(0, size - data.length));
    this.#content.data = Buffer.concat([data.subarray(0, size), longer]);
  }

  async sync(): Promise<void> {
    this.#step("sync");
    this.#content.durable = this.#content.data;
  }

  async status(): Promise<PathStatus> {
    this.#step("status");
    return statusOf(this.#content);
  }

  async chmod(mode: number): Promise<void> {
    this.#step("chmod");
    this.#content.mode = mode;
  }

  async setGroup(gid: number): Promise<void> {
    this.#step("setGroup");
    this.#disk.groups.set(this.#path, gid);
  }

  async setModified(seconds: number): Promise<void> {
    this.#step("setModified");
    this.#content.modified = seconds;
  }

  async linked(): Promise<boolean> {
    return [...this.#disk.names.values()].includes(this.#content);
  }

  async close(): Promise<void> {
    this.#disk.openFiles--;
    this.#step("close");
  }

  #step(kind: Step["kind"]): void {
    this.#disk.step({ kind, path: this.#path });
  }

  #write(kind: "append" | "writeAt", bytes: Uint8Array, position: number): number {
    const disk = this.#disk;
    const error = disk.begins({ kind, path: this.#path });
    if (error !== undefined && !disk.crashed) throw error;
    const { data } = this.#content;
    const overwritten = Math.max(0, Math.min(data.length - position, bytes.length));
    const room = disk.capacity - disk.used() + overwritten;
    let size = Math.min(bytes.length, disk.largestWrite, Math.max(0, room));
    if (error !== undefined) size = disk.cuts() ? disk.draw(size + 1) : 0;
    else if (size === 0 && bytes.length > 0) throw diskError("ENOSPC", this.#path);
    const gap = Buffer.alloc(Math.max(0, position - data.length));
    const head = Buffer.concat([data.subarray(0, position), gap, bytes.subarray(0, size)]);
    if (size > 0) {
      this.#content.data = Buffer.concat([head, data.subarray(head.length)]);
      this.#content.modified = disk.now;
    }
    if (error !== undefined) throw error;
    if (this.#through) this.#content.durable = this.#content.data;
    return size;
  }
}

function statusOf({ data, inode, mode, modified }: Content): PathStatus {
  return { size: data.length, inode, isFile: true, mode, modified };
}
