import type { Frame, FrameEvent } from "@cauditd/bus";
import fc from "fast-check";

/** An event of the lines of its records, with one buffer for all or a buffer for each. */
export function frameEvent(lines: readonly string[], shared = true): FrameEvent {
  const [, sec = "", milli = "", serial = ""] =
    /\((\d+)\.(\d{3}):(\d+)\)/.exec(lines[0] ?? "") ?? [];
  const whole = Buffer.from(lines.map((text) => `${text}\n`).join(""), "latin1");
  const buffers = lines.map((text) => (shared ? whole : Buffer.from(`#${text}`, "latin1")));
  let at = 0;
  const starts = lines.map((text) => {
    const start = shared ? at : 1;
    at += text.length + 1;
    return start;
  });
  const digits = lines.map((text) => /:(\d+)\)/.exec(text));
  const serialStarts = digits.map((match, i) => (starts[i] ?? 0) + (match?.index ?? 0) + 1);
  return {
    sec: Number(sec),
    milli: Number(milli),
    serial: Number(serial),
    count: lines.length,
    types: lines.map((_, i) => 1300 + i),
    buffers,
    starts,
    ends: lines.map((text, i) => (starts[i] ?? 0) + text.length),
    serialStarts,
    serialEnds: digits.map((match, i) => (serialStarts[i] ?? 0) + (match?.[1]?.length ?? 0)),
    bytes: lines.reduce((sum, text) => sum + text.length, 0),
  };
}

/** A record's line of about `size` bytes. */
export function line(serial: number, size = 60, stamp = "1700000000.123"): string {
  return `type=CWD msg=audit(${stamp}:${serial}): cwd=`.padEnd(size, "x");
}

/** One event of a decoded frame. */
export interface Unpacked {
  readonly sec: number;
  readonly milli: number;
  readonly serial: number;
  readonly chain: string;
  readonly types: readonly number[];
  readonly lines: readonly string[];
  /** The digits that the record's column points to. */
  readonly serials: readonly string[];
}

/** The events of a frame, read from its columns. */
export function unpack(frame: Frame): Unpacked[] {
  const { events, records, blob, chains } = frame;
  const out: Unpacked[] = [];
  let record = 0;
  let at = 0;
  for (let e = 0; e < events.length; e += 4) {
    const [sec = 0, serial = 0, packed = 0, chain = 0] = events.subarray(e, e + 4);
    const types: number[] = [];
    const lines: string[] = [];
    const serials: string[] = [];
    for (let i = 0; i < packed >>> 16; i++, record += 2) {
      const [type = 0, word = 0] = records.subarray(record, record + 2);
      const length = word & 0xffff;
      const digits = at + ((word >>> 16) & 0xfff);
      types.push(type);
      lines.push(blob.toString("latin1", at, at + length));
      serials.push(blob.toString("latin1", digits, digits + (word >>> 28)));
      at += length + 1;
    }
    const milli = packed & 0xffff;
    out.push({ sec, milli, serial, chain: chains[chain] ?? "?", types, lines, serials });
  }
  return out;
}

const u32 = fc.oneof(fc.constantFrom(0, 1, 4294967295), fc.integer({ min: 0, max: 4294967295 }));

/** The lines of one event's records. */
export const eventLines: fc.Arbitrary<string[]> = fc
  .record({
    sec: u32,
    milli: fc.integer({ min: 0, max: 999 }),
    serial: u32,
    node: fc.constantFrom("", "node=n1 ", `node=${"n".repeat(255)} `),
    bodies: fc.array(
      fc.string({ unit: "binary", maxLength: 40 }).map((text) => text.replaceAll(/[^ -ÿ]/g, "?")),
      { minLength: 1, maxLength: 5 },
    ),
  })
  .map(({ sec, milli, serial, node, bodies }) => {
    const stamp = `${sec}.${String(milli).padStart(3, "0")}:${serial}`;
    return bodies.map((body) => `${node}type=CWD msg=audit(${stamp}): ${body}`);
  });

/** A chain's text, or "". */
export const chainText: fc.Arbitrary<string> = fc
  .array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { maxLength: 4 })
  .map((chain) => chain.join(",^"));
