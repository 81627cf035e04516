import type { AuditEvent } from "../event.ts";
import { ENRICHMENT_SEPARATOR } from "../fields.ts";
import type { LocalClock } from "./time.ts";

const NEWLINE: Buffer = Buffer.from("\n", "latin1");
const SEPARATOR: Buffer = Buffer.from([ENRICHMENT_SEPARATOR]);
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/**
 * The lines of an event as they stand in the log (`--raw`). When one of them is ENRICHED,
 * ausearch ends those that are not with the separator; so do we.
 */
export function rawLines(event: AuditEvent): Buffer[] {
  const separators: boolean[] = [];
  for (let i = 0; i < event.count; i++) {
    const line = (event.buffers[i] as Buffer).subarray(event.starts[i], event.ends[i]);
    separators.push(line.includes(ENRICHMENT_SEPARATOR));
  }
  const enriched = separators.includes(true);
  const parts: Buffer[] = [];
  for (let i = 0; i < event.count; i++) {
    parts.push((event.buffers[i] as Buffer).subarray(event.starts[i], event.ends[i]));
    if (enriched && !separators[i]) parts.push(SEPARATOR);
    parts.push(NEWLINE);
  }
  return parts;
}

/** `Wed Nov 25 18:00:00 2026`, as ctime(3) writes it. */
export function clockText(seconds: number, clock: LocalClock): string {
  const { year, month, day, hour, minute, second, weekday } = clock.local(seconds);
  const time = [hour, minute, second].map((part) => String(part).padStart(2, "0")).join(":");
  return `${DAYS[weekday]} ${MONTHS[month]} ${String(day).padStart(2)} ${time} ${year}`;
}
