import { encodeValue } from "@cauditd/auparse";
import {
  type Errno,
  KEY_SEPARATOR,
  RecordType,
  type Rule,
  RuleListNumber,
  ruleKeys,
} from "@cauditd/libaudit";

/** Who asked: what the records of control requests say of the caller. */
export interface ControlSubject {
  /** Thread group. */
  readonly pid: number;
  readonly uid: number;
  readonly auid: number;
  readonly ses: number;
  /** Security label; left out without one. */
  readonly subj?: string;
  /**
   * What audit_log_task_info writes, for FEATURE_CHANGE: `ppid=1 pid=2 ... exe="/x"`, with subj
   * where there is one. Without it the record has only pid, uid, auid and ses.
   */
  readonly info?: string;
}

/** A record that a request has caused: an event of its own, of the scope that it is about. */
export interface ControlRecord {
  /** Number of its record type. */
  readonly type: number;
  /** What stands behind `msg=audit(...): `. */
  readonly body: string;
}

/** What a control request answers. */
export interface ControlReply {
  /** 0, or why it was refused. */
  readonly errno: Errno | 0;
  /** What a reset found: the old value. 0 for other requests. */
  readonly value: number;
  /** To be written in this order, whether it was refused or not. */
  readonly records: readonly ControlRecord[];
}

/** A reply without an old value. */
export function reply(errno: Errno | 0, records: readonly ControlRecord[] = []): ControlReply {
  return { errno, value: 0, records };
}

/** `pid= uid= auid= ses= [subj=]`: kernel audit_log_common_recv_msg. */
function common(subject: ControlSubject): string {
  return `pid=${subject.pid} uid=${subject.uid} ${session(subject)}`;
}

/** `auid= ses= [subj=]`: kernel audit_log_session_info and audit_log_task_context. */
function session({ auid, ses, subj }: ControlSubject): string {
  return `auid=${auid} ses=${ses}${subj === undefined ? "" : ` subj=${subj}`}`;
}

/**
 * CONFIG_CHANGE of a status field (spec 2.11; kernel audit_log_config_change).
 * @param name audit_enabled, audit_pid, lost ...
 */
export function setRecord(
  name: string,
  value: number,
  old: number,
  subject: ControlSubject,
  allowed: boolean,
): ControlRecord {
  const body = `op=set ${name}=${value} old=${old} ${session(subject)} res=${allowed ? 1 : 0}`;
  return { type: RecordType.CONFIG_CHANGE, body };
}

/** CONFIG_CHANGE of a rule (AUD-119; kernel audit_log_rule_change). */
export function ruleRecord(
  op: "add_rule" | "remove_rule",
  rule: Rule,
  subject: ControlSubject,
  done: boolean,
): ControlRecord {
  const keys = ruleKeys(rule).join(KEY_SEPARATOR);
  const key = keys === "" ? "(null)" : encodeValue(Buffer.from(keys, "latin1"));
  const list = RuleListNumber[rule.list];
  const body = `${session(subject)} op=${op} key=${key} list=${list} res=${done ? 1 : 0}`;
  return { type: RecordType.CONFIG_CHANGE, body };
}

/** CONFIG_CHANGE of a rule while the instance is locked (AUD-99). */
export function lockedRuleRecord(
  op: "add_rule" | "remove_rule",
  subject: ControlSubject,
): ControlRecord {
  const body = `${common(subject)} op=${op} audit_enabled=2 res=0`;
  return { type: RecordType.CONFIG_CHANGE, body };
}

/** Which rules were replaced at once; not an operation of the kernel's. */
export type ReplaceOp = "replace_rules" | "replace_floor";

/** CONFIG_CHANGE of a replacement; `rules` = how many there are behind it. */
export function replaceRecord(
  op: ReplaceOp,
  rules: number,
  subject: ControlSubject,
  done: 0 | 1,
): ControlRecord {
  const body = `${session(subject)} op=${op} rules=${rules} res=${done}`;
  return { type: RecordType.CONFIG_CHANGE, body };
}

/** What a FEATURE_CHANGE record says. */
export interface FeatureChange {
  readonly feature: string;
  readonly old: boolean;
  readonly new: boolean;
  readonly oldLock: boolean;
  readonly newLock: boolean;
  readonly done: boolean;
}

/** FEATURE_CHANGE; its body begins with a blank (spec 2.11). */
export function featureRecord(change: FeatureChange, subject: ControlSubject): ControlRecord {
  const bit = (on: boolean): string => (on ? "1" : "0");
  const body =
    ` ${subject.info ?? common(subject)} feature=${change.feature}` +
    ` old=${bit(change.old)} new=${bit(change.new)}` +
    ` old_lock=${bit(change.oldLock)} new_lock=${bit(change.newLock)} res=${bit(change.done)}`;
  return { type: RecordType.FEATURE_CHANGE, body };
}
