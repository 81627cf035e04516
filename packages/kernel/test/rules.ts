// Rules and system calls for tests of the filter.
import { type AuditEvent, AuditParser } from "@cauditd/auparse";
import { Arch, parseRuleArguments, type Rule } from "@cauditd/libaudit";
import { EventFacts } from "../src/filter/event-facts.ts";

/** Directories of the machine that the rules are for; every other path is a file. */
const DIRECTORIES: ReadonlySet<string> = new Set(["/etc", "/srv", "/var/log"]);

/** One rule from auditctl's options, blanks between them. */
export function rule(options: string): Rule {
  const { commands, error } = parseRuleArguments(options.split(" "), {
    arch: Arch.X86_64,
    resolver: { uid: () => undefined, gid: () => undefined },
    stat: (path) => (DIRECTORIES.has(path) ? "directory" : "other"),
  });
  const [command] = commands;
  if (error !== undefined || command?.kind !== "add") throw new Error(`${options}: ${error?.text}`);
  return command.rule;
}

/** A system call; what is left out gets a usual value. */
export interface Call {
  readonly arch?: string;
  readonly syscall?: number;
  /** `success=... exit=...`; "" for a call that does not return. */
  readonly result?: string;
  readonly args?: readonly string[];
  /** Fields that differ from the usual ones: `{ uid: 5 }`. */
  readonly fields?: Readonly<Record<string, number | string>>;
  readonly cwd?: string;
  /** Bodies of PATH records, behind `item=N `. */
  readonly paths?: readonly string[];
  /** Further records, in front of the SYSCALL record. */
  readonly before?: readonly string[];
  /** Further records, behind it. */
  readonly more?: readonly string[];
}

let serial = 0;

/** A PATH record's body. */
export function path(
  name: string,
  inode: number | undefined,
  type = "NORMAL",
  rest: { mode?: string; uid?: number; gid?: number; dev?: string; rdev?: string } = {},
): string {
  const { mode = "0100644", uid = 0, gid = 0, dev = "fe:00", rdev = "00:00" } = rest;
  // As the kernel writes names: those with a blank or a quote are hex digits.
  const odd = /[ "]/.test(name);
  const hex = Buffer.from(name, "latin1").toString("hex").toUpperCase();
  const text = name === "(null)" ? name : odd ? hex : `"${name}"`;
  const found =
    inode === undefined
      ? ""
      : ` inode=${inode} dev=${dev} mode=${mode} ouid=${uid} ogid=${gid} rdev=${rdev}`;
  return `name=${text}${found} nametype=${type} cap_fp=0`;
}

/** The records of a system call, each with a newline. */
export function callText(call: Call): string {
  const { arch = "c000003e", syscall = 257, result = "success=yes exit=3" } = call;
  const args = call.args ?? ["ffffff9c", "0", "0", "0"];
  const fields: Record<string, number | string> = {
    ppid: 1,
    pid: 100,
    auid: 1000,
    uid: 1000,
    gid: 1000,
    euid: 1000,
    suid: 1000,
    fsuid: 1000,
    egid: 1000,
    sgid: 1000,
    fsgid: 1000,
    tty: "(none)",
    ses: 3,
    comm: '"sh"',
    exe: '"/bin/sh"',
    ...call.fields,
  };
  const head = `arch=${arch} syscall=${syscall}${result === "" ? "" : ` ${result}`}`;
  const numbers = args.map((value, index) => `a${index}=${value}`).join(" ");
  const rest = Object.entries(fields).map(([name, value]) => `${name}=${value}`);
  const stamp = `msg=audit(1700000000.000:${++serial}): `;
  const lines = [
    ...(call.before ?? []).map((text) => text.replace(" ", ` ${stamp}`)),
    `SYSCALL ${stamp}${head} ${numbers} items=0 ${rest.join(" ")} key=(null)`,
    ...(call.cwd === undefined ? [] : [`CWD ${stamp}cwd="${call.cwd}"`]),
    ...(call.paths ?? []).map((body, item) => `PATH ${stamp}item=${item} ${body}`),
    ...(call.more ?? []).map((text) => text.replace(" ", ` ${stamp}`)),
    `PROCTITLE ${stamp}proctitle="sh"`,
  ];
  return lines.map((line) => `type=${line}\n`).join("");
}

/** Runs text through a parser; every event is handed on while it is valid. */
export function events(text: string, sink: (event: AuditEvent) => void): void {
  const parser = new AuditParser(sink);
  parser.push(Buffer.from(text, "latin1"));
  parser.end();
}

/** The facts of one call, as they stand while its event is valid. */
export function withFacts(call: Call, use: (facts: EventFacts) => void): void {
  events(callText(call), (event) => {
    const facts = new EventFacts();
    facts.reset(event);
    use(facts);
  });
}
