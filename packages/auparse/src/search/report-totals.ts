import { RecordType } from "@cauditd/libaudit/vocabulary";
import type { AuditEvent } from "../event.ts";
import { type EventFacts, NO_LOGIN, Outcome } from "./facts.ts";
import { REPORT_TYPES, type ReportKind, type TypeRange } from "./report-kinds.ts";

/** Whether a record of the event is of one of these types. */
export function hasTypeIn(event: AuditEvent, ranges: readonly TypeRange[]): boolean {
  return countTypes(event, ranges) > 0;
}

/** How many of these ranges the event has a type of. */
function countTypes(event: AuditEvent, ranges: readonly TypeRange[]): number {
  let found = 0;
  for (const [first, last] of ranges) {
    for (let i = 0; i < event.count; i++) {
      const type = event.types[i] as number;
      if (type < first || type > last) continue;
      found++;
      break;
    }
  }
  return found;
}

/** A point in time of a log. */
export interface LogTime {
  readonly sec: number;
  readonly milli: number;
}

const NEVER: LogTime = { sec: 0, milli: 0 };

/** The summary of all events (`aureport` without a report). */
export class Totals {
  /** Time of the first record and of the last event of the logs. */
  first: LogTime = NEVER;
  last: LogTime = NEVER;
  readonly #counts: Map<ReportKind, number> = new Map();
  readonly #users: Set<number> = new Set();
  readonly #terminals: Set<string> = new Set();
  readonly #hosts: Set<string> = new Set();
  readonly #exes: Set<string> = new Set();
  readonly #comms: Set<string> = new Set();
  readonly #files: Set<string> = new Set();
  readonly #keys: Set<string> = new Set();
  readonly #pids: Set<number> = new Set();
  readonly #logins = [0, 0];
  readonly #auths = [0, 0];
  #events = 0;
  #failedCalls = 0;

  /** Counts one event. */
  add(event: AuditEvent, facts: EventFacts): void {
    this.#events++;
    for (const kind of [
      "account",
      "config",
      "crypto",
      "mac",
      "virt",
      "integrity",
      "response",
    ] as const) {
      this.#count(kind, countTypes(event, REPORT_TYPES.get(kind) ?? []));
    }
    this.#count(
      "anomaly",
      countTypes(event, [
        [2100, 2199],
        [1700, 1799],
      ]),
    );
    this.#count("avc", hasTypeIn(event, REPORT_TYPES.get("avc") ?? []) ? 1 : 0);
    if (event.indexOf(RecordType.USER_LOGIN) >= 0) tally(this.#logins, facts);
    this.#auth(event, facts);
    if (facts.auid !== NO_LOGIN) this.#users.add(facts.auid);
    note(this.#terminals, facts.terminal);
    note(this.#hosts, facts.host);
    note(this.#exes, facts.exe);
    note(this.#comms, facts.comm);
    for (const { name } of facts.files ?? []) this.#files.add(name);
    for (const key of facts.keys ?? []) if (key !== "(null)") this.#keys.add(key);
    if (facts.pid !== -1) this.#pids.add(facts.pid);
    if (facts.success === Outcome.failed && facts.syscall > 0) this.#failedCalls++;
  }

  #count(kind: ReportKind, number: number): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + number);
  }

  #auth(event: AuditEvent, facts: EventFacts): void {
    if (event.indexOf(RecordType.USER_AUTH) >= 0) tally(this.#auths, facts);
    else if (event.indexOf(RecordType.USER_MGMT) >= 0) {
      if (facts.success === Outcome.failed) tally(this.#auths, facts);
    } else if (event.indexOf(RecordType.GRP_AUTH) >= 0) tally(this.#auths, facts);
  }

  /** The lines of the summary; `stamp` prints a second. */
  text(start: number, end: number, stamp: (sec: number) => string): string {
    const { first, last } = this;
    const exact = ({ sec, milli }: LogTime): string =>
      `${stamp(sec)}.${String(milli).padStart(3, "0")}`;
    const from = stamp(start === 0 ? first.sec : start);
    const count = (kind: ReportKind): number => this.#counts.get(kind) ?? 0;
    const lines: readonly (readonly [string, number])[] = [
      ["changes in configuration", count("config")],
      ["changes to accounts, groups, or roles", count("account")],
      ["logins", this.#logins[1] ?? 0],
      ["failed logins", this.#logins[0] ?? 0],
      ["authentications", this.#auths[1] ?? 0],
      ["failed authentications", this.#auths[0] ?? 0],
      ["users", this.#users.size],
      ["terminals", this.#terminals.size],
      ["host names", this.#hosts.size],
      ["executables", this.#exes.size],
      ["commands", this.#comms.size],
      ["files", this.#files.size],
      ["AVC's", count("avc")],
      ["MAC events", count("mac")],
      ["failed syscalls", this.#failedCalls],
      ["anomaly events", count("anomaly")],
      ["responses to anomaly events", count("response")],
      ["crypto events", count("crypto")],
      ["integrity events", count("integrity")],
      ["virt events", count("virt")],
      ["keys", this.#keys.size],
      ["process IDs", this.#pids.size],
      ["events", this.#events],
    ];
    return [
      `Range of time in logs: ${exact(first)} - ${exact(last)}`,
      `Selected time for report: ${from} - ${end === 0 ? exact(last) : stamp(end)}`,
      ...lines.map(([what, number]) => `Number of ${what}: ${number}`),
      "\n",
    ].join("\n");
  }
}

function note(set: Set<string>, value: string | undefined): void {
  if (value !== undefined) set.add(value);
}

/** Failures and successes. */
function tally(counts: number[], { success }: EventFacts): void {
  if (success === Outcome.failed || success === Outcome.success) {
    counts[success] = (counts[success] ?? 0) + 1;
  }
}
