// The fields of a task as SYSCALL and a few other kernel records have them.
import { Need } from "./cursor.ts";
import { NO_ID, NO_LOGIN, Outcome, type Reading } from "./facts.ts";
import { signed64, unescapeAt } from "./text.ts";

/** Between the keys of one rule. */
const KEY_SEPARATOR = "\x01";

/** SYSCALL: without call, a0 and a1 the record is bad, whatever is asked. */
export function readSyscall(reading: Reading): void {
  const { cursor, facts, want } = reading;
  if (want.arch) facts.arch = cursor.hex("arch=", Need.required) ?? 0;
  facts.syscall = (cursor.number("syscall=", Need.required) ?? 0) | 0;
  if (want.success) {
    const word = cursor.word("success=");
    if (word !== undefined) facts.success = word === "yes" ? Outcome.success : Outcome.failed;
  }
  if (want.exit) {
    const word = cursor.word("exit=", Need.required);
    facts.exit = word === undefined ? undefined : signed64(word);
    if (facts.exit === undefined) cursor.bad = true;
  }
  facts.a0 = cursor.word("a0=", Need.required);
  cursor.hex("a1=", Need.required);
  readTask(reading);
  if (want.key) readKeys(reading);
}

/** `ppid= pid= auid= uid= gid= euid= egid= tty= ses= comm= exe= subj= res=`, in this order. */
export function readTask(reading: Reading): void {
  const { cursor, facts, want } = reading;
  if (want.ppid) facts.ppid = (cursor.number("ppid=") ?? facts.ppid) | 0;
  if (want.pid) facts.pid = (cursor.number(" pid=", Need.required) ?? facts.pid) | 0;
  if (want.auid) readAuid(reading);
  if (want.uid) {
    const start = uidStart(reading);
    if (start < 0) cursor.bad = true;
    else setUid(reading, cursor.numberAt(start));
  }
  if (want.gid) facts.gid = cursor.number("gid=", Need.required) ?? facts.gid;
  if (want.euid) {
    facts.euid = cursor.number("euid=", Need.required) ?? facts.euid;
    facts.euidName = reading.userName("euid", facts.euid);
  }
  if (want.egid) facts.egid = cursor.number("egid=", Need.required) ?? facts.egid;
  if (want.terminal) facts.terminal = cursor.word("tty=") ?? facts.terminal;
  if (want.session) facts.session = cursor.number("ses=") ?? facts.session;
  if (want.comm) facts.comm = cursor.untrusted("comm=", Need.required);
  if (want.exe) {
    // Looked for in the whole record.
    const start = cursor.find("exe=", 0);
    if (start < 0) cursor.bad = true;
    else facts.exe = cursor.untrustedAt(start);
  }
  if (want.subject) readSubject(reading, Need.optional);
  if (want.success) facts.success = (cursor.number("res=", Need.last) ?? facts.success) | 0;
}

/** `auid=`, in old records `loginuid=`. */
export function readAuid(reading: Reading): void {
  const { cursor } = reading;
  const start = cursor.find("auid=");
  setAuid(reading, start >= 0 ? cursor.numberAt(start) : cursor.number("loginuid=", Need.required));
}

/** Takes a login user and its name. */
export function setAuid(reading: Reading, auid: number | undefined): void {
  if (auid === undefined) return;
  reading.facts.auid = auid;
  reading.facts.auidName = reading.userName("auid", auid);
}

/** Takes a user and its name. */
export function setUid(reading: Reading, uid: number | undefined): void {
  if (uid === undefined) return;
  reading.facts.uid = uid;
  reading.facts.uidName = reading.userName("uid", uid);
}

/** Where the value of a `uid=` begins that is no `auid=`, or -1. */
function uidStart({ cursor }: Reading): number {
  for (;;) {
    const start = cursor.find("uid=");
    if (start < 0) return -1;
    if (cursor.text[start - 5] !== "a") return start;
    cursor.at = start - 3;
  }
}

/** `subj=`. */
export function readSubject({ cursor, facts }: Reading, need: Need): void {
  const subject = cursor.word("subj=", need);
  if (subject !== undefined) facts.label({ subject });
}

/** `obj=`, the last field of its record. */
export function readObject({ cursor, facts }: Reading): void {
  const object = cursor.word("obj=", Need.last);
  if (object !== undefined) facts.label({ object });
}

/** `key=`: one in quotes, or several encoded with 0x01 between them, or `(null)`. */
export function readKeys({ cursor, facts }: Reading): void {
  const start = cursor.find("key=");
  if (start < 0) return;
  facts.keys ??= [];
  if (cursor.text.charCodeAt(start) === 0x22) {
    const key = cursor.untrustedAt(start);
    if (key !== undefined) facts.keys.push(key);
    return;
  }
  const keys = unescapeAt(cursor.text, start);
  if (keys === undefined) cursor.bad = true;
  else facts.keys.push(...keys.split(KEY_SEPARATOR).filter((key) => key !== ""));
}

/**
 * NETFILTER_CFG and EVENT_LISTENER: what the event has no value for yet, with that of the kernel
 * itself where the record has none either.
 */
export function readKernelTask(reading: Reading): void {
  const { cursor, facts, want } = reading;
  if (want.pid && facts.pid === -1) facts.pid = (cursor.number(" pid=", Need.required) ?? -1) | 0;
  if (want.uid && facts.uid === NO_ID && facts.uidName === undefined) {
    const start = cursor.find("uid=");
    setUid(reading, start < 0 ? 0 : cursor.numberAt(start));
  }
  if (want.auid && facts.auid === NO_LOGIN && facts.auidName === undefined) {
    const start = cursor.find("auid=");
    setAuid(reading, start < 0 ? NO_ID : cursor.numberAt(start));
  }
  if (want.terminal) facts.terminal ??= cursor.word("tty=") ?? "(none)";
  if (want.session && facts.session === NO_LOGIN) facts.session = cursor.number("ses=") ?? NO_ID;
  if (want.subject && facts.labels === undefined) readSubject(reading, Need.required);
  if (want.comm) facts.comm ??= cursor.untrusted("comm=", Need.required);
  if (want.exe && facts.exe === undefined) {
    const start = cursor.find("exe=", 0);
    facts.exe = start < 0 ? "(null)" : cursor.untrustedAt(start);
  }
  if (want.success) facts.success = (cursor.number("res=", Need.last) ?? facts.success) | 0;
}
