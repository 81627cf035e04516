// The keys of auditd.conf: how the value of each is read.

import { Errno, systemErrorText } from "../errno.ts";
import { asciiLowerCase } from "../letter-case.ts";
import type {
  AuditdConf,
  AuditdConfMachine,
  FailureAction,
  FailureActionName,
  FlushKind,
  LogFormat,
  NameFormat,
  OverflowAction,
  PortRange,
  SizeAction,
  SpaceMark,
} from "./auditd-conf.ts";
import {
  logFileProblem,
  mailAccountProblem,
  programProblem,
  SENDMAIL,
} from "./auditd-conf-check.ts";
import {
  boundedNumber,
  type ConfValue,
  confNumber,
  conversionError,
  leadingNumber,
  outOfRange,
} from "./auditd-conf-number.ts";

/** A configuration that is being read. */
export type AuditdConfDraft = { -readonly [Key in keyof AuditdConf]: AuditdConf[Key] };

/** The value of one line. */
export interface KeyLine {
  /** First word behind the equal sign. */
  readonly value: string;
  /** Second word, the program of EXEC. */
  readonly option: string | undefined;
  /** From 1. */
  readonly line: number;
  readonly machine: AuditdConfMachine;
  readonly warn: (text: string) => void;
}

/** Puts a value into the draft; what auditd says against it, if it refuses it. */
export type KeyReader = (draft: AuditdConfDraft, from: KeyLine) => string | undefined;

/** A keyword of auditd.conf. */
export interface AuditdConfKey {
  /** A second word is allowed: the program of EXEC. */
  readonly takesOption: boolean;
  readonly read: KeyReader;
}

const INT_MAX = 0x7fff_ffff;
const PORT_MAX = 65535;

const YES_NO: Readonly<Record<string, boolean>> = { yes: true, no: false };
const LOG_FORMATS = words<LogFormat>("RAW", "NOLOG", "ENRICHED");
const FLUSH_KINDS = words<FlushKind>("NONE", "INCREMENTAL", "INCREMENTAL_ASYNC", "DATA", "SYNC");
const NAME_FORMATS = words<NameFormat>("NONE", "HOSTNAME", "FQD", "NUMERIC", "USER");
const SIZE_ACTIONS = words<SizeAction>("IGNORE", "SYSLOG", "SUSPEND", "ROTATE", "KEEP_LOGS");
const TRANSPORTS = words<"TCP" | "KRB5">("TCP", "KRB5");
const FAILURE_ACTIONS = words<FailureActionName>(
  "IGNORE",
  "SYSLOG",
  "ROTATE",
  "EMAIL",
  "EXEC",
  "SUSPEND",
  "SINGLE",
  "HALT",
);
const OVERFLOW_ACTIONS = words<OverflowAction>("IGNORE", "SYSLOG", "SUSPEND", "SINGLE", "HALT");

function words<Word extends string>(...names: readonly Word[]): Readonly<Record<string, Word>> {
  return Object.fromEntries(names.map((name) => [asciiLowerCase(name), name]));
}

function optionNotFound({ value, line }: KeyLine): string {
  return `Option ${value} not found - line ${line}`;
}

/** A way to read a value. */
type ValueReader<T> = (from: KeyLine) => ConfValue<T>;

/** Keywords in any letter case. */
function oneOf<T>(table: Readonly<Record<string, T>>): ValueReader<T> {
  return (from) => {
    const name = asciiLowerCase(from.value);
    const value = Object.hasOwn(table, name) ? table[name] : undefined;
    return value === undefined ? { refused: optionNotFound(from) } : { value };
  };
}

/** A number with bounds, both included. */
function within(min: number, max: number): ValueReader<number> {
  return ({ value, line }) => boundedNumber(value, line, min, max);
}

const number: ValueReader<number> = ({ value, line }) => confNumber(value, line);
const text: ValueReader<string> = ({ value }) => ({ value });

/** A number whose upper bound has words of its own. */
function atMost(max: number, refused: string): ValueReader<number> {
  return (from) => {
    const read = number(from);
    return "value" in read && read.value > max ? { refused } : read;
  };
}

