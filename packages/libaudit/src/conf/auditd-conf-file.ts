// auditd.conf: lines to a configuration, with auditd's own complaints.

import { asciiLowerCase } from "../letter-case.ts";
import {
  AUDITD_CONF_DEFAULTS,
  type AuditdConf,
  type AuditdConfComplaint,
  type AuditdConfMachine,
} from "./auditd-conf.ts";
import { sanityComplaints } from "./auditd-conf-check.ts";
import { AUDITD_CONF_KEYS, type AuditdConfDraft, auditdConfKey } from "./auditd-conf-key.ts";

/** Bytes of the longest line that is read, without its newline (AUD-124). */
const LINE_MAX = 158;

/** What parseAuditdConf answers. */
export interface AuditdConfFile {
  /** Undefined if there is an error: auditd ends with exit code 6, or keeps what it had. */
  readonly conf: AuditdConf | undefined;
  /** In the order in which auditd says them; an error is the last. */
  readonly complaints: readonly AuditdConfComplaint[];
}

/** What the words of a line are, or what is wrong with their number. */
interface Words {
  readonly name: string | undefined;
  readonly value: string | undefined;
  readonly option: string | undefined;
  readonly problem: string | undefined;
}

/** Only blanks separate words; a comment has no words. */
function wordsOf(text: string): Words {
  const [name, equals, value, option, more] = text.split(" ").filter((word) => word !== "");
  const none = { name: undefined, value: undefined, option: undefined, problem: undefined };
  if (name === undefined || name.startsWith("#")) return none;
  const counted = "Wrong number of arguments";
  if (equals === undefined) return { ...none, name, problem: counted };
  if (equals !== "=") return { ...none, name, problem: "Missing equal sign" };
  const problem = value === undefined || more !== undefined ? counted : undefined;
  return { name, value, option, problem };
}

/** Letters to change to make one word of the other, to find a misspelled key. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a.charCodeAt(i - 1) === b.charCodeAt(j - 1) ? 0 : 1;
      const [left = 0, above = 0, corner = 0] = [next[j - 1], row[j], row[j - 1]];
      next.push(Math.min(left + 1, above + 1, corner + same));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

function nearestKey(name: string): string {
  const lower = asciiLowerCase(name);
  let nearest = "";
  let least = Number.POSITIVE_INFINITY;
  for (const key of AUDITD_CONF_KEYS) {
    const changes = distance(lower, key);
    if (changes >= least) continue;
    [nearest, least] = [key, changes];
  }
  return nearest;
}

/** Reads one file. */
class ConfReader {
  readonly #file: string;
  readonly #machine: AuditdConfMachine;
  readonly #draft: AuditdConfDraft = { ...AUDITD_CONF_DEFAULTS };
  readonly #complaints: AuditdConfComplaint[] = [];

  constructor(file: string, machine: AuditdConfMachine) {
    this.#file = file;
    this.#machine = machine;
  }

  /** False at an error: no later line is read. */
  line(text: string, line: number): boolean {
    const { name, value, option, problem } = wordsOf(text);
    if (name === undefined) return true;
    // With a value it goes on: what is too much of one is refused, or left out, further down.
    if (problem !== undefined) this.#warn(`${problem} for line ${line} in ${this.#file}`, line);
    if (value === undefined) {
      return this.#error(`Not processing any more lines in ${this.#file}`, line);
    }
    const key = auditdConfKey(name);
    if (key === undefined) {
      const unknown = `Unknown keyword "${name}" in line ${line} of ${this.#file}`;
      return this.#error(`${unknown}; the nearest one is "${nearestKey(name)}"`, line);
    }
    if (option !== undefined && !key.takesOption) {
      const invalid = `Keyword "${name}" has invalid option "${option}"`;
      return this.#error(`${invalid} in line ${line} of ${this.#file}`, line);
    }
    const warn = (said: string) => this.#warn(said, line);
    const refused = key.read(this.#draft, { value, option, line, machine: this.#machine, warn });
    return refused === undefined || this.#error(refused, line);
  }

  #error(text: string, line: number): false {
    this.#complaints.push({ severity: "error", line, text });
    return false;
  }

  #warn(text: string, line: number): void {
    this.#complaints.push({ severity: "warning", line, text });
  }

  /** A line that is not read at all. */
  skip(line: number): void {
    this.#warn(`Skipping line ${line} in ${this.#file}: too long`, line);
  }

  /** @param complete every line was read; `lines` is their number */
  end(complete: boolean, lines: number): AuditdConfFile {
    // A file without any line is as good as none: its zeros are not looked at (AUD-3.1).
    if (complete && lines > 0) this.#complaints.push(...sanityComplaints(this.#draft));
    const isRefused = this.#complaints.some(({ severity }) => severity === "error");
    return { conf: isRefused ? undefined : this.#draft, complaints: this.#complaints };
  }
}

/**
 * Reads auditd.conf of any bytes. Never throws. The first error is the last complaint, in the words
 * of auditd 3.0.9; docs/reference/auditd.conf.md names what differs. `file` is its name in them.
 * @param all goes on behind an error, so that those of all lines are told
 */
export function parseAuditdConf(
  bytes: Uint8Array,
  file: string,
  machine: AuditdConfMachine,
  all = false,
): AuditdConfFile {
  const reader = new ConfReader(file, machine);
  let complete = true;
  let line = 0;
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline;
    line += 1;
    if (end - start > LINE_MAX) reader.skip(line);
    else if (!reader.line(latin1(bytes.subarray(start, end)), line)) {
      complete = false;
      if (!all) break;
    }
    start = end + 1;
  }
  return reader.end(complete, line);
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
