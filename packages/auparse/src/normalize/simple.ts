// Events of one record. Source: libauparse 3.0.9, normalize_simple.
import { isUserRecord, RecordType as T } from "@cauditd/libaudit/vocabulary";
import { normalizeCompound } from "./compound.ts";
import { eventKind, recordAction } from "./kinds.ts";
import {
  type Normalizing,
  note,
  noteAlias,
  noteHere,
  noteProgram,
  noteSubjectKind,
  textHere,
} from "./normal-form.ts";
import { bpf, listener } from "./program-object.ts";
import { configObject, simpleObject } from "./simple-object.ts";

/** Records of which the shape is their own. */
const OWN: ReadonlyMap<number, (work: Normalizing) => void> = new Map([
  [T.CONFIG_CHANGE, ofKernel],
  [T.FEATURE_CHANGE, ofKernel],
  [T.SECCOMP, ofKernel],
  [T.ANOM_ABEND, ofKernel],
  [T.ANOM_PROMISCUOUS, ofKernel],
  [T.LOGIN, login],
  [T.NETFILTER_CFG, firewall],
  [T.AVC, accessVector],
  [T.BPF, program],
  [T.EVENT_LISTENER, reader],
]);
/** First and last type of labels in the network. */
const LABELS = [T.MAC_UNLBL_ALLOW, 1499] as const;

/** Puts an event of one record into words; false when it cannot be. */
export function normalizeSimple(work: Normalizing): boolean {
  const { at, form } = work;
  const { type } = at;
  // A system call whose other records are missing.
  if (type === T.SYSCALL) return normalizeCompound(work);
  form.eventKind = eventKind(type);
  const own = OWN.get(type);
  if (own !== undefined) own(work);
  else if (type >= 1200 && type < 1299) daemon(work);
  else if (type >= LABELS[0] && type <= LABELS[1]) labels(work);
  else ofProgram(work);
  return true;
}

/** A field that is looked for from the cursor on; the first one again when it is not there. */
function orFirst({ at }: Normalizing, found: boolean): void {
  if (!found) at.first();
}

function session(work: Normalizing): void {
  orFirst(work, note(work, "session", "ses", 0));
}

/** The attributes of the subject, of which only its label is told. */
function subject({ at, form, all }: Normalizing): void {
  if (!all) return;
  at.first();
  if (at.find("pid") === undefined) at.goto(0);
  if (at.find("subj") === undefined) at.goto(0);
  else form.subjectLabel = { record: 0, field: at.field };
}

/** Records that begin with the auid. */
function ofKernel(work: Normalizing): void {
  const { at, form } = work;
  const { type } = at;
  note(work, "subject", "auid", 0);
  session(work);
  subject(work);
  if (type === T.CONFIG_CHANGE) configChange(work);
  else {
    form.action = recordAction(type);
    at.first();
  }
  if (type === T.FEATURE_CHANGE || type === T.SECCOMP) {
    at.firstField();
    orFirst(work, noteAlias(work, 0));
    if (at.find("exe") !== undefined) form.how = textHere(work);
  }
  if (type === T.FEATURE_CHANGE) {
    note(work, "object", "feature", 0);
    form.objectKind = "system";
  } else if (type === T.SECCOMP) {
    orFirst(work, note(work, "object", "syscall", 0));
    form.objectKind = "process";
    note(work, "result", "code", 0);
    return;
  } else if (type === T.ANOM_ABEND) {
    at.firstField();
    orFirst(work, noteAlias(work, 0));
    orFirst(work, note(work, "object", "exe", 0));
    form.objectKind = "process";
    if (at.find("sig") !== undefined) form.how = textHere(work);
  } else if (type === T.ANOM_PROMISCUOUS) {
    at.firstField();
    note(work, "object", "dev", 0);
    noteAlias(work, 0);
    form.objectKind = "socket";
  }
  note(work, "result", "res", 0);
}