/** MB, or percent: a percent sign anywhere makes it one. */
const spaceMark: ValueReader<SpaceMark> = ({ value: given, line }) => {
  const other = /[^0-9%]/.exec(given)?.[0];
  if (other !== undefined) {
    const refused = `Value ${other} ${given} should only be numbers or percent - line ${line}`;
    return { refused };
  }
  const value = leadingNumber(given.replace("%", " "));
  if (value === undefined) return { refused: conversionError(line) };
  if (!given.includes("%")) return { value: { value, unit: "MB" } };
  if (value > 99) return { refused: `Percentages should be less than 100 - line ${line}` };
  return { value: { value, unit: "%" } };
};

/** The action of a key; `refuses` are those that it does not have. */
function failureAction(
  key: string,
  refuses: readonly FailureActionName[],
): ValueReader<FailureAction> {
  const read = oneOf(FAILURE_ACTIONS);
  return (from) => {
    const word = read(from);
    if ("refused" in word) return word;
    const action = word.value;
    if (refuses.includes(action)) {
      return { refused: `Illegal option ${from.value} for ${key} - line ${from.line}` };
    }
    if (action === "EMAIL" && !from.machine.isExecutable(SENDMAIL)) {
      from.warn(`Email option is specified but ${SENDMAIL} doesn't seem executable.`);
    }
    if (action !== "EXEC") return { value: { action } };
    const refused = programProblem(from.option, from.line, from.machine);
    if (refused !== undefined || from.option === undefined) return { refused: refused ?? "" };
    return { value: { action, exe: from.option } };
  };
}

/** A number, or a name of the machine's group file. */
const group: ValueReader<number> = ({ value: given, line, machine }) => {
  if (/^\d/.test(given)) {
    const value = leadingNumber(given);
    if (value !== undefined) return { value: Number(BigInt.asUintN(32, BigInt(value))) };
    const reason = systemErrorText(Errno.ERANGE);
    return {
      refused: `Numeric group ID conversion error (${reason}) for ${given} - line ${line}`,
    };
  }
  const value = machine.gid(given);
  if (value !== undefined) return { value };
  return { refused: `Group ID is non-numeric and unknown (${given}) - line ${line}` };
};

/** `N` or `N-M`; of several dashes the last counts. */
const portRange: ValueReader<PortRange> = ({ value: given, line }) => {
  if (!/^\d(?:\d|-(?=.))*$/.test(given)) {
    const wanted = "should only be numbers, or two numbers separated by a dash";
    return { refused: `Value ${given} ${wanted} - line ${line}` };
  }
  const min = leadingNumber(given);
  const max = leadingNumber(given.slice(given.lastIndexOf("-") + 1));
  if (min === undefined || max === undefined) return { refused: conversionError(line) };
  for (const port of [min, max]) {
    if (port > PORT_MAX) return { refused: outOfRange(port, "large", line) };
  }
  if (min <= max) return { value: { min, max } };
  return { refused: `Error - converted range (${min}-${max}) is reversed - line ${line}` };
};

/** A reader that puts what `read` gives under `key`. */
function put<Key extends keyof AuditdConf>(
  key: Key,
  read: ValueReader<AuditdConf[Key]>,
): AuditdConfKey {
  return {
    takesOption: false,
    read(draft, from) {
      const result = read(from);
      if ("refused" in result) return result.refused;
      draft[key] = result.value;
      return undefined;
    },
  };
}

function deprecated(key: string): AuditdConfKey {
  const read: KeyReader = (_draft, { line, warn }) => {
    warn(`The ${key} option is deprecated - line ${line}`);
    return undefined;
  };
  return { takesOption: false, read };
}

const logFormat = put("log_format", oneOf(LOG_FORMATS));

const readLogFormat: KeyReader = (draft, from) => {
  const refused = logFormat.read(draft, from);
  if (refused !== undefined || draft.log_format !== "NOLOG") return refused;
  from.warn("The NOLOG option to log_format is deprecated. Please use the write_logs option.");
  if (draft.write_logs) {
    from.warn("The NOLOG option is overriding the write_logs current setting.");
  }
  draft.write_logs = false;
  return undefined;
};

const readLogFile: KeyReader = (draft, { value, line, machine, warn }) => {
  const refused = logFileProblem(value, line, machine, warn);
  if (refused === undefined) draft.log_file = value;
  return refused;
};

