// What a log's policy wants done. The shell does it, in order.
import type { DaemonRecord } from "./daemon-record.ts";

/** Priorities of syslog(3), as auditd uses them. */
export type SyslogPriority = "alert" | "crit" | "err" | "warning" | "notice" | "info";

/** What a log was opened for: named when that fails. */
export type OpenStep = "start" | "resume" | "reconfig" | "reopen";

/**
 * One thing to do. Those of a list are done one after the other; what a report (`opened`,
 * `rotateFailed`, ...) answers is done before what is left of the list.
 */
export type LogEffect =
  | { readonly kind: "syslog"; readonly priority: SyslogPriority; readonly text: string }
  /** Put what was written on the disk; `wait`: before it is acknowledged. */
  | { readonly kind: "sync"; readonly wait: boolean }
  /** Logging is suspended: close the log, so that others can move it. */
  | { readonly kind: "close" }
  /** Open the log, or a new one in its place; then report `opened` or `openFailed`. */
  | { readonly kind: "open"; readonly step: OpenStep }
  /**
   * Give every rotated file the next number and the current one `.1`; open a new one unless logging
   * is suspended. At most `most` rotated files stay. Then report `rotated`, or what failed.
   */
  | { readonly kind: "rotate"; readonly most: number }
  /** Remove rotated files with a number above `most`, telling each with `excessText`. */
  | { readonly kind: "remove-beyond"; readonly most: number }
  /** Look how much space is free; then report `sampled`. */
  | { readonly kind: "sample" }
  | {
      readonly kind: "mail";
      readonly to: string;
      readonly subject: string;
      readonly text: string;
    }
  /** Start a program, without a shell; its end is not waited for. */
  | { readonly kind: "exec"; readonly argv: readonly string[] }
  /** What `single` and `halt` mean for this container; never for the host. */
  | { readonly kind: "runlevel"; readonly level: "single" | "halt" }
  /** Write a record of the daemon if logging is not suspended; then report `wrote`. */
  | { readonly kind: "write"; readonly record: DaemonRecord };

/** A line for syslog. */
export function syslog(priority: SyslogPriority, text: string): LogEffect {
  return { kind: "syslog", priority, text };
}

/** What is told of a file that was removed because of its number. */
export function excessText(path: string): string {
  return `Log ${path} removed as it exceeds num_logs parameter`;
}
