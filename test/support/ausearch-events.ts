import { AuditEvent, Header, HeaderState, scanHeader } from "@cauditd/auparse";
import { RecordType } from "@cauditd/libaudit";

const NEWLINE = 0x0a;

/** The types whose record is a whole event to ausearch 3.0.9; 0 is a type without a number. */
function standsAlone(type: number): boolean {
  if (type === RecordType.PROCTITLE || type === RecordType.KERNEL) return true;
  return type < 1300 || type >= 2100 || (type >= 1406 && type <= 1419);
}

/**
 * The events of a log as ausearch 3.0.9 puts them together: an event whose first record stands
 * alone is complete at once, and a later record of its identity begins another (AUD-149).
 */
export function ausearchEvents(log: Buffer): AuditEvent[] {
  const open = new Map<string, AuditEvent>();
  const events: AuditEvent[] = [];
  const head = new Header();
  for (let at = 0; at < log.length; ) {
    const newline = log.indexOf(NEWLINE, at);
    const end = newline < 0 ? log.length : newline;
    if (scanHeader(log, at, end, head) === HeaderState.ok) {
      const node = log.toString("latin1", head.nodeStart, head.nodeEnd);
      const identity = `${head.sec}.${head.milli}:${head.serial} ${node}`;
      let event = open.get(identity);
      if (event === undefined) {
        event = new AuditEvent();
        event.reset(node, 0, head);
        events.push(event);
        if (!standsAlone(head.type)) open.set(identity, event);
      }
      event.add(head, log, at, end);
    }
    at = end + 1;
  }
  return events;
}
