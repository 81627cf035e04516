// Events and queries for the tests of the search.
import { type AuditEvent, Header, HeaderState, scanHeader } from "@cauditd/auparse";
import { AuditEvent as Event } from "../../src/event.ts";
import type { SearchMachine } from "../../src/search/arguments.ts";
import { extractRecord } from "../../src/search/extract.ts";
import { type EventFacts, newReading, type Wanted } from "../../src/search/facts.ts";
import type { LocalClock } from "../../src/search/time.ts";

/** Everything that can be asked for. */
export const ALL: Wanted = {
  arch: true,
  auid: true,
  comm: true,
  egid: true,
  euid: true,
  exe: true,
  exit: true,
  file: true,
  gid: true,
  host: true,
  key: true,
  object: true,
  pid: true,
  ppid: true,
  session: true,
  subject: true,
  success: true,
  terminal: true,
  uid: true,
  uuid: true,
  vm: true,
};

/** What the records of an event say, or undefined when one of them is bad. */
export function factsOf(
  want: Wanted,
  ...records: readonly (readonly [type: number, body: string])[]
): EventFacts | undefined {
  const reading = newReading(want, (field, id) => `${field}-${id}`);
  for (const [type, body] of records) {
    const text = `type=X msg=audit(1700000000.000:1): ${body}`;
    if (!extractRecord(reading, type, text)) return undefined;
  }
  return reading.facts;
}

/** An event of these lines. */
export function eventOf(...lines: readonly string[]): AuditEvent {
  const event = new Event();
  const head = new Header();
  for (const line of lines) {
    const buf = Buffer.from(line, "latin1");
    if (scanHeader(buf, 0, buf.length, head) !== HeaderState.ok) throw new Error(line);
    const { nodeStart, nodeEnd } = head;
    if (event.count === 0) event.reset(buf.toString("latin1", nodeStart, nodeEnd), 0, head);
    event.add(head, buf, 0, buf.length);
  }
  return event;
}

/** A clock in UTC: Wednesday, 25 November 2026, 18:30:15; the machine started an hour ago. */
export const clock: LocalClock = {
  now: () => Date.UTC(2026, 10, 25, 18, 30, 15) / 1000,
  uptime: () => 3600.4,
  local: (seconds) => {
    const date = new Date(seconds * 1000);
    return {
      year: date.getUTCFullYear(),
      month: date.getUTCMonth(),
      day: date.getUTCDate(),
      hour: date.getUTCHours(),
      minute: date.getUTCMinutes(),
      second: date.getUTCSeconds(),
      weekday: date.getUTCDay(),
    };
  },
  epoch: ({ year, month, day, hour, minute, second }) =>
    Date.UTC(year, month, day, hour, minute, second) / 1000,
};

/** A machine with two users and a group. */
export const machine: SearchMachine = {
  clock,
  arch: 0xc000003e,
  uid: (name) => ({ root: 0, alice: 1000 })[name],
  gid: (name) => ({ wheel: 10 })[name],
};
