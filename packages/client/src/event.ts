// A tenant's event as a program uses it.
import { EventScan, fieldsOf, Header, HeaderState, scanHeader } from "@cauditd/auparse";
import type { StoredBatch } from "@cauditd/bus";

const NEWLINE = 0x0a;

/** One record of an event. */
export interface EventRecord {
  /** Name of the type, `SYSCALL`; `UNKNOWN[1999]` for a number without a name. */
  readonly type: string;
  /** The line as the log has it, without its newline. */
  readonly line: string;
  /** Its fields as they stand in it, quotes gone; of a name that comes twice, the first. */
  readonly fields: Readonly<Record<string, string>>;
}

/** One event of the tenant's own log. */
export interface TenantEvent {
  /** Life of the container's contid, from 1. */
  readonly generation: number;
  /** In the tenant's own count, from 1 without gaps but for what was lost. */
  readonly serial: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** `node=` of its records; "" for none. */
  readonly node: string;
  readonly records: readonly EventRecord[];
}

/** An event as one line of JSON; the schema is in docs/reference/cauditd-json.md. */
export function eventJson(event: TenantEvent): string {
  const { generation, serial, time, node, records } = event;
  return JSON.stringify({
    generation,
    serial,
    time: new Date(time).toISOString(),
    ...(node === "" ? {} : { node }),
    records: records.map(({ type, fields, line }) => ({ type, fields, line })),
  });
}

/** The events of a batch, in order. */
export function eventsOf({ generation, bytes }: StoredBatch): TenantEvent[] {
  const lines = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const events: TenantEvent[] = [];
  for (const scan = new EventScan(lines); scan.next(); ) {
    events.push(eventIn(lines, scan, generation));
  }
  return events;
}

/** A copy of the event that a scan has moved to. */
export function eventIn(bytes: Buffer, scan: EventScan, generation: number): TenantEvent {
  const { serial, at: time } = scan;
  const records: EventRecord[] = [];
  const head = new Header();
  let node = "";
  for (let start = scan.start; start < scan.end; ) {
    const end = bytes.indexOf(NEWLINE, start);
    if (scanHeader(bytes, start, end, head) === HeaderState.ok) {
      node = bytes.toString("utf8", head.nodeStart, head.nodeEnd);
      records.push(recordOf(bytes, start, end, head));
    }
    start = end + 1;
  }
  return { generation, serial, time, node, records };
}

function recordOf(bytes: Buffer, start: number, end: number, head: Header): EventRecord {
  const fields: Record<string, string> = {};
  for (const { name, raw, enriched } of fieldsOf(bytes, head.body, end)) {
    const known = enriched || Object.hasOwn(fields, name);
    if (!known) setField(fields, name, raw.replace(/^"(.*)"$/s, "$1"));
  }
  // A number without a name stands as UNKNOWN[n] in the line already.
  const type = bytes.toString("latin1", head.typeStart, head.typeEnd);
  return { type, line: bytes.toString("utf8", start, end), fields };
}

/** `__proto__` is a name like any other in a record, which any program may have written. */
function setField(fields: Record<string, string>, name: string, value: string): void {
  Object.defineProperty(fields, name, { value, enumerable: true, writable: true });
}
