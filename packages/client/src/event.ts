// A tenant's event as a program uses it.
import { type AuditEvent, AuditParser, fieldsOf } from "@cauditd/auparse";
import type { StoredBatch } from "@cauditd/bus";
import { recordTypeName } from "@cauditd/libaudit";

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

/** An event as one line of JSON; the schema is in docs/reference/cauditd-tail.md. */
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
  const events: TenantEvent[] = [];
  const parser = new AuditParser((event) => events.push(collectEvent(event, generation)));
  parser.push(bytes);
  parser.end();
  return events;
}

/** A copy of what the parser has assembled. */
export function collectEvent(event: AuditEvent, generation: number): TenantEvent {
  const { serial, time, node } = event;
  return { generation, serial, time, node, records: recordsOf(event) };
}

function recordsOf(event: AuditEvent): EventRecord[] {
  return Array.from({ length: event.count }, (_, i) => {
    const buffer = event.buffers[i] as Buffer;
    const [start, body, end] = [event.starts[i], event.bodies[i], event.ends[i]];
    const fields: Record<string, string> = {};
    for (const { name, raw, enriched } of fieldsOf(buffer, body as number, end as number)) {
      const known = enriched || Object.hasOwn(fields, name);
      if (!known) setField(fields, name, raw.replace(/^"(.*)"$/s, "$1"));
    }
    const type = recordTypeName(event.types[i] as number);
    return { type, line: buffer.toString("utf8", start, end), fields };
  });
}

/** `__proto__` is a name like any other in a record, which any program may have written. */
function setField(fields: Record<string, string>, name: string, value: string): void {
  Object.defineProperty(fields, name, { value, enumerable: true, writable: true });
}
