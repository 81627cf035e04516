// What system calls did, and to what. Source: libauparse 3.0.9, normalize_syscall.
import { fileAttributes, fileObject, pathAttributes, secondObject } from "./file-object.ts";
import { recordAction } from "./kinds.ts";
import { type Normalizing, note, noteHere, textHere } from "./normal-form.ts";
import { bpf, listener, programObject } from "./program-object.ts";
import type { CallKind } from "./system-calls.ts";

/** What files are done to, and where in the event the file is. */
interface FileCall {
  readonly action: string;
  /** Records that the file's PATH is behind its usual place. */
  readonly adjust: number;
  readonly objectKind?: string;
}

const FILE_CALLS: ReadonlyMap<CallKind, FileCall> = new Map([
  ["open", { action: "opened-file", adjust: 0 }],
  ["attributes", { action: "changed-file-attributes-of", adjust: 0 }],
  ["permissions", { action: "changed-file-permissions-of", adjust: 0 }],
  ["owner", { action: "changed-file-ownership-of", adjust: 0 }],
  ["make-folder", { action: "created-directory", adjust: 1 }],
  ["rename", { action: "renamed", adjust: 2 }],
  ["stat", { action: "checked-metadata-of", adjust: 0 }],
  [
    "stat-filesystem",
    { action: "checked-filesystem-metadata-of", adjust: 0, objectKind: "file-system" },
  ],
  ["link", { action: "symlinked", adjust: 2 }],
  ["unmount", { action: "unmounted", adjust: 0, objectKind: "file-system" }],
  ["delete", { action: "deleted", adjust: 0 }],
  ["timestamp", { action: "changed-timestamp-of", adjust: 0 }],
  ["execute", { action: "executed", adjust: 1 }],
]);
/** Calls on an open file: there is no CWD record in front of the PATH. */
const ON_DESCRIPTOR: ReadonlySet<string> = new Set(["fsetxattr", "fchmod", "fchown"]);

const SOCKET_CALLS: ReadonlyMap<CallKind, string> = new Map([
  ["accept", "accepted-connection-from"],
  ["bind", "bound-socket"],
  ["connect", "connected-to"],
  ["receive", "received-from"],
  ["send", "sent-to"],
]);

/** What was set in the security module, by its field; "" = there is none. */
const MAC_SETTINGS: ReadonlyMap<CallKind, string> = new Map([
  ["mac-load", ""],
  ["mac-config", "bool"],
  ["mac-enforce", "enforcing"],
]);

