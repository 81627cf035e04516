// What an instance is made of.
import type { InstanceOptions } from "@cauditd/kernel";
import type { Rule } from "@cauditd/libaudit";
import type { BufferPool } from "./buffer-pool.ts";
import type { InstanceLog } from "./io/instance-log.ts";
import type { LineFormat } from "./line-format.ts";
import type { StreamPublisher } from "./stream/stream-publisher.ts";

/** The rules that an instance is given. */
export interface InstanceRules {
  /** In the order in which `auditctl -l` lists them. */
  readonly rules: readonly Rule[];
  /** Architecture of the machine, AUDIT_ARCH_*. */
  readonly arch: number;
}

/** Where an instance's problems are told. */
export interface AuditdLog {
  warn(details: object, text: string): void;
  error(details: object, text: string): void;
  /** The same with more on every line, as pino has it. */
  child?(bindings: object): AuditdLog;
}

/** What an instance is made of. */
export interface AuditdInstanceOptions {
  /** The container's name, or `host`. */
  readonly name: string;
  /** `host`, or the decimal contid. */
  readonly scope: string;
  readonly log: InstanceLog;
  readonly told: AuditdLog;
  /** What an auditd.conf adds to the lines of its log. */
  readonly format?: LineFormat;
  readonly pool?: BufferPool;
  readonly instance?: InstanceOptions;
  /** Frames wait for room in its backlog as long as it takes, as in a replay. Default false. */
  readonly patient?: boolean;
  /** Publishes what is in the log; it ends with the instance. */
  readonly stream?: StreamPublisher;
  /** The serial to go on behind; default: the one that the log recovered. */
  readonly serial?: number;
}
