// Reads audit logs for tests, without cauditd's own parser.
import { readFileSync } from "node:fs";

/** The records of one event, as lines without their newlines. */
export interface LogEvent {
  readonly second: number;
  readonly serial: number;
  readonly records: string[];
}

const HEAD = /^type=\S+ msg=audit\((\d+)(\.\d{3}):(\d+)\):/;

/** The events of a log, in order of their first records; fails on a line that is no record. */
export function events(bytes: Buffer): LogEvent[] {
  const found = new Map<string, LogEvent>();
  for (const line of linesOf(bytes)) {
    const { stamp, second, serial } = headOf(line);
    const event = found.get(stamp);
    if (event === undefined) found.set(stamp, { second, serial, records: [line] });
    else event.records.push(line);
  }
  return [...found.values()];
}

/** The same for a log that holds one event after the other: fails where one goes on later. */
export function wholeEvents(bytes: Buffer): LogEvent[] {
  const found = events(bytes);
  const lines = found.flatMap(({ records }) => records);
  if (lines.join("\n") !== linesOf(bytes).join("\n")) throw new Error("events are interleaved");
  return found;
}

function linesOf(bytes: Buffer): string[] {
  const lines = bytes.toString("latin1").split("\n");
  if (lines.pop() !== "") throw new Error("the last line has no newline");
  return lines;
}

function headOf(line: string): { stamp: string; second: number; serial: number } {
  const [, second, milli, serial] = HEAD.exec(line) ?? [];
  if (second === undefined) throw new Error(`no record: ${line}`);
  return { stamp: `${second}${milli}:${serial}`, second: Number(second), serial: Number(serial) };
}

/** The events of a log that cauditd wrote. */
export function readLog(path: string): LogEvent[] {
  return wholeEvents(readFileSync(path));
}

/** A record with its serial left out: what a scope's log must not change. */
export function withoutSerial(record: string): string {
  return record.replace(/^(type=\S+ msg=audit\(\d+\.\d{3}:)\d+/, "$1");
}

/** The first serial that is not one more than that before it, from 1; undefined for none. */
export function serialGap(log: readonly LogEvent[]): number | undefined {
  return log.find((event, index) => event.serial !== index + 1)?.serial;
}

/** Number of records of some events. */
export function recordCount(log: readonly LogEvent[]): number {
  return log.reduce((sum, event) => sum + event.records.length, 0);
}

/** A record that says whose event it is. */
export function isContidRecord(record: string): boolean {
  return record.startsWith("type=CONTAINER_ID ");
}
