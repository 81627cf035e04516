import { isUserRecord, RecordType } from "@cauditd/libaudit/vocabulary";
import { readerOf } from "./extract.ts";
import { readSockaddr } from "./extract-path.ts";
import { newReading } from "./facts.ts";
import { hex32, unescapeAt, unsigned32 } from "./text.ts";

/** What an index knows events by. */
export const TERM_GROUPS = [
  "arch",
  "auid",
  "comm",
  "contid",
  "context",
  "egid",
  "euid",
  "exe",
  "exit",
  "failed",
  "file",
  "gid",
  "host",
  "key",
  "name",
  "pid",
  "ppid",
  "session",
  "syscall",
  "terminal",
  "type",
  "uid",
  "uuid",
  "vm",
] as const;
export type TermGroup = (typeof TERM_GROUPS)[number];

/** Told of each term of a record; undefined = the record may have any value of this group. */
export type TermSink = (group: TermGroup, value: string | undefined) => void;

type ValueKind = "context" | "decimal" | "hex" | "result" | "string" | "word";

/** Endings of field names, by their last character: groups, and how the value is read. */
const ENDINGS: ReadonlyMap<number, readonly (readonly [string, TermGroup, ValueKind])[]> = byLast([
  ["arch", "arch", "hex"],
  ["auid", "auid", "decimal"],
  ["loginuid", "auid", "decimal"],
  ["comm", "comm", "string"],
  ["contid", "contid", "context"],
  ["subj", "context", "word"],
  ["obj", "context", "word"],
  ["context", "context", "word"],
  ["-ctx", "context", "word"],
  ["egid", "egid", "decimal"],
  ["euid", "euid", "decimal"],
  ["exe", "exe", "string"],
  ["exit", "exit", "word"],
  ["success", "failed", "result"],
  ["res", "failed", "result"],
  ["result", "failed", "result"],
  ["name", "file", "string"],
  ["path", "file", "string"],
  ["cwd", "file", "string"],
  ["new-disk", "file", "string"],
  ["gid", "gid", "decimal"],
  [" id", "gid", "decimal"],
  ["hostname", "host", "word"],
  ["addr", "host", "word"],
  ["key", "key", "string"],
  ["pid", "pid", "decimal"],
  ["ppid", "ppid", "decimal"],
  ["ses", "session", "decimal"],
  ["syscall", "syscall", "decimal"],
  ["terminal", "terminal", "word"],
  ["tty", "terminal", "word"],
  ["uid", "uid", "decimal"],
  ["uuid", "uuid", "word"],
  ["vm", "vm", "string"],
]);

type Ending = readonly [string, TermGroup, ValueKind];

function byLast(endings: readonly Ending[]): Map<number, Ending[]> {
  const map = new Map<number, Ending[]>();
  for (const ending of endings) {
    const last = ending[0].charCodeAt(ending[0].length - 1);
    map.set(last, [...(map.get(last) ?? []), ending]);
  }
  return map;
}

const sockaddr = newReading({ host: true, file: true }, () => undefined);

/**
 * Tells of everything in a record that a search could find it by: at least what the matcher reads,
 * whichever fields it reads and in whichever order. So an event that a term does not lead to cannot
 * be what is searched, and one that it leads to still has to be matched.
 * @param text the raw part of the record, latin1
 * @param names what stands behind the separator of an ENRICHED record
 */
export function termsOf(type: number, text: string, names: string, sink: TermSink): void {
  sink("type", String(type));
  if (names !== "") interpretedNames(names, sink);
  if (type === RecordType.SOCKADDR) {
    sockaddrTerms(text, sink);
    return;
  }
  if (readerOf(type) === undefined && type !== RecordType.CONTAINER_ID) return;
  if (type === RecordType.NETFILTER_CFG || type === RecordType.EVENT_LISTENER) {
    // What such a record lacks has a value all the same.
    for (const group of TERM_GROUPS) if (group !== "type") sink(group, undefined);
    return;
  }
  if (type === RecordType.TTY || isIntegrity(type)) sink("uid", "0");
  if (text.includes("denied")) sink("failed", "");
  for (let at = text.indexOf("="); at >= 0; at = text.indexOf("=", at + 1)) {
    const endings = ENDINGS.get(text.charCodeAt(at - 1));
    if (endings === undefined) continue;
    for (const [ending, group, kind] of endings) {
      if (text.startsWith(ending, at - ending.length)) value(type, text, at + 1, group, kind, sink);
    }
  }
}

function isIntegrity(type: number): boolean {
  return type >= RecordType.INTEGRITY_DATA && type <= RecordType.INTEGRITY_RULE;
}

function wordAt(text: string, start: number): string {
  const blank = text.indexOf(" ", start);
  return text.slice(start, blank < 0 ? text.length : blank);
}

function value(
  type: number,
  text: string,
  start: number,
  group: TermGroup,
  kind: ValueKind,
  sink: TermSink,
): void {
  if (kind === "decimal") {
    const number = unsigned32(text, start, text.length);
    sink(group, String(number));
  } else if (kind === "string") {
    strings(text, start, group, sink);
  } else if (kind === "hex") {
    sink(group, String(hex32(wordAt(text, start), 0, 16)));
  } else if (kind === "result") {
    if (mayFail(type, text, start)) sink(group, "");
  } else if (kind === "context") {
    for (const contid of wordAt(text, start).split(",")) sink(group, contid.replace("^", ""));
  } else {
    sink(group, wordAt(text, start));
    // A host goes on to the next comma, wherever that is.
    if (group === "host" && text.includes(",", start)) sink(group, undefined);
    if (group === "terminal" && !text.includes(" ", start)) sink(group, undefined);
  }
}

/** Every way in which a string may be read. */
function strings(text: string, start: number, group: TermGroup, sink: TermSink): void {
  if (text.charCodeAt(start) === 0x22) {
    const close = text.indexOf('"', start + 1);
    const plain = text.slice(start + 1, close < 0 ? text.length : close);
    sink(group, plain);
    // It may be put behind the cwd.
    if (group === "file" && plain.startsWith(".")) sink(group, undefined);
    return;
  }
  const decoded = unescapeAt(text, start);
  if (group === "file" && (decoded?.startsWith(".") === true || text.startsWith("00", start))) {
    sink(group, undefined);
  }
  if (decoded !== undefined) {
    if (group === "key") for (const key of decoded.split("\x01")) sink(group, key);
    else sink(group, decoded);
  }
  if (group !== "key") sink(group, wordAt(text, start));
}

function mayFail(type: number, text: string, start: number): boolean {
  if (/[1-9]/.test(text.charAt(start)) || text.startsWith("yes", start)) return false;
  const daemon = type >= RecordType.DAEMON_START && type < RecordType.SYSCALL;
  return !(text.startsWith("success", start) && (daemon || isUserRecord(type)));
}

function sockaddrTerms(text: string, sink: TermSink): void {
  sockaddr.cursor.reset(text);
  sockaddr.facts.reset();
  readSockaddr(sockaddr);
  const { host, files } = sockaddr.facts;
  if (host !== undefined) sink("host", host);
  for (const { name } of files ?? []) sink("file", name);
}

/** The names of users in an ENRICHED record's interpretation. */
function interpretedNames(text: string, sink: TermSink): void {
  for (const [, quoted, plain] of text.matchAll(/UID=(?:"([^" ]*)|(\S+))/g)) {
    sink("name", quoted ?? unescapeAt(plain ?? "", 0) ?? " ");
  }
}
