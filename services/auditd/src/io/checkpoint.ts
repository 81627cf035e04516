// What an instance has to know after a crash: how far its log is, and what is in it.
import { createHash } from "node:crypto";
import { LOST_REASONS, newScopeAccount, type OwedLoss, type ScopeAccount } from "@cauditd/kernel";
import { AuditError, Errno } from "@cauditd/libaudit";
import { type Disk, type DiskFile, readAll, writeAll } from "./disk.ts";

/** How far a source has been applied: the number of its last event of this scope, from 1. */
export interface SourcePlace {
  readonly id: string;
  readonly last: number;
}

/** What an instance has applied: every frame up to `sequence` of the dispatcher's life `epoch`. */
export interface Mark {
  readonly epoch: string;
  readonly sequence: number;
  /** The serial given last. */
  readonly serial: number;
  /** The last event of a source that can be read again; undefined when there was none. */
  readonly source?: SourcePlace | undefined;
  /** All lives of the instance together; nothing is in flight. */
  readonly account: ScopeAccount;
  /** Losses of which no marker in the log tells yet; one for each reason. */
  readonly owed: readonly OwedLoss[];
}

/** A mark, and the state of the log in which what it says is done. */
export interface Checkpoint extends Mark {
  /** Inode number of the current log file, and how many of its bytes count. */
  readonly inode: string;
  readonly size: number;
  /** The current file is being rotated: it, or a new and empty one, is the current one. */
  readonly rotating: boolean;
  /** Bytes of the pending file that belong into the log, and how many of them are there. */
  readonly pending: number;
  readonly done: number;
}

/** Size of one of the two places, in bytes; a place never crosses a page. */
export const SLOT_BYTES = 2048;
const MAGIC = "cauditd checkpoint 1";
const DIGEST_LENGTH = 32;
/** The longest epoch, in bytes. */
export const EPOCH_MAX = 256;

/**
 * The bytes of a place: a head with a number and a digest, then JSON, then blanks.
 * @param number rises by one with every checkpoint
 * @throws EINVAL for an epoch that is too long
 */
export function encodeSlot(number: number, checkpoint: Checkpoint): Buffer {
  const body = JSON.stringify(checkpoint);
  const slot = Buffer.alloc(SLOT_BYTES, 0x20);
  const head = `${MAGIC} ${number} `;
  const text = `${head}${digest(head, body)}\n${body}\n`;
  if (Buffer.byteLength(checkpoint.epoch) > EPOCH_MAX || Buffer.byteLength(text) > SLOT_BYTES) {
    throw new AuditError(Errno.EINVAL, `checkpoint: epoch over ${EPOCH_MAX} bytes`);
  }
  slot.write(text);
  return slot;
}

/** What a place says; undefined when it says nothing that can be trusted. */
export function decodeSlot(slot: Buffer): { number: number; checkpoint: Checkpoint } | undefined {
  const text = slot.toString();
  const found = /^(cauditd checkpoint 1 (\d{1,15}) )([0-9a-f]{32})\n([^\n]*)\n *$/.exec(text);
  if (found === null) return undefined;
  const [, head = "", number = "", sum, body = ""] = found;
  if (digest(head, body) !== sum) return undefined;
  try {
    const checkpoint = JSON.parse(body) as unknown;
    return isCheckpoint(checkpoint) ? { number: Number(number), checkpoint } : undefined;
  } catch {
    return undefined;
  }
}

function digest(head: string, body: string): string {
  return createHash("sha256").update(head).update(body).digest("hex").slice(0, DIGEST_LENGTH);
}

function isCheckpoint(value: unknown): value is Checkpoint {
  if (typeof value !== "object" || value === null) return false;
  const found = value as Record<string, unknown>;
  const { account, done, pending } = found;
  return (
    typeof found["epoch"] === "string" &&
    typeof found["inode"] === "string" &&
    typeof found["rotating"] === "boolean" &&
    [found["sequence"], found["serial"], found["size"], pending, done].every(isCount) &&
    (done as number) <= (pending as number) &&
    isSource(found["source"]) &&
    isAccount(account) &&
    isOwed(found["owed"])
  );
}

function isOwed(value: unknown): boolean {
  if (!Array.isArray(value) || value.length > LOST_REASONS.length) return false;
  return value.every((one: unknown) => {
    if (typeof one !== "object" || one === null) return false;
    const { reason, events, first, last } = one as Record<string, unknown>;
    const isReason = LOST_REASONS.some((known) => known === reason);
    return isReason && [events, first, last].every(isCount);
  });
}

function isSource(value: unknown): boolean {
  if (value === undefined) return true;
  if (typeof value !== "object" || value === null) return false;
  const { id, last } = value as Record<string, unknown>;
  return typeof id === "string" && isCount(last);
}

function isAccount(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const found = value as Record<string, unknown>;
  const lost = found["lost"] as Record<string, unknown> | null | undefined;
  if (typeof lost !== "object" || lost === null) return false;
  const counts = Object.keys(newScopeAccount()).filter((name) => name !== "lost");
  return (
    counts.every((name) => isCount(found[name])) &&
    LOST_REASONS.every((reason) => isCount(lost[reason]))
  );
}

function isCount(value: unknown): boolean {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/**
 * A file with two places that are written in turn: a write that a crash cuts leaves the other.
 * The file has its full size from the start, so that a full disk cannot keep it from being written.
 */
export class CheckpointFile {
  /** Inode number of the file. */
  readonly inode: string;
  readonly #file: DiskFile;
  #number: number;

  private constructor(file: DiskFile, inode: string, number: number) {
    this.#file = file;
    this.inode = inode;
    this.#number = number;
  }

  /**
   * Opens or makes the file.
   * @returns with `last` the newest checkpoint; undefined when there is none
   * @throws the file system's error
   */
  static async open(
    disk: Disk,
    path: string,
    mode: number,
  ): Promise<{ file: CheckpointFile; last: Checkpoint | undefined; damaged: boolean }> {
    const file = await disk.open(path, "update", mode);
    try {
      await file.chmod(mode);
      const bytes = Buffer.alloc(2 * SLOT_BYTES);
      const length = await readAll(file, bytes);
      const slots = [0, SLOT_BYTES].map((at) => decodeSlot(bytes.subarray(at, at + SLOT_BYTES)));
      const [newest] = slots
        .filter((slot) => slot !== undefined)
        .sort((a, b) => b.number - a.number);
      if (length < bytes.length)
        await writeAll(file, Buffer.alloc(bytes.length - length, 0x20), length);
      const damaged =
        newest === undefined && bytes.subarray(0, length).some((byte) => byte !== 0x20);
      const { inode } = await file.status();
      const opened = new CheckpointFile(file, inode, newest?.number ?? 0);
      return { file: opened, last: newest?.checkpoint, damaged };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Writes a checkpoint over the older of the two. @throws the file system's error */
  async store(checkpoint: Checkpoint): Promise<void> {
    const number = this.#number + 1;
    await writeAll(this.#file, encodeSlot(number, checkpoint), (number % 2) * SLOT_BYTES);
    this.#number = number;
  }

  /** What was stored is on the disk. @throws the file system's error */
  sync(): Promise<void> {
    return this.#file.sync();
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
