// Events of several records: a system call, and what it was about. Source: libauparse 3.0.9,
// normalize_compound and normalize_syscall.
import { RecordType as T } from "@cauditd/libaudit/vocabulary";
import { actionOf } from "./call-action.ts";
import { eventKind, recordAction } from "./kinds.ts";
import { type Normalizing, note, noteAlias, noteProgram, textHere } from "./normal-form.ts";
import { configObject } from "./simple-object.ts";
import { type CallKind, callKind } from "./system-calls.ts";

/** Puts an event of several records into words; false when it has no system call. */
export function normalizeCompound(work: Normalizing): boolean {
  const { at, form } = work;
  const first = at.type;
  while (at.type !== 0 && at.type !== T.SYSCALL) at.nextRecord();
  if (at.type === 0) return false;
  form.eventKind = eventKind(first);
  const record = at.record;
  const back = (): void => {
    at.goto(record);
  };
  const call = at.find("syscall") === undefined ? undefined : textHere(work);
  let succeeded: boolean | undefined;
  const success = at.find("success");
  if (success === undefined) back();
  else {
    succeeded = success !== "no";
    form.result = { record, field: at.field };
  }
  if (!note(work, "subject", "auid", record)) back();
  if (!noteAlias(work, record)) back();
  subjectAttributes(work);
  at.firstField();
  noteProgram(work);
  if (form.how === undefined) back();
  const key = at.find("key");
  if (key !== undefined && key !== "(null)") form.key = { record, field: at.field };
  if (first === T.ANOM_LINK) form.action = recordAction(first);
  else if (first === T.CONFIG_CHANGE) {
    at.first();
    if (at.find("op") !== undefined) {
      form.action = textHere(work);
      at.firstField();
      form.object = configObject(work);
      form.objectKind = "audit-config";
    }
  } else describeCall(work, call, succeeded);
  return true;
}

function subjectAttributes(work: Normalizing): void {
  const { at } = work;
  at.first();
  do {
    if (at.type !== T.SYSCALL) continue;
    const { record } = at;
    if (work.all) {
      for (const name of ["ppid", "pid", "gid", "euid", "suid", "fsuid", "egid", "sgid", "fsgid"]) {
        if (at.find(name) === undefined) at.goto(record);
      }
      if (at.find("tty") === undefined) at.goto(record);
    }
    if (!note(work, "session", "ses", record)) at.first();
    if (work.all && !note(work, "subjectLabel", "subj", record)) at.goto(record);
    return;
  } while (at.nextRecord());
}

/** Records that say more about an event than its system call. */
const DECIDING: ReadonlyMap<number, CallKind> = new Map([
  [T.SELINUX_ERR, "mac-error"],
  [T.NETFILTER_CFG, "firewall"],
  [T.ANOM_PROMISCUOUS, "promiscuous"],
  [T.KERN_MODULE, "load-module"],
  [T.MAC_POLICY_LOAD, "mac-load"],
  [T.MAC_STATUS, "mac-enforce"],
  [T.MAC_CONFIG_CHANGE, "mac-config"],
  [T.TIME_INJOFFSET, "time"],
  [T.TIME_ADJNTPVAL, "time"],
  [T.BPF, "bpf"],
  [T.EVENT_LISTENER, "listener"],
]);

/** Records that only change the action. */
const DECISIONS: ReadonlyMap<number, string> = new Map([
  [T.AVC, "accessed-mac-policy-controlled-object"],
  [T.FANOTIFY, "accessed-policy-controlled-file"],
]);

function describeCall(
  work: Normalizing,
  call: string | undefined,
  succeeded: boolean | undefined,
): void {
  const { at, form } = work;
  let kind: CallKind | undefined;
  let decision: string | undefined;
  let type = 0;
  at.first();
  do {
    type = at.type;
    kind = DECIDING.get(type);
    decision = DECISIONS.get(type);
  } while (kind === undefined && decision === undefined && at.nextRecord());
  kind ??= call === undefined ? undefined : callKind(call);
  form.action = decision ?? actionOf(work, kind, call ?? "", succeeded, type);
  // The object is looked for all the same.
  if (decision !== undefined) actionOf(work, kind, call ?? "", succeeded, type);
}