/** What a system call did, and to what. */
export function actionOf(
  work: Normalizing,
  kind: CallKind | undefined,
  call: string,
  succeeded: boolean | undefined,
  type: number,
): string | undefined {
  const { at, form } = work;
  const file = kind === undefined ? undefined : FILE_CALLS.get(kind);
  if (file !== undefined) {
    form.objectKind = file.objectKind ?? "file";
    if (kind === "permissions") permissions(work, call);
    else if (kind === "owner") owner(work, call);
    else if (kind === "rename") secondObject(work, 4);
    else if (kind === "link") secondObject(work, 0);
    fileObject(work, ON_DESCRIPTOR.has(call) ? -1 : file.adjust);
    // Whatever was opened counts as a file.
    if (kind === "open") form.objectKind = "file";
    fileAttributes(work);
    return file.action;
  }
  const socket = kind === undefined ? undefined : SOCKET_CALLS.get(kind);
  if (socket !== undefined) {
    form.objectKind = "socket";
    at.goto(1);
    at.firstField();
    note(work, "object", "saddr", 1);
    return socket;
  }
  const setting = kind === undefined ? undefined : MAC_SETTINGS.get(kind);
  if (setting !== undefined) {
    if (setting !== "") noteHere(work, "object", setting);
    form.objectKind = "mac-config";
    return recordAction(type);
  }
  switch (kind) {
    case "load-module":
      form.objectKind = "file";
      at.goto(1);
      note(work, "object", "name", 1);
      return "loaded-kernel-module";
    case "unload-module":
      form.objectKind = "file";
      return "unloaded-kernel-module";
    case "mount":
      form.objectKind = "file-system";
      if (succeeded === true) secondObject(work, 0);
      fileObject(work, succeeded === true ? 1 : succeeded === false ? 0 : -1);
      if (work.all) pathAttributes(work);
      return "mounted";
    case "kill": {
      const action = at.records.length > 2 ? "killed-list-of-pids" : "killed-pid";
      at.goto(1);
      at.firstField();
      noteHere(work, "object", "saddr");
      form.objectKind = "process";
      return action;
    }
    case "mac-error":
      form.objectKind = "system";
      return "caused-mac-policy-error";
    case "firewall":
      at.first();
      noteHere(work, "object", "table");
      form.objectKind = "firewall";
      return "loaded-firewall-rule-to";
    case "promiscuous":
      return promiscuous(work);
    case "identity":
      form.objectKind = "process";
      programObject(work);
      if (form.how !== undefined) form.how = call;
      identity(work, call);
      return "changed-identity-of";
    case "time":
      form.objectKind = "system";
      return "changed-system-time";
    case "make-device":
      return makeDevice(work);
    case "system-name":
      form.objectKind = "system";
      return "changed-system-name";
    case "memory":
      form.objectKind = "memory";
      if (succeeded !== true) return "allocated-memory";
      at.first();
      noteHere(work, "object", "comm");
      return "allocated-memory-in";
    case "scheduler":
      form.objectKind = "process";
      programObject(work);
      if (form.how !== undefined) form.how = call;
      return "adjusted-scheduling-policy-of";
    case "bpf":
      return bpf(work);
    case "listener":
      return listener(work);
    default:
      return rule(work);
  }
}

function rule(work: Normalizing): string {
  const { at, form } = work;
  at.first();
  form.objectKind = "admin-defined-rule";
  const key = at.find("key");
  if (key === undefined || key === "(null)") return "triggered-unknown-audit-rule";
  form.object = { record: at.record, field: at.field };
  return "triggered-audit-rule";
}

function promiscuous(work: Normalizing): string | undefined {
  const { at, form } = work;
  at.first();
  noteHere(work, "object", "dev");
  form.objectKind = "socket";
  const mode = at.find("prom");
  if (mode === undefined) return undefined;
  const is = Number.parseInt(mode, 10) === 0 ? "left" : "entered";
  return `${is}-promiscuous-mode-on-device`;
}

function makeDevice(work: Normalizing): string {
  fileObject(work, 0);
  fileAttributes(work);
  const { objectKind } = work.form;
  if (objectKind === "character-device") return "made-character-device";
  return objectKind === "block-device" ? "made-block-device" : "make-device";
}

function permissions({ at, form }: Normalizing, call: string): void {
  at.first();
  if (at.find(call === "fchmodat" ? "a2" : "a1") === undefined) return;
  form.object2 = { record: 0, field: at.field };
}

function owner({ at, form }: Normalizing, call: string): void {
  at.first();
  const uid = at.find(call === "fchownat" ? "a2" : "a1");
  if (uid === undefined) return;
  // A uid of -1 is not changed: the group is.
  if (Number.parseInt(uid, 10) === -1) at.nextField();
  form.object2 = { record: 0, field: at.field };
}

const IDENTITIES: ReadonlyMap<string, number> = new Map([
  ["setuid", 1],
  ["setreuid", 2],
  ["setresuid", 3],
  ["setgid", 1],
  ["setregid", 2],
  ["setresgid", 3],
]);

/** The first of the new IDs that is not left as it is. */
function identity(work: Normalizing, call: string): void {
  const { at, form } = work;
  const limit = IDENTITIES.get(call);
  if (limit === undefined) return;
  at.first();
  if (at.find("a0") === undefined) return;
  for (let count = 1; textHere(work) === "unset"; count++) {
    if (count === limit || !at.nextField()) return;
  }
  form.object2 = { record: 0, field: at.field };
}
