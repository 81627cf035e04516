import { encodeValue } from "@cauditd/auparse";
import { Arch, RecordType, syscallNumber } from "@cauditd/libaudit";
import { Draft, type Part } from "../scope/draft.ts";
import type { Task } from "../task/task.ts";
import type { EmulatedKernel } from "./emulated-kernel.ts";

/** A system call, as its records tell it. */
export interface Call {
  /** Number of the call in the table of x86_64. */
  readonly number: number;
  /** What it returned: a negative error number when it failed. */
  readonly exit: number;
  /** The first four arguments; 0 when not given. */
  readonly args?: readonly bigint[];
  /** Names it looked up. */
  readonly paths?: readonly string[];
  /** Records of the call's own kind, between SYSCALL and CWD. */
  readonly special?: readonly { readonly type: number; readonly body: string }[];
}

/** A string that a task chose, as a record prints it. */
export function untrusted(text: string): string {
  return encodeValue(Buffer.from(text, "utf8"));
}

/** Number of a call of x86_64 by name. RangeError when there is none: only for known names. */
export function callNumber(name: string): number {
  const number = syscallNumber(Arch.X86_64, name);
  if (number === undefined) throw new RangeError(`no system call ${name}`);
  return number;
}

/** Starts the event of a call: records that are made during the call come first. */
export function startCall(kernel: EmulatedKernel, task: Task): Draft {
  return new Draft(kernel.now(), [task.chain]);
}

/**
 * Ends the event of a call with the subject's CONTAINER_ID, SYSCALL and its companions, in the
 * kernel's order (spec/auditd.md 4.4; contid.md 1.7.2), and gives it to the scopes.
 * @param objects adds the records on targets, between the call's own and PROCTITLE
 */
export function endCall(
  kernel: EmulatedKernel,
  draft: Draft,
  task: Task,
  call: Call,
  objects: (draft: Draft) => void = () => {},
): void {
  callRecords(draft, task, call, objects);
  kernel.scopes.emit(draft);
}

/** The records of a call, without giving the event away. */
export function callRecords(
  draft: Draft,
  task: Task,
  call: Call,
  objects: (draft: Draft) => void = () => {},
): void {
  const record = draft.link(draft.chains);
  const { number, exit, args = [], special = [] } = call;
  const items = pathItems(call);
  const hex = [0, 1, 2, 3].map((i) => `a${i}=${BigInt.asUintN(64, args[i] ?? 0n).toString(16)}`);
  const result = EXITS.has(number) ? "" : ` success=${exit < 0 ? "no" : "yes"} exit=${exit}`;
  draft.add(
    RecordType.SYSCALL,
    `arch=c000003e syscall=${number}${result} ${hex.join(" ")} items=${items.length} ppid=`,
    { pid: task.leader.realParent },
    " pid=",
    { pid: task.leader },
    ` ${identity(task)} comm=${untrusted(task.comm)} exe=${untrusted(task.exe)} key=`,
    { key: true },
    record,
  );
  for (const { type, body } of special) draft.add(type, body);
  objects(draft);
  if (items.length > 0) draft.add(RecordType.CWD, `cwd=${untrusted(task.cwd)}`);
  items.forEach((item, place) => {
    draft.add(RecordType.PATH, `item=${place} ${pathBody(item)}`);
  });
  draft.add(RecordType.PROCTITLE, `proctitle=${untrusted(titleOf(task))}`);
}

/** The most bytes of a title. Source: kernel MAX_PROCTITLE_AUDIT_LEN. */
const TITLE_MAX = 128;

/** What a program was called as, here its path; what cannot be printed at its end is cut. */
function titleOf({ exe }: Task): string {
  const bytes = Buffer.from(exe, "utf8").subarray(0, TITLE_MAX);
  return bytes.toString("latin1").replace(/[^\x20-\x7e]+$/, "");
}

/** Calls that do not return. */
const EXITS: ReadonlySet<number> = new Set([callNumber("exit"), callNumber("exit_group")]);

function identity(task: Task): string {
  const { auid, uid, gid, ses } = task;
  return (
    `auid=${auid} uid=${uid} gid=${gid} euid=${uid} suid=${uid} fsuid=${uid} ` +
    `egid=${gid} sgid=${gid} fsgid=${gid} tty=(none) ses=${ses}`
  );
}

/** The pieces of `ppid= ... exe=`, as records outside SYSCALL have them (audit_log_task_info). */
export function taskInfo(task: Task): Part[] {
  return [
    "ppid=",
    { pid: task.leader.realParent },
    " pid=",
    { pid: task.leader },
    ` ${identity(task)} comm=${untrusted(task.comm)} exe=${untrusted(task.exe)}`,
  ];
}

/** A name that a call looked up. */
interface PathItem {
  readonly name: string;
  readonly nametype: "NORMAL" | "PARENT" | "CREATE" | "DELETE" | "UNKNOWN";
}

const numbers = (...names: readonly string[]): ReadonlySet<number> =>
  new Set(names.map(callNumber));
const CREATES = numbers("creat", "mkdir", "mkdirat", "mknod", "mknodat");
const DELETES = numbers("unlink", "unlinkat", "rmdir");

/** What makes or removes a name looks up the directory that has it first (AUD-147). */
function pathItems({ number, exit, paths = [] }: Call): PathItem[] {
  if (exit < 0) return paths.map((name) => ({ name, nametype: "UNKNOWN" }));
  const made = CREATES.has(number) ? "CREATE" : DELETES.has(number) ? "DELETE" : undefined;
  return paths.flatMap((name): PathItem[] => {
    const parent = name.slice(0, name.lastIndexOf("/") + 1);
    if (made === undefined || parent === "") return [{ name, nametype: made ?? "NORMAL" }];
    return [
      { name: parent, nametype: "PARENT" },
      { name, nametype: made },
    ];
  });
}

/** A PATH body behind its item; a name that was not found has no inode. */
function pathBody({ name, nametype }: PathItem): string {
  const caps = "cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0";
  const text = `name=${untrusted(name)}`;
  if (nametype === "UNKNOWN") return `${text} nametype=UNKNOWN ${caps}`;
  const mode = nametype === "PARENT" ? "040755" : "0100644";
  return (
    `${text} inode=${inodeOf(name)} dev=fe:00 mode=${mode} ouid=0 ogid=0 rdev=00:00 ` +
    `nametype=${nametype} ${caps}`
  );
}

/** An inode number that is always the same for a path: FNV-1a, 31 bits. */
function inodeOf(path: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(path, "utf8")) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 1) + 2;
}
