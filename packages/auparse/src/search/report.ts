import { archName, RecordType, recordTypeName, syscallName } from "@cauditd/libaudit/vocabulary";
import type { AuditEvent } from "../event.ts";
import { escapeText } from "../interpret/escape.ts";
import { ttyText } from "../interpret/tty-data.ts";
import { extractRecord, readerOf } from "./extract.ts";
import { type EventFacts, NO_ID, NO_LOGIN, newReading, Outcome, type Reading } from "./facts.ts";
import { Interpretation } from "./interpretation.ts";
import { type PasswordLookup, rawText } from "./match.ts";
import type { ReportRequest } from "./report-arguments.ts";
import { REPORT_TYPES, REPORTS, type ReportShape, SUMMARY_WANT } from "./report-kinds.ts";
import { hasTypeIn, Totals } from "./report-totals.ts";
import type { LocalClock } from "./time.ts";

const NOTHING = "<no events of interest were found>\n\n";

/**
 * Writes a report as aureport 3.0.9 does: the head, then a line for each event, or at the end the
 * counts. Texts are latin1.
 */
export class Report {
  readonly #request: ReportRequest;
  readonly #shape: ReportShape | undefined;
  readonly #reading: Reading;
  readonly #interpretation: Interpretation;
  readonly #lookup: PasswordLookup;
  readonly #clock: LocalClock;
  readonly #totals: Totals = new Totals();
  /** What is counted, in the order in which it came first. */
  readonly #counts: Map<string, number> = new Map();
  #items = 0;
  #event: AuditEvent | undefined;

  readonly #malformed: (record: string) => void;

  /** @param malformed told of each record for which an event is not accepted, latin1 */
  constructor(
    request: ReportRequest,
    clock: LocalClock,
    lookup: PasswordLookup,
    malformed: (record: string) => void = () => undefined,
  ) {
    this.#malformed = malformed;
    this.#request = request;
    this.#shape = REPORTS.get(request.kind);
    this.#clock = clock;
    this.#lookup = lookup;
    this.#interpretation = new Interpretation(lookup);
    const want = this.#shape?.want ?? (request.kind === "summary" ? SUMMARY_WANT : {});
    const arch = request.interpret;
    this.#reading = newReading({ ...want, pid: true, success: true, arch }, () => undefined);
  }

  /** The counts of the whole summary. */
  get totals(): Totals {
    return this.#totals;
  }

  /** The head, before any event. */
  head(): string {
    const { kind, summary, outcome } = this.#request;
    const shape = this.#shape;
    if (shape === undefined && kind === "log") {
      return `\nLog Time Range Report\n${"=".repeat(21)}\n`;
    }
    const which = outcome === undefined ? "" : outcome === "failed" ? "Failed " : "Success ";
    if (shape === undefined) return `\n${which}Summary Report\n${"=".repeat(22)}\n`;
    if (summary) {
      const rule = "=".repeat(shape.summaryRule);
      const title = `${which}${shape.summaryTitle} Summary Report`;
      return `\n${title}\n${rule}\ntotal  ${shape.summaryColumn}\n${rule}\n`;
    }
    const rule = "=".repeat(shape.rule);
    const last = "=".repeat(shape.lastRule ?? shape.rule);
    return `\n${shape.title}\n${rule}\n# date time ${shape.columns}\n${last}\n`;
  }

