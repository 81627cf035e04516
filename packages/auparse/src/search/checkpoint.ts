import type { AuditEvent } from "../event.ts";

/** The last event of a search, and the file it read last (ausearch's `--checkpoint`). */
export interface Checkpoint {
  readonly device: number;
  readonly inode: number;
  readonly node: string;
  /** 0 = no event was complete. */
  readonly sec: number;
  readonly milli: number;
  readonly serial: number;
  /** Type of the event's first record. */
  readonly type: number;
}

/** What to do with a found event: before, at or behind the checkpoint, or it is too late. */
export type CheckpointStep = "corrupt" | "print" | "skip";

/** An event this much younger than the checkpoint shows that its file is another one. */
const MAX_DELTA = 2;

/** The text of a checkpoint file, as ausearch 3.0.9 writes it. */
export function formatCheckpoint(point: Checkpoint): string {
  const hex = (number: number): string => `0x${number.toString(16).toUpperCase()}`;
  const milli = String(point.milli).padStart(3, "0");
  const node = point.node === "" ? "-" : point.node;
  return (
    `dev=${hex(point.device)}\ninode=${point.inode}\n` +
    `output=${node} ${point.sec}.${milli}:${point.serial} ${hex(point.type)}\n`
  );
}

/** Reads a checkpoint file, or says what is wrong with it. */
export function parseCheckpoint(text: string): Checkpoint | { readonly error: string } {
  const found = { device: 0, inode: 0, node: "", sec: 0, milli: 0, serial: 0, type: 0 };
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const [, key, value = ""] = /^(dev|inode|output)=(.*)$/.exec(line) ?? [];
    if (key === undefined) return { error: `Unknown checkpoint line - [${line}]` };
    if (key === "output") {
      const event = /^(\S+) (\d+)\.(\d{1,3}):(\d+) 0x([0-9a-f]+)$/i.exec(value);
      if (event === null) {
        return { error: `Malformed output/event checkpoint line near node - [${line}]` };
      }
      const [, node = "", sec, milli, serial, type = ""] = event;
      found.node = node.startsWith("-") ? "" : node;
      found.sec = Number(sec);
      found.milli = Number(milli);
      found.serial = Number(serial);
      found.type = Number.parseInt(type, 16);
    } else if (key === "dev") {
      found.device = Number.parseInt(value, 16);
    } else {
      found.inode = Number(value);
    }
  }
  if (!(found.device > 0) || !(found.inode > 0)) {
    return { error: "Missing dev/inode lines from checkpoint file" };
  }
  return found;
}

/** Decides which found events come behind a checkpoint. */
export class CheckpointFilter {
  readonly #point: Checkpoint | undefined;
  readonly #timeOnly: boolean;
  #passed = false;

  /** @param timeOnly the event itself need not be there: its time is enough */
  constructor(point: Checkpoint | undefined, timeOnly: boolean) {
    this.#point = point;
    this.#timeOnly = timeOnly;
    this.#passed = point === undefined || point.sec === 0;
  }

  /** What to do with this event. */
  step(event: AuditEvent): CheckpointStep {
    const point = this.#point;
    if (this.#passed || point === undefined) return "print";
    const { sec, milli } = event;
    if (this.#timeOnly && (sec > point.sec || (sec === point.sec && milli >= point.milli))) {
      this.#passed = true;
      return "print";
    }
    if (
      sec === point.sec &&
      milli === point.milli &&
      event.serial === point.serial &&
      event.types[0] === point.type &&
      event.node === point.node
    ) {
      this.#passed = true;
      return "skip";
    }
    return sec - point.sec > MAX_DELTA ? "corrupt" : "skip";
  }
}
