// Records of user space and of auditd, and LOGIN.
import { RecordType } from "@cauditd/libaudit/vocabulary";
import { Need } from "./cursor.ts";
import { addPath } from "./extract-path.ts";
import { readAuid, readSubject, setAuid, setUid } from "./extract-task.ts";
import { type Label, Outcome, type Reading } from "./facts.ts";
import { hexEnd, unescapeAt, unsigned32 } from "./text.ts";

/**
 * A user record. The kernel's own fields come first, then what the program says in `msg='...'`:
 * its uid replaces the kernel's. An AVC of user space gives the label that its contexts go to.
 * @returns false when the record is bad from a field on that USER_AVC may lack
 */
export function readUser(reading: Reading, label?: Label): boolean {
  const { cursor, facts, want } = reading;
  if (want.pid) facts.pid = (cursor.number("pid=", Need.required) ?? facts.pid) | 0;
  if (want.uid) setUid(reading, cursor.number("uid=", Need.required));
  if (want.auid) readAuid(reading);
  if (want.session) facts.session = cursor.number("ses=") ?? facts.session;
  if (want.subject) {
    if (label === undefined) readSubject(reading, Need.optional);
    else label.subject = cursor.word("subj=");
  }
  if (cursor.bad) return true;
  if (label !== undefined && want.object) readTarget(reading, label);
  readGuest(reading);
  if (cursor.bad) return false;
  if (want.uid) {
    const answer = readSecondUid(reading);
    if (cursor.bad) return answer;
  }
  return readSaid(reading);
}

/** `tcontext=` and `tclass=` count only when something stands behind them. */
function readTarget({ cursor }: Reading, label: Label): void {
  for (const [name, field] of [
    ["tcontext=", "object"],
    ["tclass=", "className"],
  ] as const) {
    const start = cursor.find(name);
    if (start < 0) continue;
    const blank = cursor.text.indexOf(" ", start);
    cursor.at = blank < 0 ? start : blank;
    if (blank >= 0) label[field] = cursor.text.slice(start, blank);
  }
}

/** The group of a group record, and what records of virtual machines have. */
function readGuest(reading: Reading): void {
  const { cursor, facts, want, type } = reading;
  const managed = type === RecordType.GRP_MGMT;
  if (want.gid && (managed || type === RecordType.ADD_GROUP || type === RecordType.DEL_GROUP)) {
    let start = cursor.find(" id=");
    if (start < 0 && managed) start = cursor.find("gid=");
    if (start >= 0) facts.gid = cursor.numberAt(start) ?? facts.gid;
  }
  if (want.vm) facts.vm = cursor.untrusted("vm=") ?? facts.vm;
  if (want.uuid) {
    const start = cursor.find("uuid=");
    if (start >= 0) {
      const size = cursor.text.slice(start).search(/[ :]|$/);
      if (size === 0) cursor.bad = true;
      cursor.at = start + size;
      facts.uuid = cursor.text.slice(start, cursor.at);
    }
  }
  if (type === RecordType.VIRT_MACHINE_ID) {
    const subject = want.subject ? cursor.word("vm-ctx=") : undefined;
    if (subject !== undefined) facts.label({ subject });
    const object = want.object ? cursor.word("img-ctx=") : undefined;
    if (object !== undefined) facts.label({ object });
  } else if (type === RecordType.VIRT_RESOURCE && want.file) {
    let start = cursor.find(" path=");
    if (start < 0) start = cursor.find(" new-disk=");
    if (start >= 0) {
      addPath(reading, start);
      cursor.at = start;
    }
  }
}

/** The uid that the program names itself. */
function readSecondUid(reading: Reading): boolean {
  const { cursor } = reading;
  const { text } = cursor;
  for (;;) {
    const start = cursor.find("uid=");
    if (start < 0) return true;
    const before = text[start - 5];
    if (before === "a") {
      cursor.at = start - 3;
      continue;
    }
    if (before === "s" || before === "u") return true;
    let end = start;
    while (end < text.length && /[0-9]/.test(text[end] as string)) end++;
    if (before !== "'" && before !== " ") return fail(reading, false);
    const uid = unsigned32(text, start, end);
    if (end === start || Number.isNaN(uid)) return fail(reading, true);
    cursor.at = end;
    setUid(reading, uid);
    return true;
  }
}

/** Marks the record; returns what `readUser` returns for it. */
function fail({ cursor }: Reading, always: boolean): boolean {
  cursor.bad = true;
  return always;
}

/** What the program says: each field is looked for from the same place on. */
function readSaid(reading: Reading): boolean {
  const { cursor, facts, want } = reading;
  let from = cursor.at;
  if (want.comm) {
    const start = cursor.find("comm=", from);
    if (start >= 0) facts.comm = cursor.untrustedAt(start);
    if (cursor.bad) return true;
  }
  const account = cursor.find("acct=", from);
  if (account >= 0) facts.account = plainOrEncoded(reading, account);
  // An account that is cut short is taken as it is.
  cursor.bad = false;
  from = cursor.at;
  if (want.host && !readHost(reading, from)) return fail(reading, true);
  if (want.file) {
    const start = cursor.find("cwd=", from);
    if (start >= 0) facts.cwd = plainOrEncoded(reading, start);
    if (cursor.bad) return true;
  }
  if (want.terminal) {
    const start = cursor.find("terminal=", from);
    if (start >= 0) {
      const end = endOf(cursor.text, start, " ", ")");
      if (end < 0) return fail(reading, true);
      facts.terminal = cursor.text.slice(start, end);
    }
  }
  if (want.exe) {
    const start = cursor.find("exe=", from);
    if (start >= 0) facts.exe = plainOrEncoded(reading, start);
    if (cursor.bad) return false;
  }
  return !want.success || readResult(reading, from);
}

