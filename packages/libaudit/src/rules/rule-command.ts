// What one auditctl command line asks for, and what parsing needs to know of the machine.
import type { Rule } from "./rule.ts";

/** User and group names of the machine the rules are for. */
export interface NameResolver {
  /** Number of a user name, undefined if there is none. */
  uid(name: string): number | undefined;
  /** Number of a group name, undefined if there is none. */
  gid(name: string): number | undefined;
}

/** What parsing a rule asks about its machine. */
export interface RuleContext {
  /** Architecture of the machine, AUDIT_ARCH_*: gives b32, b64 and the table of -S. */
  readonly arch: number;
  readonly resolver: NameResolver;
  /** What stands at an absolute path (latin1), links followed; undefined if nothing does. */
  stat(path: string): "directory" | "other" | undefined;
}

/** Fields of struct audit_status that auditctl sets, u32 each. */
export type StatusField =
  | "enabled"
  | "failure"
  | "rate_limit"
  | "backlog_limit"
  | "backlog_wait_time";

/** Signals that auditctl --signal sends to auditd. */
export type AuditdSignal = "TERM" | "HUP" | "USR1" | "USR2" | "CONT";

/** One request of an auditctl command line. */
export type RuleCommand =
  /** -a, -A, -w. `rule.prepend` tells -A. */
  | { readonly kind: "add"; readonly rule: Rule }
  /** -d, -W. */
  | { readonly kind: "delete"; readonly rule: Rule }
  /** -D: all rules, or those whose key contains `key`. The rest is listed afterwards. */
  | { readonly kind: "delete-all"; readonly key?: string }
  /** -l: all rules, or those whose key contains `key`. */
  | { readonly kind: "list"; readonly key?: string; readonly interpret: boolean }
  /** -s. */
  | { readonly kind: "status"; readonly interpret: boolean }
  /** -e, -f, -r, -b, --backlog_wait_time: the status is printed afterwards. */
  | { readonly kind: "set"; readonly field: StatusField; readonly value: number }
  /** --reset-lost, --reset_backlog_wait_time_actual: the old value is printed. */
  | { readonly kind: "reset"; readonly counter: "lost" | "backlog_wait_time_actual" }
  /** --loginuid-immutable. */
  | { readonly kind: "loginuid-immutable" }
  /** -t. */
  | { readonly kind: "trim" }
  /** -q MOUNT,SUBTREE. */
  | { readonly kind: "make-equivalent"; readonly mount: string; readonly subtree: string }
  /** -m TEXT: a USER record. */
  | { readonly kind: "user-record"; readonly text: string }
  /** --signal. */
  | { readonly kind: "signal"; readonly signal: AuditdSignal }
  /** -c: go on after an error and fail at the end. Acts on a file. */
  | { readonly kind: "continue" }
  /** -i: go on after an error and succeed at the end. Acts on a file. */
  | { readonly kind: "ignore" }
  /** -R FILE. */
  | { readonly kind: "read-file"; readonly file: string }
  | { readonly kind: "version" }
  /** -h, or no argument at all. */
  | { readonly kind: "usage" };

/** Why a command line was refused. */
export interface RuleError {
  /** What auditctl writes to standard error, without the newline at its end; may be empty. */
  readonly text: string;
  /** Exit code of auditctl for such a command line: 255, or 1 without any argument. */
  readonly exitCode: number;
}

/**
 * What parseRuleArguments answers. A line may hold several requests, `-b 100 -r 5`, and those
 * before an error have been made; an add or delete is the last. The status that `set` asks for is
 * printed once, at the end, if nothing is added or deleted.
 */
export interface RuleArguments {
  /** In the order in which they are made. */
  readonly commands: readonly RuleCommand[];
  /** Lines for standard error. */
  readonly warnings: readonly string[];
  readonly error?: RuleError;
}

/**
 * What is done about an error in a rules file: `stop` reading (exit code 1), `continue` (-c came
 * before: go on, exit code 1) or `ignore` (-i came before: go on, the error does not count).
 */
export type FileErrorMode = "stop" | "continue" | "ignore";

/** A request of a rules file. */
export interface FileCommand {
  /** Line of the file, from 1. */
  readonly line: number;
  readonly command: RuleCommand;
  /** What is done if the request is refused. */
  readonly mode: FileErrorMode;
}

/** A refused line of a rules file. */
export interface FileError {
  /** Line of the file, from 1. */
  readonly line: number;
  /** What auditctl writes to standard error, without the newline at its end; may be empty. */
  readonly text: string;
  readonly mode: FileErrorMode;
}

/** A warning of a rules file, for standard error. */
export interface FileWarning {
  readonly line: number;
  readonly text: string;
}

/** What parseRulesFile answers. */
export interface RulesFile {
  /** In the order of the file, up to where auditctl would stop. */
  readonly commands: readonly FileCommand[];
  /** At most one unless -c or -i came before. */
  readonly errors: readonly FileError[];
  readonly warnings: readonly FileWarning[];
  /** 1 if an error counts, else 0. A request that is refused later may make it 1. */
  readonly exitCode: 0 | 1;
}
