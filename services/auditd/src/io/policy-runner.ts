// Performs what a log's policy wants done.
import { dirname } from "node:path";
import {
  type DaemonRecord,
  excessText,
  type LogEffect,
  type LogPolicy,
  type Retention,
} from "@cauditd/kernel";
import { Errno, errnoNumber } from "@cauditd/libaudit";
import type { Mark } from "./checkpoint.ts";
import { retain } from "./compress.ts";
import type { LogConduct } from "./conduct.ts";
import type { Disk } from "./disk.ts";
import type { LogStore } from "./log-store.ts";
import { type Later, SpaceWait } from "./space-wait.ts";

/** What a runner works on. */
export interface PolicyRunnerOptions {
  /** The log. */
  readonly path: string;
  readonly store: LogStore;
  readonly disk: Disk;
  readonly policy: LogPolicy;
  /** Without: what is to be done outside the log is left out. */
  readonly conduct: LogConduct | undefined;
  /** Which rotated files are kept, beyond what auditd.conf says. */
  readonly retention?: Retention | undefined;
  /** Asked for a look at the free space, when nothing else would look. */
  readonly look: () => void;
  readonly later?: Later | undefined;
  /** Told of every error of the file system. */
  readonly note: (error: Error) => void;
}

/** Performs effects in order, and what their results call for. Calls must not overlap. */
export class PolicyRunner {
  readonly #options: PolicyRunnerOptions;
  readonly #path: string;
  readonly #store: LogStore;
  readonly #policy: LogPolicy;
  readonly #conduct: LogConduct | undefined;
  readonly #spaceWait: SpaceWait;
  #rotations = 0;
  #ended = false;
  #syncDue: "wait" | "behind" | undefined;

  constructor(options: PolicyRunnerOptions) {
    this.#options = options;
    this.#path = options.path;
    this.#conduct = options.conduct;
    this.#store = options.store;
    this.#policy = options.policy;
    this.#spaceWait = new SpaceWait(options.policy, options.look, options.later);
  }

  /** Rotations so far. */
  get rotations(): number {
    return this.#rotations;
  }

  /** The sync that is due behind what was written, once. */
  takeSync(): "wait" | "behind" | undefined {
    const due = this.#syncDue;
    this.#syncDue = undefined;
    return due;
  }

  /** @param rest events that follow; `mark` is applied once they are in the log */
  async perform(effects: readonly LogEffect[], rest: Buffer, mark: Mark): Promise<void> {
    for (const effect of effects) {
      if (this.#ended) return;
      const more = await this.#do(effect, rest, mark);
      if (more.length > 0) await this.perform(more, rest, mark);
    }
    this.#spaceWait.check();
  }

  /** Nothing is performed, and nothing waited for, any more. */
  end(): void {
    this.#ended = true;
    this.#spaceWait.end();
  }

  /** @returns what the policy wants done next */
  async #do(effect: LogEffect, rest: Buffer, mark: Mark): Promise<LogEffect[]> {
    switch (effect.kind) {
      case "sync":
        this.#syncDue = effect.wait ? "wait" : (this.#syncDue ?? "behind");
        return [];
      case "close":
        await this.#store.close().catch(() => undefined);
        return [];
      case "open":
        try {
          await this.#store.open();
          return this.#policy.opened(effect.step, this.#store.size);
        } catch (error) {
          this.#options.note(error as Error);
          return this.#policy.openFailed(effect.step, errnoOf(error));
        }
      case "rotate":
        return this.#rotate(effect.most, rest, mark);
      case "remove-beyond":
        await this.#removeBeyond(effect.most);
        return [];
      case "sample": {
        const folder = dirname(this.#path);
        const space = await this.#options.disk.space(folder).catch(() => undefined);
        return space === undefined ? [] : this.#policy.sampled(space);
      }
      case "write":
        return this.#daemonRecord(effect.record);
      default:
        this.#conduct?.actions.perform(effect);
        return [];
    }
  }

  /** As in auditd, a file that cannot be removed is left where it is. */
  async #removeBeyond(most: number): Promise<void> {
    const removed = await this.#store.removeBeyond(most).catch((): string[] => []);
    for (const path of removed) {
      const text = excessText(path);
      this.#conduct?.actions.perform({ kind: "syslog", priority: "notice", text });
    }
  }

  async #rotate(most: number, rest: Buffer, mark: Mark): Promise<LogEffect[]> {
    if (this.#store.closed) return [];
    try {
      await this.#makeRoom(most, rest, mark);
      this.#rotations++;
      await this.retain();
      const files = await this.#store.rotatedCount();
      return this.#policy.rotated(files, this.#store.size);
    } catch (error) {
      this.#options.note(error as Error);
      const to = `${this.#path}.1`;
      const effects = this.#policy.rotateFailed(this.#path, to, errnoOf(error));
      if (!this.#store.closed || !this.#policy.accepts) return effects;
      return [...effects, { kind: "open", step: "reopen" }];
    }
  }

  /** Rotates; where there is no room for `rest`, the file that goes anyway goes first. */
  async #makeRoom(most: number, rest: Buffer, mark: Mark): Promise<void> {
    try {
      await this.#store.rotate(most, rest, mark);
    } catch (error) {
      if (errnoOf(error) !== Errno.ENOSPC || this.#store.closed) throw error;
      await this.#store.removeBeyond(most - 1);
      await this.#store.rotate(most, rest, mark);
    }
  }

  /** What cannot be compressed or removed stays, and is tried again at the next rotation. */
  async retain(): Promise<void> {
    const { retention, disk } = this.#options;
    if (retention === undefined) return;
    const now = Date.now() / 1000;
    await retain(disk, this.#path, retention, this.#store.rotatedMode, now).catch(
      this.#options.note,
    );
  }

  async #daemonRecord(record: DaemonRecord): Promise<LogEffect[]> {
    const conduct = this.#conduct;
    if (conduct?.start === undefined || !this.#policy.accepts || this.#store.closed) return [];
    const bytes = conduct.line(record);
    const { kept, error } = await this.#store.append(bytes);
    if (error === undefined) return this.#policy.wrote(1, kept, this.#store.size);
    this.#options.note(error);
    return this.#policy.failed("write", errnoOf(error));
  }
}

/** The number of a file system's error, positive; EIO for what has none. */
export function errnoOf(error: unknown): number {
  return errnoNumber((error as NodeJS.ErrnoException).code ?? "") ?? Errno.EIO;
}