function configChange(work: Normalizing): void {
  const { at, form } = work;
  at.firstField();
  const op = at.find("op") === undefined ? "" : textHere(work).replace(/^"/, "");
  form.objectKind = "audit-config";
  if (op.startsWith("add_rule")) form.action = "added-audit-rule";
  else if (op.startsWith("remove_rule")) form.action = "deleted-audit-rule";
  else form.action = recordAction(T.CONFIG_CHANGE);
  at.firstField();
  form.object = configObject(work);
  if (!op.startsWith("add_rule") && !op.startsWith("remove_rule")) at.first();
}

function login(work: Normalizing): void {
  const { form } = work;
  orFirst(work, noteAlias(work, 0));
  subject(work);
  orFirst(work, note(work, "subject", "old-auid", 0));
  orFirst(work, note(work, "object", "auid", 0));
  form.objectKind = "user-session";
  session(work);
  note(work, "result", "res", 0);
  form.action = recordAction(T.LOGIN);
}

function firewall(work: Normalizing): void {
  const { at, form } = work;
  subject(work);
  if (at.find("comm") !== undefined) form.how = textHere(work);
  form.action = "loaded-firewall-rule-to";
  at.first();
  noteHere(work, "object", "table");
  form.subjectKind = "system";
  form.objectKind = "firewall";
}

function accessVector(work: Normalizing): void {
  const { at, form } = work;
  if (at.find("comm") !== undefined) form.how = textHere(work);
  else at.first();
  note(work, "subject", "scontext", 0);
  form.subjectKind = "unknown-acct";
  at.first();
  if (work.all) {
    note(work, "object", "tcontext", 0);
    at.first();
  }
  form.action = recordAction(T.AVC);
  at.first();
  note(work, "result", "seresult", 0);
}

function daemon(work: Normalizing): void {
  const { at, form } = work;
  const { type } = at;
  note(work, "subject", "auid", 0);
  orFirst(work, noteAlias(work, 0));
  session(work);
  subject(work);
  form.subjectKind = "auditd";
  form.action = recordAction(type);
  form.objectKind = "service";
  if (type === T.DAEMON_START) form.how = "init";
  else if (type < T.DAEMON_ACCEPT && type !== T.DAEMON_ABORT) form.how = "signal";
  note(work, "result", "res", 0);
}

function program(work: Normalizing): void {
  work.form.subjectKind = "system";
  work.form.action = bpf(work);
}

function reader(work: Normalizing): void {
  const { at, form } = work;
  note(work, "subject", "auid", 0);
  at.first();
  noteAlias(work, 0);
  at.first();
  session(work);
  subject(work);
  form.action = listener(work);
  at.first();
  if (at.find("exe") !== undefined) form.how = textHere(work);
  at.first();
  note(work, "result", "res", 0);
}

function labels(work: Normalizing): void {
  const { at, form } = work;
  const { type } = at;
  note(work, "subject", "auid", 0);
  noteSubjectKind(work);
  session(work);
  if (at.find("subj") === undefined) at.goto(0);
  else form.subjectLabel = { record: 0, field: at.field };
  if (type === T.MAC_UNLBL_ALLOW) {
    const accept = at.find("unlbl_accept");
    if (accept === undefined) at.first();
    else {
      const word = Number.parseInt(accept, 10) === 1 ? "allowing" : "disallowing";
      form.action = `is-${word}-unlabeled-network-traffic`;
    }
  } else form.action = recordAction(type);
  if (type === T.MAC_MAP_ADD || type === T.MAC_MAP_DEL) {
    orFirst(work, note(work, "object", "nlbl_domain", 0));
  }
  form.objectKind = "mac-config";
  note(work, "result", "res", 0);
}

/** Records that programs send, and all others: uid, auid, ses, res, and what they are about. */
function ofProgram(work: Normalizing): void {
  const { at, form, all } = work;
  const { type } = at;
  if (type === T.USER_LOGIN) {
    // Who could not log in has no auid yet.
    if (note(work, "subject", "id", 0)) noteSubjectKind(work);
    else {
      at.first();
      if (note(work, "subject", "acct", 0)) noteSubjectKind(work);
    }
    at.first();
  } else {
    orFirst(work, noteAlias(work, 0));
    note(work, "subject", "auid", 0);
  }
  session(work);
  subject(work);
  if (all && isUserRecord(type) && type !== T.USER) userAttributes(work, type);
  if (type === T.USER_AVC) userAccessVector(work);
  else note(work, "result", "res", 0);
  let action: string | undefined;
  if (type === T.USER_DEVICE) {
    at.first();
    action = at.find("op");
  }
  form.action = action ?? recordAction(type);
  if (type !== T.USER_AVC) {
    at.first();
    simpleObject(work, type);
  }
  how(work, type);
}

function userAttributes({ at }: Normalizing, type: number): void {
  const sessions: readonly number[] = [T.USER_START, T.USER_END, T.USER_ERR];
  const names = sessions.includes(type) ? ["hostname", "addr"] : ["hostname", "addr", "terminal"];
  for (const name of names) if (at.find(name) === undefined) at.goto(0);
}

function userAccessVector(work: Normalizing): void {
  const { at } = work;
  at.first();
  note(work, "result", "seresult", 0);
  at.first();
  note(work, "subject", "scontext", 0);
  if (!work.all) return;
  at.first();
  note(work, "object", "tcontext", 0);
}

/** In what a record says how it was done, where that is not the program. */
const HOW: ReadonlyMap<number, string> = new Map([
  [T.ANOM_EXEC, "terminal"],
  [T.TTY, "comm"],
]);

function how(work: Normalizing, type: number): void {
  const { at, form } = work;
  if (type === T.SYSTEM_BOOT || type === T.SYSTEM_SHUTDOWN) {
    form.objectKind = type === T.SYSTEM_BOOT ? "system" : "service";
    if (at.find("exe") !== undefined) form.how = textHere(work);
    return;
  }
  at.first();
  const name = HOW.get(type);
  if (name === undefined) noteProgram(work);
  else if (at.find(name) !== undefined) form.how = textHere(work);
}
