import { type AssemblerOptions, type AuditEvent, AuditParser } from "@cauditd/auparse";

/** An event as the sink saw it, with copies of everything. */
export interface Collected {
  readonly node: string;
  readonly nodeId: number;
  readonly sec: number;
  readonly milli: number;
  readonly serial: number;
  readonly end: string;
  readonly late: boolean;
  readonly eoe: boolean;
  readonly bytes: number;
  readonly types: readonly number[];
  /** Lines, bodies and the serials' digits, one character per byte. */
  readonly lines: readonly string[];
  readonly bodies: readonly string[];
  readonly serials: readonly string[];
}

/** Copies what is valid only during the sink's call. */
export function copyOf(event: AuditEvent): Collected {
  const text = (starts: readonly number[], ends: readonly number[]): string[] =>
    Array.from({ length: event.count }, (_, i) =>
      (event.buffers[i] as Buffer).toString("latin1", starts[i], ends[i]),
    );
  return {
    node: event.node,
    nodeId: event.nodeId,
    sec: event.sec,
    milli: event.milli,
    serial: event.serial,
    end: event.end,
    late: event.late,
    eoe: event.eoe,
    bytes: event.bytes,
    types: event.types.slice(0, event.count),
    lines: text(event.starts, event.ends),
    bodies: text(event.bodies, event.ends),
    serials: text(event.serialStarts, event.serialEnds),
  };
}

/** A parser and the events that came out of it so far. */
export interface Collector {
  readonly parser: AuditParser;
  readonly events: Collected[];
}

export function collector(options: AssemblerOptions = {}): Collector {
  const events: Collected[] = [];
  const parser = new AuditParser((event) => events.push(copyOf(event)), options);
  return { parser, events };
}

/**
 * Parses the whole input. Every chunk is a copy that is overwritten after `push`, so that a
 * reference to it that was kept shows.
 * @param sizes the chunks' sizes, used over and over; all in one when not given
 */
export function parse(
  input: Uint8Array | string,
  sizes: readonly number[] = [],
  options: AssemblerOptions = {},
): Collector {
  const bytes = typeof input === "string" ? Buffer.from(input, "latin1") : input;
  const collected = collector(options);
  for (const chunk of cut(bytes, sizes)) {
    collected.parser.push(chunk);
    chunk.fill(0xff);
  }
  collected.parser.end();
  return collected;
}

/** The bytes in copied chunks of these sizes, used over and over. */
export function* cut(bytes: Uint8Array, sizes: readonly number[]): Generator<Buffer> {
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes.length === 0 ? bytes.length : (sizes[i % sizes.length] as number);
    yield Buffer.from(bytes.subarray(at, at + size));
    at += size;
  }
}

/** Everything that a parser reports at the end, for comparison. */
export function report({ parser, events }: Collector): object {
  const { malformed, counts, captured, offset, late, open } = parser;
  return {
    events,
    counts: { ...counts },
    malformed: { ...malformed.counts },
    samples: malformed.samples,
    captured,
    offset,
    late,
    open,
  };
}
