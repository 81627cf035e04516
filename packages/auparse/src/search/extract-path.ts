// Names of files, and the addresses of sockets.
import { Need } from "./cursor.ts";
import { readObject } from "./extract-task.ts";
import type { Reading } from "./facts.ts";
import { inet4Text, inet6Text } from "./inet.ts";
import { hexBytes, hexEnd, unescapeAt } from "./text.ts";

/** No name is looked for in the head of a record. */
const BODY = 28;
/** A rebuilt path is cut to this many characters. */
const MAX_PATH = 4095;
const FAMILY_UNIX = 1;
const FAMILY_INET = 2;
const FAMILY_INET6 = 10;
const SOCKADDR_IN = 16;
const SOCKADDR_IN6 = 28;

/** CWD: the event's first one counts. */
export function readCwd({ cursor, facts, want }: Reading): void {
  if (!want.file) return;
  const start = cursor.find(" cwd=", BODY);
  if (start < 0) return;
  const cwd = cursor.untrustedAt(start);
  facts.cwd ??= cwd;
}

/** PATH. */
export function readPath(reading: Reading): void {
  const { cursor, facts, want } = reading;
  cursor.at = BODY;
  if (want.file) {
    const start = cursor.find(" name=");
    if (start >= 0) {
      const name = pathAt(reading, start);
      // `objtype=` or `nametype=`.
      const kind = cursor.find("type=", start);
      if (name !== undefined) {
        facts.file(kind < 0 ? { name } : { name, rest: cursor.text.slice(kind) });
      }
      cursor.at = start;
    }
  }
  if (want.object) readObject(reading);
}

/** The ` path=` of AVC_PATH. */
export function readAvcPath(reading: Reading): void {
  if (!reading.want.file) return;
  const start = reading.cursor.find(" path=", 0);
  if (start < 0) reading.cursor.bad = true;
  else addPath(reading, start);
}

/** Takes the name that begins at `start`. */
export function addPath(reading: Reading, start: number): void {
  const name = pathAt(reading, start);
  if (name !== undefined) reading.facts.file({ name });
}

/** The name at `start`; one that begins with `./` or `..` is put behind the event's cwd. */
function pathAt({ cursor, facts }: Reading, start: number): string | undefined {
  const { text } = cursor;
  const before = cursor.at;
  let name: string | undefined;
  if (text.charCodeAt(start) === 0x22) {
    name = cursor.untrustedAt(start);
  } else if (text.startsWith("(null)", start)) {
    return "(null)";
  } else if (text.startsWith("00", start)) {
    // The name of an abstract socket.
    name = unescapeAt(text, start + 2);
  } else if (hexEnd(text, start) > start && text.includes(" ", start)) {
    name = unescapeAt(text, start);
  }
  cursor.at = before;
  if (name === undefined) cursor.bad = true;
  else if (facts.cwd !== undefined && /^\.[./]/.test(name)) {
    return `${facts.cwd}/${name}`.slice(0, MAX_PATH);
  }
  return name;
}

/** SOCKADDR: the address of a remote host, or the path of a local socket. */
export function readSockaddr({ cursor, facts, want }: Reading): void {
  if (!want.host && !want.file) return;
  const start = cursor.value("saddr=", Need.optional);
  if (start < 0) return;
  facts.host = undefined;
  if (cursor.text[start] === "(") {
    if (unescapeAt(cursor.text, start) === undefined) cursor.bad = true;
    return;
  }
  const bytes = hexBytes(cursor.text, start, hexEnd(cursor.text, start));
  if (bytes === undefined) {
    cursor.bad = true;
    return;
  }
  const size = (hexEnd(cursor.text, start) - start) >> 1;
  const family = bytes.charCodeAt(0) + (bytes.length > 1 ? bytes.charCodeAt(1) * 256 : 0);
  if (family === FAMILY_INET) {
    if (size < SOCKADDR_IN) cursor.bad = true;
    else if (want.host) facts.host = inet4Text(bytes.slice(4, 8));
  } else if (family === FAMILY_INET6) {
    if (size < SOCKADDR_IN6) cursor.bad = true;
    else if (want.host) facts.host = inet6Text(bytes.slice(8, 24));
  } else if (family === FAMILY_UNIX) {
    if (size < 4) cursor.bad = true;
    else if (want.file) facts.file({ name: localPath(bytes) });
  }
}

/** The path of a local socket; of an abstract one what follows its NUL. */
function localPath(bytes: string): string {
  const from = bytes[2] === "\0" ? 3 : 2;
  const nul = bytes.indexOf("\0", from);
  return bytes.slice(from, nul < 0 ? bytes.length : nul);
}
