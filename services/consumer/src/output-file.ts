// A file that gets each event once, whatever the process that writes it dies of.
import { open, readFile, rename, writeFile } from "node:fs/promises";
import type { Position } from "@cauditd/client";
import { AuditError, Errno } from "@cauditd/libaudit";
import type { Format, Output } from "./output.ts";

/** Batches that may have been written and not acknowledged: those of one take, and some. */
const BATCHES = 64;
/** The largest state file. */
const MAX_STATE = 16 * 1024;

/** A file that is written on at its end. */
export interface OutputHandle {
  stat(): Promise<{ readonly size: number }>;
  truncate(size: number): Promise<void>;
  /** May write less than it was given. */
  write(
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: null,
  ): Promise<{ readonly bytesWritten: number }>;
  close(): Promise<void>;
}

/** The calls of a file system that it makes; as those of node:fs/promises. */
export interface OutputFiles {
  open(path: string, flags: "a", mode: number): Promise<OutputHandle>;
  readFile(path: string, encoding: "utf8"): Promise<string>;
  rename(from: string, to: string): Promise<void>;
  writeFile(path: string, text: string, options: { readonly mode: number }): Promise<void>;
}

const machineFiles: OutputFiles = { open, readFile, rename, writeFile };

/** What the state file beside it says of a file. */
interface OutputState {
  /** Bytes that count: what is behind them was cut by an end of the process. */
  readonly size: number;
  /** What is in it. */
  readonly format?: Format;
  readonly position?: Position;
  /** Ids of the batches written last, for a reader that shares its consumer. */
  readonly batches: readonly string[];
}

/**
 * Appends to a file. What counts of it, and how far it is, is in `FILE.state`, which is replaced as
 * a whole behind each write: a life that ends between the two leaves text that does not count,
 * which the next one cuts off and writes again. A power cut may lose what the system had not yet
 * written.
 */
export class OutputFile implements Output {
  readonly path: string;
  readonly #files: OutputFiles;
  readonly #file: OutputHandle;
  #state: OutputState;

  private constructor(path: string, files: OutputFiles, file: OutputHandle, state: OutputState) {
    this.path = path;
    this.#files = files;
    this.#file = file;
    this.#state = state;
  }

  /**
   * Opens or makes a file, and cuts off what does not count.
   * @param format of all that is written to it, in every life
   * @param files the file system; default: this machine's
   * @throws EEXIST for a file that this class has not written, EINVAL for one in another format,
   * EBADMSG for a damaged state; the file system's error
   */
  static async open(
    path: string,
    format: Format,
    files: OutputFiles = machineFiles,
  ): Promise<OutputFile> {
    const found = await readState(path, files);
    const file = await files.open(path, "a", 0o640);
    try {
      const { size } = await file.stat();
      if (found === undefined && size > 0) {
        throw new AuditError(Errno.EEXIST, `${path}: it is not empty, and has no ${path}.state`);
      }
      const state = found ?? { size: 0, batches: [] };
      if (size > 0 && state.size > 0) checkFormat(path, format, state);
      if (size > state.size) await file.truncate(state.size);
      // Somebody has taken the file away or cut it: it goes on behind what it had.
      const counts = Math.min(size, state.size);
      const output = new OutputFile(path, files, file, { ...state, format, size: counts });
      // From the first byte on it has to be known for its own.
      await output.#store();
      return output;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get position(): Position | undefined {
    return this.#state.position;
  }

  has(batch: string): boolean {
    return this.#state.batches.includes(batch);
  }

  async write(text: string, upTo: Position | undefined, batch?: string): Promise<void> {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; ) {
      at += (await this.#file.write(bytes, at, bytes.length - at, null)).bytesWritten;
    }
    const { size, position, batches } = this.#state;
    const last = upTo ?? position;
    this.#state = {
      ...this.#state,
      size: size + bytes.length,
      ...(last === undefined ? {} : { position: last }),
      batches: batch === undefined ? batches : [...batches, batch].slice(-BATCHES),
    };
    await this.#store();
  }

  async #store(): Promise<void> {
    const next = `${statePath(this.path)}.new`;
    await this.#files.writeFile(next, `${JSON.stringify(this.#state)}\n`, { mode: 0o640 });
    await this.#files.rename(next, statePath(this.path));
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

function checkFormat(path: string, format: Format, { format: found = format }: OutputState): void {
  if (found === format) return;
  const text = `${path}: it has ${found} events: expected --format ${found}, or another file`;
  throw new AuditError(Errno.EINVAL, text);
}

function statePath(path: string): string {
  return `${path}.state`;
}

async function readState(path: string, files: OutputFiles): Promise<OutputState | undefined> {
  let text: string;
  try {
    text = await files.readFile(statePath(path), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const state = text.length > MAX_STATE ? undefined : parseState(text);
  if (state !== undefined) return state;
  throw new AuditError(Errno.EBADMSG, `${statePath(path)}: expected what a consumer has written`);
}

function parseState(text: string): OutputState | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { size, format, position, batches } = value as Record<string, unknown>;
  if (!isCount(size) || !Array.isArray(batches) || !batches.every(isText)) return undefined;
  if (!isFormat(format)) return undefined;
  const state: OutputState = { size, batches, ...(format === undefined ? {} : { format }) };
  if (position === undefined) return state;
  const { generation, serial } = Object(position) as Record<string, unknown>;
  if (!isCount(generation) || !isCount(serial)) return undefined;
  return { ...state, position: { generation, serial } };
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** A state of before has none. */
function isFormat(value: unknown): value is Format | undefined {
  return value === undefined || value === "raw" || value === "json";
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}
