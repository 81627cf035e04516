// ausearch's checkpoints: a search that goes on behind the last complete event of the one before.
import { readFileSync, writeFileSync } from "node:fs";
import {
  type AuditEvent,
  type Checkpoint,
  CheckpointFilter,
  formatCheckpoint,
  parseCheckpoint,
} from "@cauditd/auparse/search";
import { systemErrorText } from "@cauditd/libaudit/vocabulary";
import { identityOf, logsFrom } from "./log-set.ts";

/** Exit codes of ausearch beside 0 (found) and 1 (nothing found, or an error). */
const BAD = 10;
const NOT_WRITTEN = 11;
const CORRUPT = 12;

/** Where a checkpoint is kept, and how it counts. */
export interface CheckpointOptions {
  readonly path: string;
  /** Only the time in it counts (`--start checkpoint`). */
  readonly timeOnly: boolean;
  /** Gets ausearch's complaints. */
  readonly err: (text: string) => void;
}

/** The checkpoint of one search: it is read before the search, and written behind it. */
export class SearchCheckpoint {
  readonly #options: CheckpointOptions;
  readonly #point: Checkpoint | undefined;
  readonly #filter: CheckpointFilter;
  #last: Omit<Checkpoint, "device" | "inode"> | undefined;
  /** The log may be one that was compressed since. */
  #guessed = false;
  #failed = 0;

  private constructor(options: CheckpointOptions, point: Checkpoint | undefined) {
    this.#options = options;
    this.#point = point;
    this.#filter = new CheckpointFilter(point, options.timeOnly);
  }

  /** Reads the checkpoint; a file that is not there is none. Else ausearch's exit code. */
  static open(options: CheckpointOptions): SearchCheckpoint | number {
    const { path, err } = options;
    let text = "";
    try {
      text = readFileSync(path, "latin1");
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT") return new SearchCheckpoint(options, undefined);
      // A folder can be opened, and has no lines.
      if (code !== "EISDIR") {
        err(`Cannot open checkpoint file - ${path}: ${inWords(error)}\n`);
        return BAD;
      }
    }
    const point = parseCheckpoint(text, path);
    if (!("error" in point)) return new SearchCheckpoint(options, point);
    err(`${point.error}\n`);
    return BAD;
  }

  /** Why the search cannot be trusted: an exit code, or 0. */
  get failed(): number {
    return this.#failed;
  }

  /** The logs from that of the checkpoint on, or ausearch's exit code when it is not there. */
  logs(all: readonly string[]): readonly string[] | number {
    if (this.#point === undefined || this.#options.timeOnly) return all;
    const found = logsFrom(all, this.#point);
    if (found !== undefined) return found;
    // Compressing a log gives it another inode, so the event is looked for in all of them.
    this.#guessed = all.some((log) => log.endsWith(".gz"));
    return this.#guessed ? all : BAD;
  }

  /** Whether a found event is behind the checkpoint; undefined = that is of another log. */
  isNew(event: AuditEvent): boolean | undefined {
    const step = this.#filter.step(event);
    if (step !== "corrupt") return step === "print";
    if (!this.#guessed) this.#options.err(this.#filter.complaint(event));
    this.#failed = this.#guessed ? BAD : CORRUPT;
    return undefined;
  }

  /** An event was complete, found or not. */
  note({ node, sec, milli, serial, types }: AuditEvent): void {
    this.#last = { node, sec, milli, serial, type: types[0] as number };
  }

  /**
   * Writes the checkpoint.
   * @param log the log that was read last
   * @returns ausearch's exit code, 0 when it is written
   */
  write(log: string): number {
    const { path, err } = this.#options;
    const identity = identityOf(log);
    if (identity === undefined) {
      err(`Cannot stat audit file for checkpoint details - ${log}: No such file or directory\n`);
      return NOT_WRITTEN;
    }
    const none = { node: "", sec: 0, milli: 0, serial: 0, type: 0 };
    try {
      writeFileSync(path, formatCheckpoint({ ...identity, ...(this.#last ?? none) }), "latin1");
      return 0;
    } catch (error) {
      err(`Cannot open checkpoint file - ${path}: ${inWords(error)}\n`);
      return NOT_WRITTEN;
    }
  }
}

/** The C library's text of a file system error. */
function inWords(error: unknown): string {
  return systemErrorText(-((error as NodeJS.ErrnoException).errno ?? 0));
}
