import { Errno, isUserRecord, RecordType } from "@cauditd/libaudit";
import { authorise } from "../rights/authorise.ts";
import { NetlinkRequest } from "../rights/netlink-types.ts";
import { Draft } from "../scope/draft.ts";
import type { Task } from "../task/task.ts";
import { untrusted } from "./call-records.ts";
import { startDaemon, stopDaemon } from "./daemon-calls.ts";
import type { EmulatedKernel } from "./emulated-kernel.ts";

/** The most of a user record's text that is taken (spec/auditd.md 2.6). */
const TEXT_MAX = 8560;

/** A record from user space. */
export interface UserRecord {
  readonly type: number;
  readonly text: string;
  /** The opener of the socket held the capability too. Default: true. */
  readonly opener?: boolean;
}

/**
 * A task sends a user record; it goes to its own scope and those around it. A CONTAINER_ID with
 * the same stamp follows it (CID-63). While auditing is off nothing but USER_AVC is recorded, and
 * the sender is told that all is well (CID-83).
 */
export function sendUserRecord(
  kernel: EmulatedKernel,
  task: Task,
  { type, text, opener = true }: UserRecord,
): Errno | 0 {
  // The payload ends in a NUL, which counts.
  const target = { type, length: Buffer.byteLength(text) + 1, opener };
  const errno = isUserRecord(type)
    ? authorise(task.credentials, "user-record", target, kernel.policy)
    : Errno.EINVAL;
  if (errno === 0) userRecord(kernel, task, type, text);
  return errno;
}

function userRecord(kernel: EmulatedKernel, task: Task, type: number, text: string): void {
  const draft = new Draft(kernel.now(), [task.chain]);
  const { uid, auid, ses } = task;
  const bytes = Buffer.from(text, "utf8").subarray(0, TEXT_MAX).toString("latin1");
  const shown = bytes.split("\0", 1)[0]?.replaceAll("\n", " ");
  const said = type === RecordType.USER_TTY ? ` data=${untrusted(text)}` : ` msg='${shown}'`;
  draft.add(type, "pid=", { pid: task.leader }, ` uid=${uid} auid=${auid} ses=${ses}${said}`);
  draft.link([task.chain]);
  draft.always = () => type === RecordType.USER_AVC;
  kernel.scopes.emit(draft);
}

/** A request on the audit netlink socket as such: a header, and for SET a pid. */
export interface NetlinkMessage {
  readonly type: number;
  /** SET asks to register (or with 0 to unregister) this pid, as the caller's namespace has it. */
  readonly pid?: number;
  /** The opener of the socket held the capability too. Default: true. */
  readonly opener?: boolean;
}

/** Requests that nothing can be made of without a payload. */
const NEEDS_PAYLOAD: ReadonlySet<number> = new Set([
  NetlinkRequest.ADD_RULE,
  NetlinkRequest.DEL_RULE,
  NetlinkRequest.MAKE_EQUIV,
  NetlinkRequest.SET_FEATURE,
]);

/**
 * A raw request, answered as a kernel of today answers it whatever the policy: it knows of no
 * scopes, so that who is outside the initial user namespace gets ECONNREFUSED (contid.md 3.1).
 */
export function netlink(
  kernel: EmulatedKernel,
  task: Task,
  { type, pid, opener = true }: NetlinkMessage,
): Errno | 0 {
  const policy = { ...kernel.policy, mainline: true };
  const errno = authorise(task.credentials, "netlink", { type, opener }, policy);
  if (errno !== 0) return errno;
  if (isUserRecord(type)) {
    userRecord(kernel, task, type, "");
    return 0;
  }
  if (NEEDS_PAYLOAD.has(type)) return Errno.EINVAL;
  const { host } = kernel.scopes;
  if (type === NetlinkRequest.SIGNAL_INFO || type === NetlinkRequest.SIGNAL_INFO2) {
    kernel.forgetSignal(undefined);
  }
  if (type !== NetlinkRequest.SET || pid === undefined) return 0;
  const ownPid = pid === task.leader.pidIn(task.pidns);
  if (pid !== 0) return startDaemon(kernel, task, { ownPid, policy, scope: host });
  return stopDaemon(kernel, task, { policy, scope: host });
}
