// AVC, integrity, anomaly, configuration, TTY and packet records of the kernel.
import { RecordType } from "@cauditd/libaudit/vocabulary";
import { Need } from "./cursor.ts";
import { addPath } from "./extract-path.ts";
import { readKeys, readObject, readSubject, setAuid, setUid } from "./extract-task.ts";
import { readUser } from "./extract-user.ts";
import { type Label, Outcome, type Reading } from "./facts.ts";
import { unescapeAt } from "./text.ts";

/** AVC and USER_AVC. */
export function readAvc(reading: Reading): void {
  const { cursor } = reading;
  const label: Label = { avc: true };
  if (!readDecision(reading, label)) return;
  if (reading.type === RecordType.USER_AVC) {
    cursor.at = 0;
    // Fields that it may lack do not make it bad.
    if (!readUser(reading, label)) cursor.bad = false;
    reading.facts.label(label);
    return;
  }
  readAvcTask(reading);
  if (reading.want.subject) label.subject = cursor.word("scontext=");
  if (reading.want.object) label.object = cursor.word("tcontext=");
  label.className = cursor.word("tclass=", Need.requiredLast);
  reading.facts.label(label);
}

/** `avc:  denied  { read } for`. */
function readDecision({ cursor, facts, want }: Reading, label: Label): boolean {
  const { text } = cursor;
  const start = cursor.find("avc: ");
  const open = start < 0 ? -1 : text.indexOf("{", start);
  if (open < 0) return true;
  if (want.success) {
    const denied = text.slice(start, open).includes("denied");
    facts.success = denied ? Outcome.failed : Outcome.success;
    label.decision = denied ? "denied" : "granted";
  }
  const close = text.indexOf("}", open);
  if (close < 0) {
    cursor.bad = true;
    return false;
  }
  label.permission = text.slice(open + 1, close).trim();
  cursor.at = close;
  return true;
}

function readAvcTask(reading: Reading): void {
  const { cursor, facts, want } = reading;
  if (want.pid) facts.pid = (cursor.number("pid=") ?? facts.pid) | 0;
  if (want.comm && facts.comm === undefined) {
    const start = cursor.value("comm=", Need.required);
    if (start >= 0) {
      facts.comm = cursor.untrustedAt(start);
      if (facts.comm === undefined) cursor.bad = true;
      else if (cursor.text[start] !== '"') cursor.at = start + 6;
    }
  }
  if (want.file) {
    let start = cursor.find(" path=");
    if (start < 0) start = cursor.find(" name=");
    if (start >= 0) {
      addPath(reading, start);
      cursor.at += 7;
    }
  }
}

/** ausearch 3.0.9 reads the `=` of this field too, and so 0 whatever stands there. */
function readUidAsRoot(reading: Reading): void {
  if (reading.cursor.number(" uid=") !== undefined) setUid(reading, 0);
}

/** INTEGRITY_DATA to INTEGRITY_RULE. */
export function readIntegrity(reading: Reading): void {
  const { cursor, facts, want } = reading;
  facts.pid = (cursor.number("pid=") ?? facts.pid) | 0;
  if (want.uid) readUidAsRoot(reading);
  if (want.auid) {
    const start = cursor.find("auid=", 0);
    if (start >= 0) setAuid(reading, cursor.numberAt(start));
  }
  if (want.session) facts.session = cursor.number("ses=") ?? facts.session;
  if (want.subject) readSubject(reading, Need.optional);
  if (want.comm) facts.comm = cursor.untrusted("comm=") ?? facts.comm;
  if (want.file) {
    const start = cursor.find(" name=");
    if (start >= 0) addPath(reading, start);
  }
  if (want.success) facts.success = (cursor.number("res=", Need.last) ?? facts.success) | 0;
}

/** SECCOMP, ANOM_PROMISCUOUS and ANOM_ABEND. */
export function readAnomaly(reading: Reading): void {
  const { cursor, facts, want, type } = reading;
  if (want.auid) setAuid(reading, cursor.number("auid=", Need.requiredLast));
  if (want.uid) setUid(reading, cursor.number("uid="));
  if (want.gid) facts.gid = cursor.number("gid=") ?? facts.gid;
  if (want.session) facts.session = cursor.number("ses=", Need.last) ?? facts.session;
  if (type === RecordType.ANOM_PROMISCUOUS) return;
  if (want.subject) readSubject(reading, Need.optional);
  if (want.pid) facts.pid = (cursor.number("pid=") ?? facts.pid) | 0;
  if (want.comm) facts.comm = cursor.untrusted("comm=") ?? facts.comm;
  if (want.exe) {
    const start = cursor.find("exe=");
    if (start >= 0) facts.exe = cursor.untrustedAt(start);
    else if (type !== RecordType.ANOM_ABEND) cursor.bad = true;
  }
  if (type === RecordType.SECCOMP) {
    const arch = cursor.hex("arch=");
    if (arch === undefined) return;
    facts.arch = arch;
    facts.syscall = (cursor.number("syscall=", Need.required) ?? 0) | 0;
  }
  if (want.success) facts.success = (cursor.number("res=", Need.last) ?? facts.success) | 0;
}

/** CONFIG_CHANGE and the MAC records of the kernel. */
export function readChange(reading: Reading): void {
  const { cursor, facts, want } = reading;
  const config = reading.type === RecordType.CONFIG_CHANGE;
  if (want.auid) {
    const auid = cursor.number("auid=", config ? Need.last : Need.requiredLast);
    setAuid(reading, auid);
  }
  if (want.session) facts.session = cursor.number("ses=", Need.last) ?? facts.session;
  if (want.subject) readSubject(reading, Need.last);
  if (want.key) readKeys(reading);
  // The kernel says nothing else when it did as it was told.
  if (config) facts.success = Outcome.success;
  if (want.success) facts.success = (cursor.number("res=", Need.last) ?? facts.success) | 0;
  if (config && want.file) {
    const start = cursor.find(" path=", 0);
    const { bad } = cursor;
    if (start >= 0) addPath(reading, start);
    // An old record has no path, and one that cannot be read is left out.
    cursor.bad = bad;
  }
}

/** TTY. */
export function readTty(reading: Reading): void {
  const { cursor, facts, want } = reading;
  if (want.pid) facts.pid = (cursor.number("pid=") ?? facts.pid) | 0;
  if (want.uid) readUidAsRoot(reading);
  if (want.auid) setAuid(reading, cursor.number("auid=", Need.requiredLast));
  if (want.session) facts.session = cursor.number("ses=") ?? facts.session;
  if (want.comm) {
    const start = cursor.find("comm=");
    if (start < 0) return;
    const quoted = cursor.text[start] === '"';
    facts.comm = quoted ? cursor.untrustedAt(start) : unescapeAt(cursor.text, start);
  }
}

/** NETFILTER_PKT. */
export function readPacket(reading: Reading): void {
  const { cursor, facts, want } = reading;
  if (want.host) facts.host = cursor.word("saddr=") ?? facts.host;
  if (want.object) readObject(reading);
}
