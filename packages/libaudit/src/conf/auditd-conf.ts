// auditd.conf: what it says, with auditd's own key names, and what holds where it says nothing.

/** Values of `log_format`. NOLOG is deprecated and means `write_logs = no`. */
export type LogFormat = "RAW" | "ENRICHED" | "NOLOG";

/** Values of `flush`: what makes a record durable, see auditd.conf(5). */
export type FlushKind = "NONE" | "INCREMENTAL" | "INCREMENTAL_ASYNC" | "DATA" | "SYNC";

/** Values of `name_format`: where the node name in front of each record comes from. */
export type NameFormat = "NONE" | "HOSTNAME" | "FQD" | "NUMERIC" | "USER";

/** Values of `max_log_file_action`. */
export type SizeAction = "IGNORE" | "SYSLOG" | "SUSPEND" | "ROTATE" | "KEEP_LOGS";

/** First words of the actions for space and disk errors. */
export type FailureActionName =
  | "IGNORE"
  | "SYSLOG"
  | "ROTATE"
  | "EMAIL"
  | "EXEC"
  | "SUSPEND"
  | "SINGLE"
  | "HALT";

/** Values of `overflow_action`. */
export type OverflowAction = "IGNORE" | "SYSLOG" | "SUSPEND" | "SINGLE" | "HALT";

/** An action for space and disk errors. `exe` is the program of EXEC: an absolute path. */
export interface FailureAction {
  readonly action: FailureActionName;
  readonly exe?: string;
}

/** A mark for free space: MB (2^20 bytes), or percent of the partition, 0 to 99. */
export interface SpaceMark {
  readonly value: number;
  readonly unit: "MB" | "%";
}

/** Ports that a client of the listener may send from, both included. */
export interface PortRange {
  readonly min: number;
  readonly max: number;
}

/**
 * Everything that auditd.conf of 3.0.9 says (AUD-3.2). Numbers are not negative; those above
 * 2^53-1 count as that. Texts are latin1: a byte a character.
 */
export interface AuditdConf {
  readonly local_events: boolean;
  readonly log_format: LogFormat;
  readonly write_logs: boolean;
  readonly log_file: string;
  /** A group number; 0 leaves the log to root. */
  readonly log_group: number;
  readonly flush: FlushKind;
  /** Records between two syncs of the incremental kinds, up to 2^31-1. */
  readonly freq: number;
  /** Log files in all, the current one included, 0 to 999; below 2 nothing is rotated. */
  readonly num_logs: number;
  readonly name_format: NameFormat;
  readonly name: string | undefined;
  /** MB. */
  readonly max_log_file: number;
  readonly max_log_file_action: SizeAction;
  readonly space_left: SpaceMark;
  readonly space_left_action: FailureAction;
  readonly admin_space_left: SpaceMark;
  readonly admin_space_left_action: FailureAction;
  readonly disk_full_action: FailureAction;
  readonly disk_error_action: FailureAction;
  readonly verify_email: boolean;
  readonly action_mail_acct: string;
  readonly priority_boost: number;
  /** 1 to 65535; undefined: no listener. */
  readonly tcp_listen_port: number | undefined;
  readonly tcp_listen_queue: number;
  readonly tcp_max_per_addr: number;
  readonly use_libwrap: boolean;
  readonly tcp_client_ports: PortRange;
  /** Seconds; 0 is off. */
  readonly tcp_client_max_idle: number;
  readonly transport: "TCP" | "KRB5";
  readonly krb5_principal: string | undefined;
  readonly krb5_key_file: string | undefined;
  readonly distribute_network: boolean;
  /** Records, 0 to 99999. */
  readonly q_depth: number;
  readonly overflow_action: OverflowAction;
  readonly max_restarts: number;
  readonly plugin_dir: string;
  /** Seconds. */
  readonly end_of_event_timeout: number;
}

const IGNORE: FailureAction = { action: "IGNORE" };
const NO_MARK: SpaceMark = { value: 0, unit: "MB" };

/**
 * What holds for a key that the file does not have; also for a file that is empty or missing. In
 * the order in which keys are printed: what another one depends on stands before it.
 */
export const AUDITD_CONF_DEFAULTS: AuditdConf = {
  local_events: true,
  log_format: "ENRICHED",
  write_logs: true,
  log_file: "/var/log/audit/audit.log",
  log_group: 0,
  flush: "NONE",
  freq: 0,
  num_logs: 0,
  name_format: "NONE",
  name: undefined,
  max_log_file: 0,
  max_log_file_action: "IGNORE",
  space_left: NO_MARK,
  space_left_action: IGNORE,
  admin_space_left: NO_MARK,
  admin_space_left_action: IGNORE,
  disk_full_action: IGNORE,
  disk_error_action: { action: "SYSLOG" },
  verify_email: true,
  action_mail_acct: "root",
  priority_boost: 4,
  tcp_listen_port: undefined,
  tcp_listen_queue: 5,
  tcp_max_per_addr: 1,
  use_libwrap: true,
  tcp_client_ports: { min: 0, max: 65535 },
  tcp_client_max_idle: 0,
  transport: "TCP",
  krb5_principal: undefined,
  krb5_key_file: undefined,
  distribute_network: false,
  q_depth: 2000,
  overflow_action: "SYSLOG",
  max_restarts: 10,
  plugin_dir: "/etc/audit/plugins.d",
  end_of_event_timeout: 2,
};

/** What stands at a path. */
export interface PathStatus {
  readonly kind: "file" | "directory" | "other";
  /** Its owner is root, or the user that the daemon runs as. */
  readonly trusted: boolean;
  /** Permission bits, 0 to 0o7777. */
  readonly mode: number;
}

/** What reading auditd.conf asks about the machine that the daemon runs on. Paths are latin1. */
export interface AuditdConfMachine {
  /** Number of a group name, undefined if there is none. */
  gid(name: string): number | undefined;
  /** What stands at a path, links followed; else the error (errno, positive). */
  stat(path: string): PathStatus | number;
  /** Whether a program is there and can be run. */
  isExecutable(path: string): boolean;
  /** False where the log is kept elsewhere than log_file says: its folder is not looked for. */
  readonly checksLog: boolean;
}

/** One thing that auditd says about its configuration. */
export interface AuditdConfComplaint {
  /** An error ends the daemon, or keeps the old configuration when it is read again. */
  readonly severity: "error" | "warning";
  /** Line of the file, from 1; undefined if it is about the file as a whole. */
  readonly line?: number;
  /** What auditd writes to syslog. */
  readonly text: string;
}
