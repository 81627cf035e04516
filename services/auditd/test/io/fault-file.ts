// An open file of a file system in memory that can fail.
import type { DiskFile, PathStatus } from "../../src/io/disk.ts";
import type { FaultDisk } from "./fault-disk.ts";

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
    | "link"
    | "copy"
    | "removeFolder"
    | "hold"
    | "setGroup"
    | "setModified"
    | "remove"
    | "syncFolder"
    | "space"
    | "close";
  readonly path: string;
}

/** What a file has, under whatever names. */
export interface Content {
  readonly inode: string;
  data: Buffer;
  /** What is on the disk whatever happens. */
  durable: Buffer;
  mode: number;
  modified: number;
  /** How often it is open: its inode number is not given again before that is over. */
  opens: number;
}

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

/** An open file. */
export class FaultFile implements DiskFile {
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
    this.#disk.closes(this.#content);
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

/** What a path to a file leads to. */
export function statusOf({ data, inode, mode, modified }: Content): PathStatus {
  return { size: data.length, inode, isFile: true, isFolder: false, mode, modified };
}
