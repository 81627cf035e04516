// How a log is kept by an auditd.conf: the policy, the daemon's own records, actions outside.
import { release } from "node:os";
import {
  type DaemonRecord,
  type DaemonSerials,
  type DaemonStart,
  daemonLine,
  type LogPolicy,
} from "@cauditd/kernel";
import { type AuditdConf, UNSET_U32 } from "@cauditd/libaudit";
import type { LogActions } from "./log-actions.ts";

/** The version that DAEMON_START and the state report tell. */
export const VERSION = "0.1.0";

/** What a log's conduct is made of. */
export interface LogConductOptions {
  readonly policy: LogPolicy;
  readonly actions: LogActions;
  readonly serials: DaemonSerials;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** What DAEMON_START says; without, no record of the daemon is written at all. */
  readonly start?: DaemonStart;
  /** Turns a line of the daemon into what the log gets: a node, an enriched part. */
  readonly decorate?: (line: Buffer) => Buffer;
}

/** Everything about one log that its auditd.conf decides. */
export class LogConduct {
  readonly policy: LogPolicy;
  readonly actions: LogActions;
  readonly start: DaemonStart | undefined;
  readonly #serials: DaemonSerials;
  readonly #now: () => number;
  readonly #decorate: (line: Buffer) => Buffer;

  constructor(options: LogConductOptions) {
    this.policy = options.policy;
    this.actions = options.actions;
    this.start = options.start;
    this.#serials = options.serials;
    this.#now = options.now;
    this.#decorate = options.decorate ?? ((line) => line);
  }

  /** The line of a daemon's record, with the next of its serials. */
  line(record: DaemonRecord): Buffer {
    const text = daemonLine(record, this.#now(), this.#serials.next(record.type));
    return this.#decorate(Buffer.from(text, "latin1"));
  }
}

/** What DAEMON_START says of an instance. */
export function startOf(conf: AuditdConf): DaemonStart {
  const self = { auid: UNSET_U32, uid: process.getuid?.() ?? 0, ses: UNSET_U32, pid: process.pid };
  return { version: VERSION, format: conf.log_format, kernel: release(), self };
}
