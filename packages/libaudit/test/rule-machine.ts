// A machine to read rules on, and what the tests of rules share.
import {
  Arch,
  checkRule,
  formatRules,
  parseRuleArguments,
  parseRulesFile,
  type Rule,
  type RuleCommand,
  type RuleContext,
  type RuleFormat,
  RuleSet,
  requestErrorText,
} from "@cauditd/libaudit";
import fc from "fast-check";

const DIRECTORIES: ReadonlySet<string> = new Set([
  "/",
  "/bin",
  "/etc",
  "/etc/ssh",
  "/usr/bin",
  "/var/log/audit",
]);
const FILES: ReadonlySet<string> = new Set(["/etc/passwd", "/bin/sh"]);
const USERS: ReadonlyMap<string, number> = new Map([
  ["root", 0],
  ["alice", 1000],
]);
const GROUPS: ReadonlyMap<string, number> = new Map([
  ["root", 0],
  ["adm", 4],
]);

export const MACHINE: RuleContext = {
  arch: Arch.X86_64,
  resolver: { uid: (name) => USERS.get(name), gid: (name) => GROUPS.get(name) },
  stat: (path) => {
    if (DIRECTORIES.has(path)) return "directory";
    return FILES.has(path) ? "other" : undefined;
  },
};

export const FORMAT: RuleFormat = { arch: Arch.X86_64 };

/** What a command line does: complaints as auditctl prints them, its exit code, the listing. */
export interface Outcome {
  readonly code: number;
  readonly stderr: string;
  readonly list: string;
  readonly kinds: readonly string[];
}

function send(command: RuleCommand, rules: RuleSet): number {
  if (command.kind === "add") return rules.add(command.rule);
  if (command.kind === "delete") return rules.delete(command.rule);
  if (command.kind === "delete-all") rules.deleteAll(command.key);
  return 0;
}

/** Runs command lines one after the other on the same rules; answers for the last. */
export function run(...lines: readonly (readonly string[])[]): Outcome {
  const rules = new RuleSet(Arch.X86_64);
  let code = 0;
  let texts: string[] = [];
  let kinds: string[] = [];
  for (const args of lines) {
    const read = parseRuleArguments(args, MACHINE);
    texts = [...read.warnings];
    kinds = read.commands.map(({ kind }) => kind);
    code = read.error?.exitCode ?? 0;
    if (read.error !== undefined && read.error.text !== "") texts.push(read.error.text);
    for (const command of read.commands) {
      const errno = send(command, rules);
      if (errno === 0) continue;
      code = 255;
      texts.push(requestErrorText(command, errno));
    }
  }
  const stderr = texts.map((text) => `${text}\n`).join("");
  return { code, stderr, list: formatRules(rules.rules(), FORMAT), kinds };
}

/** Runs one command line written with blanks. */
export function line(text: string): Outcome {
  return run(text.split(" "));
}

/** The rule of one command line; throws if it is refused. */
export function rule(text: string): Rule {
  const { commands, error } = parseRuleArguments(text.split(" "), MACHINE);
  const command = commands.at(-1);
  if (command === undefined || !("rule" in command)) {
    throw new Error(`${text}: ${error?.text ?? "no rule"}`);
  }
  return command.rule;
}

/** Reads a rules file of latin1 text. */
export function file(text: string): ReturnType<typeof parseRulesFile> {
  return parseRulesFile(Buffer.from(text, "latin1"), MACHINE);
}

const FIELDS = [
  "pid uid euid suid fsuid gid egid sgid fsgid auid pers ppid sessionid devmajor devminor inode",
  "exit success path perm dir filetype obj_uid obj_gid a0 a1 a2 a3 exe saddr_fam subj_user",
  "obj_type arch msgtype fstype field_compare contid key nosuch",
]
  .join(" ")
  .split(" ");
const VALUES = [
  "0 1 2 8 46 0x10 010 1000 -1 -13 4294967295 99999999999 unset root alice adm EACCES -EACCES",
  "rwxa r wa file dir b64 b32 x86_64 aarch64 SYSCALL 1300 tracefs /etc /etc/passwd /bin/sh etc abc",
]
  .join(" ")
  .split(" ");

const test = fc
  .tuple(
    fc.constantFrom(...FIELDS),
    fc.constantFrom("=", "!=", ">", ">=", "<", "<=", "&", "&="),
    fc.constantFrom(...VALUES),
  )
  .map((parts) => ["-F", parts.join("")]);
const words = fc.oneof(
  { weight: 6, arbitrary: test },
  fc.constantFrom(
    ["-S", "open,openat"],
    ["-S", "all"],
    ["-S", "257"],
    ["-C", "auid!=obj_uid"],
    ["-C", "gid=egid"],
    ["-p", "wa"],
    ["-k", "one"],
    ["-k", "two"],
  ),
);
const place = fc.constantFrom(
  ["-a", "always,exit"],
  ["-a", "never,exit"],
  ["-A", "exit,always"],
  ["-a", "always,user"],
  ["-a", "never,task"],
  ["-a", "always,exclude"],
  ["-a", "never,filesystem"],
  ["-w", "/etc/passwd"],
  ["-w", "/etc/"],
);

/** Command lines of rules, of which a part is refused. */
export const commandLine: fc.Arbitrary<string[]> = fc
  .tuple(place, fc.array(words, { maxLength: 4 }))
  .map(([first, rest]) => [...first, ...rest.flat()]);

/** Rules that auditctl writes and the kernel takes. */
export const takenRule: fc.Arbitrary<Rule> = commandLine
  .map((args) => parseRuleArguments(args, MACHINE).commands[0])
  .filter((command) => command?.kind === "add" && checkRule(command.rule) === 0)
  .map((command) => (command as Extract<RuleCommand, { kind: "add" }>).rule);
