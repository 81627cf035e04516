// A file system in memory that can fail: it stops at any step, loses what was not synced, is full,
// takes writes in parts, or answers with an error.
import { dirname } from "node:path";
import type { FreeSpace } from "@cauditd/kernel";
import type { Disk, DiskFile, HeldFolder, PathStatus } from "../../src/io/disk.ts";
import {
  type Content,
  type Draw,
  diskError,
  draws,
  FaultFile,
  type Step,
  statusOf,
} from "./fault-file.ts";

export { type Draw, diskError, draws, type Step } from "./fault-file.ts";

/** All files, and the inode numbers of all folders, by path. */
interface Names {
  readonly files: Map<string, Content>;
  readonly folders: Map<string, string>;
}

/** Paths through a folder that is held. */
const HELD = /^\/@([0-9]+)(?=\/|$)/;

export class FaultDisk implements Disk {
  names: Map<string, Content> = new Map();
  readonly groups: Map<string, number> = new Map();
  folders: Map<string, string> = new Map([["/", "1"]]);
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
  #history: Names[] = [{ files: new Map(), folders: new Map([["/", "1"]]) }];
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
    for (const content of this.names.values()) content.opens = 0;
  }

  /** The same after a power cut: what was not synced is there in part or not at all. */
  powerCut(): void {
    const { files, folders } = this.#history[this.draw(this.#history.length)] as Names;
    this.names = files;
    this.folders = folders;
    this.#history = [this.#now()];
    for (const content of new Set(this.names.values())) {
      content.data = this.#survivor(content);
      content.durable = content.data;
    }
    this.restart();
  }

  async open(asked: string, kind: string, mode = 0o666, through = "cached"): Promise<DiskFile> {
    const path = this.#resolve("open", asked);
    let content = this.names.get(path);
    if (content === undefined) {
      if (kind === "read") throw diskError("ENOENT", path);
      this.#needFolder(path);
      content = this.#make(Buffer.alloc(0), mode);
      this.names.set(path, content);
      this.#note();
    }
    this.openFiles++;
    content.opens++;
    return new FaultFile(this, path, content, through !== "cached");
  }

  async status(asked: string): Promise<PathStatus | undefined> {
    const path = this.#resolve("status", asked);
    const content = this.names.get(path);
    if (content !== undefined) return statusOf(content);
    const inode = this.folders.get(path);
    if (inode === undefined) return undefined;
    return { size: 0, inode, isFile: false, isFolder: true, mode: 0o755, modified: 0 };
  }

  async list(asked: string): Promise<string[]> {
    const folder = this.#resolve("list", asked);
    if (!this.folders.has(folder)) throw diskError("ENOENT", asked);
    const paths = [...this.names.keys(), ...this.folders.keys()];
    const names = paths.filter((path) => path !== "/" && dirname(path) === folder);
    return names.map((path) => path.slice(folder.length + 1)).sort(() => this.draw(3) - 1);
  }

  async makeFolder(asked: string): Promise<string | undefined> {
    const folder = this.#resolve("makeFolder", asked);
    let first: string | undefined;
    for (let made = folder; !this.folders.has(made); made = dirname(made)) {
      this.folders.set(made, String(++this.#inodes));
      first = made;
    }
    if (first !== undefined) this.#note();
    return first;
  }

  async chmod(asked: string, mode: number): Promise<void> {
    const path = this.#resolve("chmod", asked);
    const content = this.names.get(path);
    if (content === undefined && !this.folders.has(path)) throw diskError("ENOENT", path);
    if (content !== undefined) content.mode = mode;
  }

  async setGroup(asked: string, gid: number): Promise<void> {
    this.groups.set(this.#resolve("setGroup", asked), gid);
  }

  async rename(asked: string, askedTo: string): Promise<void> {
    const from = this.#resolve("rename", asked);
    const to = this.#path(askedTo);
    const content = this.names.get(from);
    if (content === undefined) return this.#renameFolder(from, to);
    this.#needFolder(to);
    this.#forget(to);
    this.names.delete(from);
    this.names.set(to, content);
    this.#note();
  }

  async link(asked: string, askedTo: string): Promise<void> {
    const from = this.#resolve("link", asked);
    const to = this.#path(askedTo);
    const content = this.names.get(from);
    if (content === undefined) throw diskError("ENOENT", from);
    this.#needFolder(to);
    if (this.names.has(to)) throw diskError("EEXIST", to);
    this.names.set(to, content);
    this.#note();
  }

  async copy(asked: string, askedTo: string): Promise<void> {
    const from = this.#resolve("copy", asked);
    const to = this.#path(askedTo);
    const content = this.names.get(from);
    if (content === undefined) throw diskError("ENOENT", from);
    this.#needFolder(to);
    this.#forget(to);
    this.names.set(to, this.#make(content.data, content.mode));
    this.#note();
  }

  async remove(asked: string): Promise<void> {
    if (this.#forget(this.#resolve("remove", asked))) this.#note();
  }

  async removeFolder(asked: string): Promise<void> {
    const folder = this.#resolve("removeFolder", asked);
    if (!this.folders.has(folder)) return;
    if (!this.#isEmpty(folder)) throw diskError("ENOTEMPTY", folder);
    this.folders.delete(folder);
    this.#note();
  }

  async hold(asked: string): Promise<HeldFolder> {
    const inode = this.folders.get(this.#resolve("hold", asked));
    if (inode === undefined) throw diskError("ENOENT", asked);
    return { at: `/@${inode}`, inode, close: async () => undefined };
  }

  async syncFolder(asked: string): Promise<void> {
    this.#resolve("syncFolder", asked);
    this.#history = [this.#now()];
  }

  async space(asked: string): Promise<FreeSpace> {
    this.#resolve("space", asked);
    const total = Math.min(this.capacity, Number.MAX_SAFE_INTEGER);
    return { free: total - this.used(), total, block: 4096 };
  }

  /** A file is closed. */
  closes(content: Content): void {
    this.openFiles--;
    content.opens--;
    this.#release(content);
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

  /** Counts a step; where a path leads that may go through a folder that is held. */
  #resolve(kind: Step["kind"], asked: string): string {
    const path = this.#path(asked);
    this.step({ kind, path });
    return path;
  }

  #path(asked: string): string {
    const inode = HELD.exec(asked)?.[1];
    if (inode === undefined) return asked;
    const folder = [...this.folders].find(([, found]) => found === inode)?.[0];
    return (folder ?? `/removed/${inode}`) + asked.slice(inode.length + 2);
  }

  #make(data: Buffer, mode: number): Content {
    const inode = this.#free.pop() ?? String(++this.#inodes);
    return { inode, data, durable: Buffer.alloc(0), mode, modified: this.now, opens: 0 };
  }

  /** Removes a name; true when it was there. */
  #forget(path: string): boolean {
    const content = this.names.get(path);
    if (content === undefined) return false;
    this.names.delete(path);
    this.#release(content);
    return true;
  }

  #release(content: Content): void {
    const named = [...this.names.values()].includes(content);
    if (!named && content.opens === 0) this.#free.push(content.inode);
  }

  #renameFolder(from: string, to: string): void {
    const inode = this.folders.get(from);
    if (inode === undefined) throw diskError("ENOENT", from);
    this.#needFolder(to);
    if (!this.#isEmpty(to)) throw diskError("ENOTEMPTY", to);
    const moved = (path: string) => to + path.slice(from.length);
    for (const [path, found] of [...this.folders]) {
      if (path !== from && !path.startsWith(`${from}/`)) continue;
      this.folders.delete(path);
      this.folders.set(moved(path), found);
    }
    for (const [path, content] of [...this.names]) {
      if (!path.startsWith(`${from}/`)) continue;
      this.names.delete(path);
      this.names.set(moved(path), content);
    }
    this.#note();
  }

  #isEmpty(folder: string): boolean {
    const paths = [...this.names.keys(), ...this.folders.keys()];
    return !paths.some((path) => path.startsWith(`${folder}/`));
  }

  #needFolder(path: string): void {
    if (!this.folders.has(dirname(path))) throw diskError("ENOENT", path);
  }

  #note(): void {
    this.#history.push(this.#now());
  }

  #now(): Names {
    return { files: new Map(this.names), folders: new Map(this.folders) };
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
