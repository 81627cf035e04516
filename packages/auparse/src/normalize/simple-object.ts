// What an event of one record is about. Source: libauparse 3.0.9, find_simple_object.
import { RecordType as T } from "@cauditd/libaudit/vocabulary";
import type { FieldPlace } from "./event-cursor.ts";
import { type Normalizing, textHere } from "./normal-form.ts";

/** Which field is the object, and what kind of thing that is. */
interface ObjectField {
  /** Undefined: only the kind is known. */
  readonly field?: string;
  /** Looked for when `field` is not there. */
  readonly else?: string;
  readonly kind?: string;
}

const ACCOUNT: ObjectField = { field: "id", else: "acct", kind: "account" };
const TERMINAL: ObjectField = { field: "terminal", kind: "user-session" };
const LOGIN: ObjectField = { field: "acct", kind: "user-session" };
const COMMAND: ObjectField = { field: "cmd", kind: "process" };
const SERVICE: ObjectField = { field: "unit", kind: "service" };
const KEYS: ObjectField = { field: "data", kind: "keystrokes" };
const MAC: ObjectField = { kind: "mac-config" };

const OBJECTS: ReadonlyMap<number, ObjectField> = new Map([
  [T.SERVICE_START, SERVICE],
  [T.SERVICE_STOP, SERVICE],
  [T.SYSTEM_RUNLEVEL, { field: "new-level", kind: "system" }],
  [T.USER_ROLE_CHANGE, { field: "selected-context", kind: "user-session" }],
  [T.ROLE_ASSIGN, ACCOUNT],
  [T.ROLE_REMOVE, ACCOUNT],
  [T.USER_MGMT, ACCOUNT],
  [T.ACCT_LOCK, ACCOUNT],
  [T.ACCT_UNLOCK, ACCOUNT],
  [T.ADD_USER, ACCOUNT],
  [T.DEL_USER, ACCOUNT],
  [T.ADD_GROUP, ACCOUNT],
  [T.DEL_GROUP, ACCOUNT],
  [T.GRP_MGMT, ACCOUNT],
  [T.USER_START, TERMINAL],
  [T.USER_END, TERMINAL],
  [T.USER_ERR, TERMINAL],
  [T.USER_LOGIN, TERMINAL],
  [T.USER_LOGOUT, TERMINAL],
  [T.USER_AUTH, LOGIN],
  [T.USER_ACCT, LOGIN],
  [T.CRED_ACQ, LOGIN],
  [T.CRED_REFR, LOGIN],
  [T.CRED_DISP, LOGIN],
  [T.USER_CHAUTHTOK, LOGIN],
  [T.GRP_CHAUTHTOK, LOGIN],
  [T.ANOM_LOGIN_FAILURES, LOGIN],
  [T.ANOM_LOGIN_TIME, LOGIN],
  [T.ANOM_LOGIN_SESSIONS, LOGIN],
  [T.ANOM_LOGIN_LOCATION, LOGIN],
  [T.ANOM_EXEC, COMMAND],
  [T.USER_CMD, COMMAND],
  [T.USER_TTY, KEYS],
  [T.TTY, KEYS],
  [T.USER_DEVICE, { field: "device", kind: "keystrokes" }],
  [T.SOFTWARE_UPDATE, { field: "sw", kind: "software" }],
  [T.VIRT_MACHINE_ID, { field: "vm", kind: "virtual-machine" }],
  [T.VIRT_RESOURCE, { field: "resrc", kind: "virtual-machine" }],
  [T.VIRT_CONTROL, { field: "op", kind: "virtual-machine" }],
  [T.LABEL_LEVEL_CHANGE, { field: "printer", kind: "printer" }],
  [T.MAC_CONFIG_CHANGE, { field: "bool", kind: "mac-config" }],
  [T.MAC_STATUS, { field: "enforcing", kind: "mac-config" }],
  [T.MAC_POLICY_LOAD, MAC],
  [T.LABEL_OVERRIDE, MAC],
  [T.DEV_ALLOC, MAC],
  [T.DEV_DEALLOC, MAC],
  [T.FS_RELABEL, MAC],
  [T.USER_MAC_POLICY_LOAD, MAC],
  [T.ROLE_MODIFY, MAC],
  [T.USER_MAC_CONFIG_CHANGE, MAC],
  [T.USER, { field: "addr" }],
  [T.CRYPTO_KEY_USER, { field: "fp", kind: "user-session" }],
  [T.CRYPTO_SESSION, { field: "addr", kind: "user-session" }],
  [T.ANOM_RBAC_INTEGRITY_FAIL, { field: "hostname", kind: "file-system" }],
]);

/** What stands beside the object. */
const DETAILS: ReadonlyMap<number, string> = new Map([
  [T.CRYPTO_SESSION, "rport"],
  [T.SOFTWARE_UPDATE, "sw_type"],
]);
/** What the object is part of. */
const SECOND: ReadonlyMap<number, string> = new Map([
  [T.VIRT_CONTROL, "vm"],
  [T.VIRT_RESOURCE, "vm"],
  [T.SOFTWARE_UPDATE, "root_dir"],
]);
/** Settings of auditing that a CONFIG_CHANGE may be about, in the order of looking. */
const SETTINGS = ["audit_enabled", "audit_pid", "audit_backlog_limit", "audit_failure", "actions"];

/** The object of an event of one record, and what belongs to it. */
export function simpleObject(work: Normalizing, type: number): void {
  const { at, form } = work;
  at.firstField();
  if (type === T.USYS_CONFIG) {
    if (at.find("op") !== undefined) form.action = textHere(work);
    form.objectKind = "system";
  } else if (type === T.CONFIG_CHANGE) {
    form.object = configObject(work);
    form.objectKind = "audit-config";
  } else {
    const { field, else: other, kind } = OBJECTS.get(type) ?? {};
    form.object = placeOf(work, field);
    if (form.object === undefined && other !== undefined) {
      at.first();
      form.object = placeOf(work, other);
    }
    if (kind !== undefined) form.objectKind = kind;
  }
  at.firstField();
  form.objectDetail = placeOf(work, DETAILS.get(type));
  at.firstField();
  form.object2 = placeOf(work, SECOND.get(type));
}

/** What a CONFIG_CHANGE is about: the rule's key, or the setting. */
export function configObject(work: Normalizing): FieldPlace | undefined {
  const { at } = work;
  at.first();
  const key = at.find("key");
  if (key !== undefined && key !== "(null)") return { record: 0, field: at.field };
  for (const name of SETTINGS) {
    at.first();
    if (at.find(name) !== undefined) return { record: 0, field: at.field };
  }
  return undefined;
}

function placeOf({ at }: Normalizing, name: string | undefined): FieldPlace | undefined {
  if (name === undefined || at.find(name) === undefined) return undefined;
  return { record: 0, field: at.field };
}
