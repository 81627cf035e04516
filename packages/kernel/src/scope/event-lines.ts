import { AuditEvent, encodeValue, Header, HeaderState, scanHeader } from "@cauditd/auparse";
import { recordTypeName } from "@cauditd/libaudit";
import { type Draft, renderBody, type View } from "./draft.ts";

const header = new Header();

/** An event as one scope sees it. */
export interface SeenEvent {
  /** Type and body of each record that the scope sees. */
  readonly records: readonly { readonly type: number; readonly body: string }[];
}

/** Renders the records that a scope sees. */
export function seenBy(draft: Draft, view: View): SeenEvent {
  const records = [];
  for (const record of draft.records) {
    const body = renderBody(record, view);
    if (body !== undefined) records.push({ type: record.type, body });
  }
  return { records };
}

/** `audit(SEC.MSEC:SERIAL)`. */
export function stamp(time: number, serial: number): string {
  const milli = String(time % 1000).padStart(3, "0");
  return `audit(${Math.floor(time / 1000)}.${milli}:${serial})`;
}

/** The lines of an event in a log, without line feeds. */
export function linesOf(seen: SeenEvent, time: number, serial: number): string[] {
  const text = stamp(time, serial);
  return seen.records.map(({ type, body }) => `type=${recordTypeName(type)} msg=${text}: ${body}`);
}

/** The event in the form in which rules look at it. */
export function auditEvent(seen: SeenEvent, time: number): AuditEvent {
  const event = new AuditEvent();
  event.sec = Math.floor(time / 1000);
  event.milli = time % 1000;
  for (const line of linesOf(seen, time, 0)) {
    const bytes = Buffer.from(line, "latin1");
    if (scanHeader(bytes, 0, bytes.length, header) === HeaderState.ok) {
      event.add(header, bytes, 0, bytes.length);
    }
  }
  return event;
}

/** A rule's key as a record prints it. */
export function keyText(key: string | undefined): string | undefined {
  return key === undefined ? undefined : encodeValue(Buffer.from(key, "latin1"));
}
