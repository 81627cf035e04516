import { AuditEvent, FieldScanner, Header, HeaderState, scanHeader } from "@cauditd/auparse";
import {
  formatContidList,
  isUserRecord,
  parseContidList,
  RecordType,
  trimContidList,
} from "@cauditd/libaudit";

const CONTID = Buffer.from("contid", "latin1");
const OLD_CONTID = Buffer.from("old-contid", "latin1");
const MSG = Buffer.from("msg", "latin1");
const scanner = new FieldScanner();
const header = new Header();

/**
 * The event as the instance of container `scope` may see it: every list of contids in a record
 * of the kernel is trimmed to the part up to `scope` (CID-92, CID-95), in `old-contid` too
 * (CID-93). A CONTAINER_ID record of which nothing remains is left out; an `old-contid` of which
 * nothing remains reads `-1`, unset. Records without contids are not copied.
 */
export function trimEvent(event: AuditEvent, scope: bigint): AuditEvent {
  const trimmed = new AuditEvent();
  trimmed.node = event.node;
  trimmed.nodeId = event.nodeId;
  trimmed.sec = event.sec;
  trimmed.milli = event.milli;
  trimmed.serial = event.serial;
  trimmed.end = event.end;
  trimmed.late = event.late;
  trimmed.eoe = event.eoe;
  for (let i = 0; i < event.count; i++) {
    const buf = event.buffers[i] as Buffer;
    const start = event.starts[i] as number;
    const end = event.ends[i] as number;
    const type = event.types[i] as number;
    let line: Buffer | undefined = buf.subarray(start, end);
    if (!isUserRecord(type))
      line = trimRecord(line, (event.bodies[i] as number) - start, type, scope);
    if (line === undefined) continue;
    if (scanHeader(line, 0, line.length, header) === HeaderState.ok) {
      trimmed.add(header, line, 0, line.length);
    }
  }
  return trimmed;
}

/** One record's line with its contid lists trimmed; undefined when it has to be left out. */
function trimRecord(line: Buffer, body: number, type: number, scope: bigint): Buffer | undefined {
  const parts: Buffer[] = [];
  let copied = 0;
  scanner.reset(line, body, line.length);
  while (scanner.next()) {
    if (scanner.enriched || scanner.named(MSG)) break;
    const old = scanner.named(OLD_CONTID);
    if (!old && !scanner.named(CONTID)) continue;
    // The new contid of a set is always the object's own, never a chain.
    if (!old && type === RecordType.CONTAINER_OP) continue;
    const chains = parseContidList(scanner.raw());
    const kept = chains === undefined ? [] : trimContidList(chains, scope);
    if (kept.length === 0 && type === RecordType.CONTAINER_ID) return undefined;
    const text = kept.length === 0 ? "-1" : formatContidList(kept);
    parts.push(line.subarray(copied, scanner.valueStart), Buffer.from(text, "latin1"));
    copied = scanner.valueEnd;
  }
  if (copied === 0) return line;
  parts.push(line.subarray(copied));
  return Buffer.concat(parts);
}