/** Checked if verify_email does not stand before it with `no`. */
const readMailAccount: KeyReader = (draft, { value }) => {
  const refused = draft.verify_email ? mailAccountProblem(value) : undefined;
  if (refused === undefined) draft.action_mail_acct = value;
  return refused;
};

const queueDepth = put("q_depth", atMost(99999, "q_depth must be 99999 or less"));

const readQueueDepth: KeyReader = (draft, from) => {
  const refused = queueDepth.read(draft, from);
  if (refused === undefined && draft.q_depth < 512) {
    from.warn("q_depth should be larger than 512 for safety margin");
  }
  return refused;
};

const krb5 = oneOf(YES_NO);

const readKrb5: KeyReader = (draft, from) => {
  const result = krb5(from);
  if ("refused" in result) return result.refused;
  if (result.value) draft.transport = "KRB5";
  return undefined;
};

const WITH_EXEC = { takesOption: true } as const;

/** The keys, in the order in which auditd knows them. */
const KEYS: Readonly<Record<string, AuditdConfKey>> = {
  local_events: put("local_events", oneOf(YES_NO)),
  write_logs: put("write_logs", oneOf(YES_NO)),
  log_file: { takesOption: false, read: readLogFile },
  log_format: { takesOption: false, read: readLogFormat },
  log_group: put("log_group", group),
  flush: put("flush", oneOf(FLUSH_KINDS)),
  freq: put("freq", within(0, INT_MAX)),
  num_logs: put("num_logs", atMost(999, "num_logs must be 999 or less")),
  dispatcher: deprecated("dispatcher"),
  name_format: put("name_format", oneOf(NAME_FORMATS)),
  name: put("name", text),
  disp_qos: deprecated("disp_qos"),
  max_log_file: put("max_log_file", number),
  max_log_file_action: put("max_log_file_action", oneOf(SIZE_ACTIONS)),
  space_left: put("space_left", spaceMark),
  space_left_action: {
    ...put("space_left_action", failureAction("space_left_action", [])),
    ...WITH_EXEC,
  },
  action_mail_acct: { takesOption: false, read: readMailAccount },
  verify_email: put("verify_email", oneOf(YES_NO)),
  admin_space_left: put("admin_space_left", spaceMark),
  admin_space_left_action: {
    ...put("admin_space_left_action", failureAction("admin_space_left_action", [])),
    ...WITH_EXEC,
  },
  disk_full_action: {
    ...put("disk_full_action", failureAction("disk_full_action", ["EMAIL"])),
    ...WITH_EXEC,
  },
  disk_error_action: {
    ...put("disk_error_action", failureAction("disk_error_action", ["EMAIL", "ROTATE"])),
    ...WITH_EXEC,
  },
  priority_boost: put("priority_boost", within(0, INT_MAX)),
  tcp_listen_port: put("tcp_listen_port", within(1, PORT_MAX)),
  tcp_listen_queue: put("tcp_listen_queue", within(1, PORT_MAX)),
  tcp_max_per_addr: put("tcp_max_per_addr", within(1, 1024)),
  use_libwrap: put("use_libwrap", oneOf(YES_NO)),
  tcp_client_ports: put("tcp_client_ports", portRange),
  tcp_client_max_idle: put("tcp_client_max_idle", within(0, INT_MAX)),
  transport: put("transport", oneOf(TRANSPORTS)),
  enable_krb5: { takesOption: false, read: readKrb5 },
  krb5_principal: put("krb5_principal", text),
  krb5_key_file: put("krb5_key_file", text),
  distribute_network: put("distribute_network", oneOf(YES_NO)),
  q_depth: { takesOption: false, read: readQueueDepth },
  overflow_action: put("overflow_action", oneOf(OVERFLOW_ACTIONS)),
  max_restarts: put("max_restarts", within(0, INT_MAX)),
  plugin_dir: put("plugin_dir", text),
  end_of_event_timeout: put("end_of_event_timeout", number),
};

/** Names of the keys that auditd.conf of 3.0.9 may have. */
export const AUDITD_CONF_KEYS: readonly string[] = Object.keys(KEYS);

/** A key by its name in any letter case; undefined if auditd has none of that name. */
export function auditdConfKey(name: string): AuditdConfKey | undefined {
  const lower = asciiLowerCase(name);
  return Object.hasOwn(KEYS, lower) ? KEYS[lower] : undefined;
}
