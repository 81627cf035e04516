// A disk on which one folder's name leads to a folder that is held open, wherever that is now.
import type { FreeSpace } from "@cauditd/kernel";
import type { Disk, DiskFile, HeldFolder, OpenKind, PathStatus, WriteThrough } from "./disk.ts";

/** What stands behind the name of the folder. */
export interface ViewedFolder {
  readonly held: HeldFolder;
  /** Called where the folder would be made: makes sure that its name leads to what is held. */
  renew(): Promise<unknown>;
}

/**
 * Passes everything on to a disk. Paths in the folder are looked up in the one that is held, and
 * errors name them as they were asked for.
 */
export class FolderView implements Disk {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #viewed: ViewedFolder;

  constructor(disk: Disk, folder: string, viewed: ViewedFolder) {
    this.#disk = disk;
    this.#folder = folder;
    this.#viewed = viewed;
  }

  open(path: string, kind: OpenKind, mode?: number, through?: WriteThrough): Promise<DiskFile> {
    return this.#told(this.#disk.open(this.#at(path), kind, mode, through));
  }

  status(path: string): Promise<PathStatus | undefined> {
    return this.#told(this.#disk.status(this.#at(path)));
  }

  list(folder: string): Promise<string[]> {
    return this.#told(this.#disk.list(this.#at(folder)));
  }

  async makeFolder(folder: string, mode: number): Promise<string | undefined> {
    if (folder !== this.#folder) return this.#told(this.#disk.makeFolder(this.#at(folder), mode));
    await this.#viewed.renew();
    return undefined;
  }

  chmod(path: string, mode: number): Promise<void> {
    return this.#told(this.#disk.chmod(this.#at(path), mode));
  }

  setGroup(path: string, gid: number): Promise<void> {
    return this.#told(this.#disk.setGroup(this.#at(path), gid));
  }

  rename(from: string, to: string): Promise<void> {
    return this.#told(this.#disk.rename(this.#at(from), this.#at(to)));
  }

  link(from: string, to: string): Promise<void> {
    return this.#told(this.#disk.link(this.#at(from), this.#at(to)));
  }

  copy(from: string, to: string): Promise<void> {
    return this.#told(this.#disk.copy(this.#at(from), this.#at(to)));
  }

  remove(path: string): Promise<void> {
    return this.#told(this.#disk.remove(this.#at(path)));
  }

  removeFolder(folder: string): Promise<void> {
    return this.#told(this.#disk.removeFolder(this.#at(folder)));
  }

  hold(folder: string): Promise<HeldFolder> {
    return this.#told(this.#disk.hold(this.#at(folder)));
  }

  syncFolder(folder: string): Promise<void> {
    return this.#told(this.#disk.syncFolder(this.#at(folder)));
  }

  space(folder: string): Promise<FreeSpace> {
    return this.#told(this.#disk.space(this.#at(folder)));
  }

  #at(path: string): string {
    if (path !== this.#folder && !path.startsWith(`${this.#folder}/`)) return path;
    return this.#viewed.held.at + path.slice(this.#folder.length);
  }

  async #told<T>(done: Promise<T>): Promise<T> {
    const { at } = this.#viewed.held;
    try {
      return await done;
    } catch (error) {
      if (error instanceof Error) rename(error, at, this.#folder);
      throw error;
    }
  }
}

/** Puts the folder's own name where an error says where it is held. */
function rename(error: NodeJS.ErrnoException, at: string, folder: string): void {
  if (error.path?.startsWith(at) !== true) return;
  error.path = folder + error.path.slice(at.length);
  error.message = error.message.replaceAll(at, folder);
}
