import { recordTypeName } from "@cauditd/libaudit/vocabulary";
import type { AuditEvent } from "./event.ts";

/** A record to be put into an event that is rendered. */
export interface AddedRecord {
  /** Record type number. */
  readonly type: number;
  /** The body, as it shall stand behind `): `. */
  readonly body: string;
  /** It goes in front of the event's record of this index; `count` or more puts it last. */
  readonly before: number;
}

/** What to change while an event is rendered. */
export interface RenderOptions {
  /** The serial of every record, 0 to 4294967295; the event's own when not given. */
  readonly serial?: number;
  /** Records that are put in. */
  readonly add?: readonly AddedRecord[];
  /** Says of a record, by its index, that it is left out. */
  readonly leaveOut?: (index: number) => boolean;
}

/**
 * An event as the lines of a log, each ended by a newline. What did not change is copied byte
 * for byte: only the serials' digits are replaced.
 */
export function renderEvent(event: AuditEvent, options: RenderOptions = {}): Buffer {
  const same = (options.serial ?? event.serial) === event.serial;
  const serial = Buffer.from(String(options.serial ?? event.serial), "latin1");
  const parts: Buffer[] = [];
  const newline = Buffer.from("\n", "latin1");
  const added = options.add ?? [];
  for (let i = 0; i < event.count; i++) {
    for (const record of added) {
      if (record.before === i) parts.push(renderAdded(event, record, serial));
    }
    if (options.leaveOut?.(i)) continue;
    const buf = event.buffers[i] as Buffer;
    if (same) parts.push(buf.subarray(event.starts[i], event.ends[i]), newline);
    else {
      parts.push(buf.subarray(event.starts[i], event.serialStarts[i]), serial);
      parts.push(buf.subarray(event.serialEnds[i], event.ends[i]), newline);
    }
  }
  for (const record of added) {
    if (record.before >= event.count) parts.push(renderAdded(event, record, serial));
  }
  return Buffer.concat(parts);
}

function renderAdded(event: AuditEvent, record: AddedRecord, serial: Buffer): Buffer {
  const node = event.node === "" ? "" : `node=${event.node} `;
  const milli = String(event.milli).padStart(3, "0");
  const type = recordTypeName(record.type);
  const head = `${node}type=${type} msg=audit(${event.sec}.${milli}:`;
  return Buffer.from(`${head}${serial.toString("latin1")}): ${record.body}\n`, "latin1");
}
