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

/** `SEC.MSEC:SERIAL 0xTYPE`, as sscanf(3) finds it; what stands behind it does not count. */
const EVENT = /^\s*(\d+)\.\s*(\d{1,3}):\s*(\d+)\s*0x(?:0x)?([0-9a-f]+)/i;
const MAX_U64 = 2n ** 64n - 1n;

/**
 * Reads a checkpoint file as ausearch 3.0.9 does, or says what is wrong with it.
 * @param name what the file is called in a complaint
 */
export function parseCheckpoint(
  text: string,
  name: string,
): Checkpoint | { readonly error: string } {
  let found: Checkpoint = { device: 0, inode: 0, node: "", sec: 0, milli: 0, serial: 0, type: 0 };
  const problems: string[] = [];
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const read = readLine(line);
    if (typeof read === "string") {
      problems.push(read);
      break;
    }
    found = { ...found, ...read };
  }
  if (found.device === 0 || found.inode === 0) {
    problems.push(`Missing dev/inode lines from checkpoint file ${name}`);
  }
  return problems.length > 0 ? { error: problems.join("\n") } : found;
}

/** What one line says, or what is wrong with it. */
function readLine(line: string): Partial<Checkpoint> | string {
  const [, key, value = ""] = /^(dev|inode|output)=(.*)$/s.exec(line) ?? [];
  if (key === undefined) return `Unknown checkpoint line - [${line}]`;
  if (key !== "output") {
    const number = numberOf(value, key === "dev");
    if (number > MAX_U64) return `Malformed ${key} checkpoint line - [${line}]`;
    return { [key === "dev" ? "device" : "inode"]: Number(number) };
  }
  const blank = value.indexOf(" ");
  if (blank < 0) return `Malformed output/event checkpoint line near node - [${line}]`;
  const node = value.slice(0, blank);
  const event = EVENT.exec(value.slice(blank + 1));
  if (event === null) {
    return `Malformed output/event checkpoint line after node - [output=${node}]`;
  }
  const [, sec, milli, serial, type = ""] = event;
  return {
    node: node.startsWith("-") ? "" : node,
    sec: Number(sec),
    milli: Number(milli),
    serial: Number(serial),
    type: Number.parseInt(type, 16),
  };
}

/** As strtoul(3) reads it: 0 where no digits are; `hex` = with or without `0x`. */
function numberOf(text: string, hex: boolean): bigint {
  const [, prefix = "", digits = ""] = /^\s*(0x)?([0-9a-f]*)/i.exec(text) ?? [];
  if (hex || prefix !== "") return BigInt(`0x${digits || "0"}`);
  const octal = /^0([0-7]+)/.exec(digits)?.[1];
  return octal === undefined ? BigInt(/^\d*/.exec(digits)?.[0] || "0") : BigInt(`0o${octal}`);
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

  /** What ausearch says when an event is too young. */
  complaint({ sec, milli, serial }: AuditEvent): string {
    const stamp = (s: number, ms: number, n: number): string =>
      `${s}.${String(ms).padStart(3, "0")}:${n}`;
    const point = this.#point ?? { sec: 0, milli: 0, serial: 0 };
    return (
      "Corrupted checkpoint file. Inode match, but newer complete event " +
      `(${stamp(sec, milli, serial)}) found before loaded checkpoint ` +
      `${stamp(point.sec, point.milli, point.serial)}\n`
    );
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