/** In quotes, or up to a blank: decoded when it is all hex digits. */
function plainOrEncoded({ cursor }: Reading, start: number): string | undefined {
  const { text } = cursor;
  if (text.charCodeAt(start) === 0x22) {
    const value = cursor.untrustedAt(start);
    if (!cursor.bad) return value;
    cursor.at = text.length;
    return text.slice(start + 1);
  }
  const blank = text.indexOf(" ", start);
  const end = blank < 0 ? text.length : blank;
  cursor.at = end;
  return hexEnd(text, start) >= end ? unescapeAt(text, start) : text.slice(start, end);
}

/** `hostname=`, or `addr=` where that is unknown. */
function readHost({ cursor, facts }: Reading, from: number): boolean {
  const start = cursor.find("hostname=", from);
  if (start < 0) return true;
  const end = endOf(cursor.text, start, ",", " ");
  if (end < 0) return false;
  facts.host = cursor.text.slice(start, end);
  if (facts.host !== "?") return true;
  const address = cursor.find("addr=", end + 1);
  if (address < 0) return true;
  const last = endOf(cursor.text, address, ",", " ");
  if (last < 0) return false;
  facts.host = cursor.text.slice(address, last);
  return true;
}

/** `res=success'` or `result=Success)`. */
function readResult(reading: Reading, from: number): boolean {
  const { cursor, facts } = reading;
  const { text } = cursor;
  const start = cursor.find("res=", from);
  if (start >= 0) {
    if (!text.includes("'", start)) return fail(reading, false);
    facts.success = text.startsWith("failed", start) ? Outcome.failed : Outcome.success;
    return true;
  }
  const old = cursor.find("result=", from);
  if (old < 0) return true;
  const end = text.indexOf(")", old);
  if (end < 0) return fail(reading, false);
  const success = text.slice(old, end).toLowerCase() === "success";
  facts.success = success ? Outcome.success : Outcome.failed;
  return true;
}

/** Where `first` stands from `start` on, else `second`, else -1. */
function endOf(text: string, start: number, first: string, second: string): number {
  const end = text.indexOf(first, start);
  return end < 0 ? text.indexOf(second, start) : end;
}

/** LOGIN: `auid=` and `ses=` are the new ones. */
export function readLogin(reading: Reading): void {
  const { cursor, facts, want } = reading;
  if (want.pid) facts.pid = (cursor.number("pid=", Need.required) ?? facts.pid) | 0;
  if (want.uid) setUid(reading, cursor.number("uid=", Need.required));
  if (want.subject) readSubject(reading, Need.optional);
  if (want.auid) {
    setAuid(reading, newest(reading, ["new auid=", " auid=", "new loginuid="]));
  }
  if (want.success) {
    const success = cursor.number("res=", Need.last);
    facts.success = success === undefined ? Outcome.success : success | 0;
    rewind(reading);
  }
  if (want.session) facts.session = newest(reading, ["new ses=", " ses="]) ?? facts.session;
}

/** The number behind the first of these names that the record has; it may end the record. */
function newest(reading: Reading, names: readonly string[]): number | undefined {
  const { cursor } = reading;
  const start = names.map((name) => cursor.find(name)).find((found) => found >= 0);
  const number = start === undefined ? undefined : cursor.numberAt(start, Need.last);
  if (start === undefined) cursor.bad = true;
  rewind(reading);
  return number;
}

/** Behind a record's last field the search goes on from its beginning. */
function rewind({ cursor }: Reading): void {
  if (!cursor.text.includes(" ", cursor.at)) cursor.at = 0;
}

/** DAEMON_START, _END, _ABORT, _CONFIG, _ROTATE and _RESUME. */
export function readDaemon(reading: Reading): void {
  const { cursor, facts, want } = reading;
  const from = Math.max(0, cursor.text.indexOf(")"));
  cursor.at = from;
  if (want.auid) setAuid(reading, cursor.number("auid=", Need.required));
  if (want.pid) facts.pid = (cursor.number("pid=", Need.required) ?? facts.pid) | 0;
  // The name of this user is not looked up.
  if (want.uid) facts.uid = cursor.number(" uid=") ?? facts.uid;
  if (want.session) facts.session = cursor.number("ses=") ?? facts.session;
  if (want.subject) readSubject(reading, Need.last);
  if (want.success) readDaemonResult(reading, from);
}

/** DAEMON_ACCEPT and DAEMON_CLOSE. */
export function readConnection(reading: Reading): void {
  const { cursor, facts, want } = reading;
  if (want.host) {
    const start = cursor.find("addr=");
    if (start >= 0) {
      const end = endOf(cursor.text, start, ":", " ");
      if (end < 0) {
        cursor.bad = true;
        return;
      }
      facts.host = cursor.text.slice(start, end);
      cursor.at = end;
    }
  }
  if (want.success) readDaemonResult(reading, cursor.at);
}

function readDaemonResult({ cursor, facts }: Reading, from: number): void {
  const start = cursor.find("res=", from);
  if (start < 0) return;
  if (!/^[A-Za-z]/.test(cursor.text.slice(start, start + 1))) cursor.bad = true;
  const failed = cursor.text.startsWith("failed", start);
  facts.success = failed ? Outcome.failed : Outcome.success;
}