  /** Takes one event; returns its lines, empty for those that are counted or not of the report. */
  add(event: AuditEvent): string {
    const request = this.#request;
    if (request.kind === "log" || !this.#isIn(event)) return "";
    if (request.nodes.length > 0 && !request.nodes.includes(event.node)) return "";
    const { facts } = this.#reading;
    facts.reset();
    for (let i = 0; i < event.count; i++) {
      const type = event.types[i] as number;
      if (readerOf(type) === undefined) continue;
      const text = rawText(event, i);
      if (extractRecord(this.#reading, type, text)) continue;
      this.#malformed(text);
      return "";
    }
    if (request.outcome === "failed" && facts.success !== Outcome.failed) return "";
    if (request.outcome === "success" && facts.success !== Outcome.success) return "";
    if (!this.#isChange(event.types[0] as number)) return "";
    this.#event = event;
    if (request.interpret) this.#interpretation.load(event);
    if (request.kind === "summary") this.#totals.add(event, facts);
    else if (request.summary) for (const what of this.#counted(event, facts)) this.#count(what);
    else return this.#lines(event, facts);
    return "";
  }

  /** What follows the last event, and the exit code. */
  end(): { readonly text: string; readonly exit: number } {
    const { kind, summary, start, end } = this.#request;
    if (kind === "log") return { text: "", exit: 0 };
    if (kind === "summary") {
      return { text: this.#totals.text(start, end, (sec) => this.stamp(sec)), exit: 0 };
    }
    if (!summary) return this.#items === 0 ? { text: NOTHING, exit: 1 } : { text: "", exit: 0 };
    if (this.#counts.size === 0) return { text: NOTHING, exit: 0 };
    const numbers = ["pid"].includes(kind) || REPORTS.get(kind)?.summaryColumn === "type";
    const counts = [...this.#counts];
    if (numbers) counts.sort(([a], [b]) => Number(a) - Number(b));
    counts.sort(([, a], [, b]) => b - a);
    const text = counts.map(([what, hits]) => `${hits}  ${this.#shown(what)}\n`).join("");
    return { text, exit: 0 };
  }

  /** `11/14/23 22:15:00`. */
  stamp(seconds: number): string {
    const { year, month, day, hour, minute, second } = this.#clock.local(seconds);
    const two = (part: number): string => String(part).padStart(2, "0");
    const date = [month + 1, day, year % 100].map(two).join("/");
    return `${date} ${[hour, minute, second].map(two).join(":")}`;
  }

  #isIn(event: AuditEvent): boolean {
    const { start, end } = this.#request;
    return (start === 0 || event.sec >= start) && (end === 0 || event.sec <= end);
  }

  /** Whether the event is one of the changes that are asked for. */
  #isChange(type: number): boolean {
    const { change, noConfig } = this.#request;
    if (type === RecordType.CONFIG_CHANGE) return !noConfig;
    if (change === "delete") return !ADDITIONS.has(type);
    return change !== "add" || !DELETIONS.has(type);
  }

  #count(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  #shown(what: string): string {
    const { kind, escape: mode } = this.#request;
    const column = this.#shape?.summaryColumn;
    if (column === "type") return this.#request.interpret ? typeName(Number(what)) : what;
    if (column === "auid" || column === "acct") {
      return escapeText(/^[-\d]/.test(what) ? this.#auid(Number(what) >>> 0) : what, mode);
    }
    const plain = kind === "avc" || kind === "host" || kind === "terminal" || kind === "pid";
    return plain ? what : escapeText(what, mode);
  }

  /** What the event adds to the counts. */
  #counted(event: AuditEvent, facts: EventFacts): readonly string[] {
    const one = (what: string | undefined): string[] => (what === undefined ? [] : [what]);
    switch (this.#request.kind) {
      case "file":
        return facts.files?.map(({ name }) => name) ?? [];
      case "key":
        return facts.keys?.filter((key) => key !== "(null)") ?? [];
      case "host":
        return one(facts.host);
      case "terminal":
        return one(facts.terminal);
      case "exe":
        return one(facts.exe);
      case "comm":
        return one(facts.comm);
      case "pid":
        return facts.pid === -1 ? [] : [String(facts.pid)];
      case "syscall":
        return facts.syscall > 0 ? [this.#syscall(facts)] : [];
      case "user":
        return facts.auid === NO_LOGIN ? [] : [this.#auid(facts.auid)];
      case "avc":
        if (!hasTypeIn(event, REPORT_TYPES.get("avc") ?? [])) return [];
        return (facts.labels ?? []).flatMap((label) => one(label.avc ? label.object : undefined));
      case "auth":
        if (!isAuth(event, facts)) return [];
        return [accountOr(facts.auid === NO_LOGIN, facts) ?? this.#auid(facts.auid)];
      case "login":
        if (!hasTypeIn(event, REPORT_TYPES.get("login") ?? [])) return [];
        return [accountOr((facts.auid | 0) < 0, facts) ?? this.#auid(facts.auid)];
      case "event":
        // A type that nobody knows is not counted.
        return event.types[0] === 0 ? [] : [String(event.types[0])];
      default: {
        const types = REPORT_TYPES.get(this.#request.kind) ?? [];
        return hasTypeIn(event, types) ? [String(event.types[0])] : [];
      }
    }
  }

  /** Whether the event has a line in the report. */
  #hasLine(event: AuditEvent, facts: EventFacts): boolean {
    switch (this.#request.kind) {
      case "auth":
        return isAuth(event, facts);
      case "event":
        return true;
      case "file":
        return facts.files !== undefined;
      case "host":
        return facts.host !== undefined;
      case "pid":
        return facts.pid >= 0;
      case "syscall":
        return facts.syscall !== 0;
      case "terminal":
        return facts.terminal !== undefined;
      case "user":
        return facts.uid !== NO_ID;
      case "exe":
        return facts.exe !== undefined;
      case "comm":
        return facts.comm !== undefined;
      case "key":
        return facts.keys !== undefined && facts.keys[0] !== "(null)";
      default:
        return hasTypeIn(event, REPORT_TYPES.get(this.#request.kind) ?? []);
    }
  }

  #lines(event: AuditEvent, facts: EventFacts): string {
    if (!this.#hasLine(event, facts)) return "";
    if (this.#request.kind === "tty") {
      return `${++this.#items}. ${this.stamp(event.sec)} ${this.#typed(event, facts)}`;
    }
    const bodies = this.#request.kind === "avc" ? this.#avcs(facts) : [this.#body(event, facts)];
    const stamp = this.stamp(event.sec);
    return bodies.map((body) => `${++this.#items}. ${stamp} ${body}\n`).join("");
  }

  /** What was typed; as in aureport, the line has no end where a record has no data. */
  #typed(event: AuditEvent, facts: EventFacts): string {
    const [, data] = /data=(.*)$/.exec(rawText(event, 0)) ?? [];
    if (data === undefined) return "";
    // Up to the last blank: what stands behind it is not data.
    const end = data.lastIndexOf(" ");
    const auid = this.#safe(this.#auid(facts.auid));
    const where = `${facts.terminal ?? "?"} ${facts.session >>> 0}`;
    const typed = ttyText(end < 0 ? data : data.slice(0, end));
    return `${event.serial} ${auid} ${where} ${this.#safe(facts.comm ?? "?")} ${typed}\n`;
  }

  #avcs(facts: EventFacts): string[] {
    const comm = this.#safe(facts.comm ?? "?");
    return (facts.labels ?? []).flatMap((label) => {
      if (!label.avc) return [];
      const { subject, className, permission, object, decision } = label;
      const parts = [subject, this.#syscall(facts), className, permission, object];
      const texts = parts.map((part) => part ?? "(null)").join(" ");
      return [`${comm} ${texts} ${decision ?? "unset"} ${this.#event?.serial}`];
    });
  }

  #body(event: AuditEvent, facts: EventFacts): string {
    const { serial } = event;
    const type = typeName(event.types[0] as number);
    const auid = this.#safe(this.#auid(facts.auid));
    const outcome = outcomeText(facts.success);
    const syscall = this.#syscall(facts);
    const exe = this.#safe(facts.exe ?? "?");
    const comm = this.#safe(facts.comm ?? "?");
    const term = facts.terminal ?? "?";
    const host = facts.host ?? "?";
    const none = "(null)";
    switch (this.#request.kind) {
      case "account":
        return [auid, host, term, facts.exe ?? "?", facts.account ?? "?", outcome, serial].join(
          " ",
        );
      case "anomaly":
        return [type, facts.exe === undefined ? comm : exe, term, host, auid, serial].join(" ");
      case "auth":
      case "login": {
        const who = this.#who(facts);
        const where = `${facts.host ?? none} ${facts.terminal ?? none} ${facts.exe ?? none}`;
        return `${this.#safe(who)} ${where} ${outcome} ${serial}`;
      }
      case "comm":
        return `${comm} ${term} ${host} ${auid} ${serial}`;
      case "config":
        return `${type} ${this.#auid(facts.auid)} ${outcome} ${serial}`;
      case "crypto":
      case "mac":
        return `${auid} ${type} ${outcome} ${serial}`;
      case "event":
        return `${serial} ${type} ${auid} ${outcome}`;
      case "exe":
        return `${exe} ${term} ${host} ${auid} ${serial}`;
      case "file":
        return `${this.#safe(fileOf(facts))} ${syscall} ${outcome} ${exe} ${auid} ${serial}`;
      case "host":
        return `${host} ${syscall} ${auid} ${serial}`;
      case "key":
        return `${facts.keys?.[0] ?? none} ${outcome} ${exe} ${auid} ${serial}`;
      case "pid":
        return `${facts.pid >>> 0} ${exe} ${syscall} ${auid} ${serial}`;
      case "syscall":
        return `${syscall} ${facts.pid >>> 0} ${comm} ${auid} ${serial}`;
      case "terminal": {
        const program = facts.exe === undefined ? none : exe;
        return `${term} ${facts.host ?? none} ${program} ${auid} ${serial}`;
      }
      case "user":
        return `${auid} ${term} ${host} ${exe} ${serial}`;
      default:
        return `${type} ${outcome} ${serial}`;
    }
  }

  /** Who authenticated or logged in. */
  #who(facts: EventFacts): string {
    if (this.#request.kind === "auth") return facts.account ?? this.#auid(facts.uid);
    const failed = facts.success === Outcome.failed;
    return accountOr(failed, facts) ?? this.#auid(facts.auid);
  }

  #safe(text: string): string {
    return escapeText(text, this.#request.escape);
  }

  /** A user as a number, or by name with `-i`. */
  #auid(uid: number): string {
    if (!this.#request.interpret) return String(uid | 0);
    if (uid === NO_ID) return "unset";
    if (this.#interpretation.value("auid") !== undefined) {
      return this.#interpretation.userName("auid", uid) ?? "";
    }
    return this.#lookup(uid) ?? (uid === 0 ? "root" : `unknown(${uid | 0})`);
  }

  /** A system call as a number, or by name with `-i`. */
  #syscall({ syscall, arch }: EventFacts): string {
    if (!this.#request.interpret) return String(syscall);
    const named = this.#interpretation.value("syscall");
    if (named !== undefined) return named;
    if (archName(arch) === undefined) return "?";
    return syscallName(arch, syscall) ?? String(syscall);
  }
}

const ADDITIONS: ReadonlySet<number> = new Set([
  RecordType.ADD_USER,
  RecordType.ADD_GROUP,
  RecordType.MAC_CIPSOV4_ADD,
  RecordType.MAC_MAP_ADD,
  RecordType.MAC_IPSEC_ADDSA,
  RecordType.MAC_IPSEC_ADDSPD,
  RecordType.MAC_UNLBL_STCADD,
]);
const DELETIONS: ReadonlySet<number> = new Set([
  RecordType.DEL_USER,
  RecordType.DEL_GROUP,
  RecordType.MAC_CIPSOV4_DEL,
  RecordType.MAC_MAP_DEL,
  RecordType.MAC_IPSEC_DELSA,
  RecordType.MAC_IPSEC_DELSPD,
  RecordType.MAC_UNLBL_STCDEL,
]);

/** A type's name as audit 3.0.9 prints it. */
function typeName(type: number): string {
  const name = type === 0 ? "(null)" : recordTypeName(type);
  return name.startsWith("UNKNOWN[") ? "(null)" : name;
}

function outcomeText(success: number): string {
  if (success === Outcome.success) return "yes";
  return success === Outcome.failed ? "no" : "unset";
}

function accountOr(condition: boolean, facts: EventFacts): string | undefined {
  return condition ? facts.account : undefined;
}

/** Authentications, and failed changes of users. */
function isAuth(event: AuditEvent, facts: EventFacts): boolean {
  if (event.indexOf(RecordType.USER_AUTH) >= 0) return true;
  return event.indexOf(RecordType.USER_MGMT) >= 0 && facts.success === Outcome.failed;
}

/** The event's first file that is not a folder in which something was looked for. */
function fileOf({ files = [] }: EventFacts): string {
  if (files.length <= 1) return files[0]?.name ?? "";
  return files.find(({ rest }) => rest !== "PARENT")?.name ?? "";
}
