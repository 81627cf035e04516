import { Errno, RecordType } from "@cauditd/libaudit";
import { authorise } from "../rights/authorise.ts";
import type { Policy } from "../rights/credentials.ts";
import { Draft, type Part } from "../scope/draft.ts";
import type { Scope } from "../scope/scope.ts";
import type { Task } from "../task/task.ts";
import { reportControl } from "./control-calls.ts";
import type { EmulatedKernel } from "./emulated-kernel.ts";

/** How a daemon registers. */
export interface DaemonRequest {
  /** The pid in the request is the caller's own. Default: true. */
  readonly ownPid?: boolean;
  readonly policy?: Policy;
  /** The scope; default: the caller's own. */
  readonly scope?: Scope;
}

/**
 * A daemon registers in its own scope (contid.md 3.2). At most one per scope (CID-87). What waited
 * is delivered first, then its own DAEMON_START.
 */
export function startDaemon(
  kernel: EmulatedKernel,
  task: Task,
  { ownPid = true, policy = kernel.policy, scope = kernel.scopes.of(task) }: DaemonRequest = {},
): Errno | 0 {
  const old = scope.daemon;
  const target = { ownPid, taken: old !== undefined };
  const errno = authorise(task.credentials, "daemon-start", target, policy);
  if (errno === 0) {
    scope.connect(task.leader);
    scope.instance.status.pid = task.leader.pidIn(task.pidns);
    daemonRecord(kernel, task, RecordType.DAEMON_START, [
      `op=start ver=3.0.9 format=raw kernel=6.1.0 auid=${task.auid} pid=`,
      { pid: task.leader },
      ` uid=${task.uid} ses=${task.ses} res=success`,
    ]);
  }
  // Who is turned away before the registration leaves no record of it.
  if (errno === 0 || errno === Errno.EEXIST) pidRecord(kernel, task, scope, task, old, errno);
  return errno;
}

/**
 * The daemon of the caller's own scope unregisters; EACCES for anybody else (CID-85). Where there
 * is none nothing happens, as in the kernel.
 */
export function stopDaemon(
  kernel: EmulatedKernel,
  task: Task,
  { policy = kernel.policy, scope = kernel.scopes.of(task) }: DaemonRequest = {},
): Errno | 0 {
  const old = scope.daemon;
  const target = { registered: old === undefined || old === task.leader };
  const errno = authorise(task.credentials, "daemon-stop", target, policy);
  if (errno === 0 && old !== undefined) {
    daemonRecord(kernel, task, RecordType.DAEMON_END, [
      `op=terminate auid=${task.auid} uid=${task.uid} ses=${task.ses} pid=`,
      { pid: task.leader },
      " res=success",
    ]);
    scope.disconnect();
    scope.instance.status.pid = 0;
    kernel.forgetSignal(scope.contid);
  }
  if (errno === 0 || errno === Errno.EACCES) {
    pidRecord(kernel, task, scope, undefined, old, errno);
  }
  return errno;
}

/** CONFIG_CHANGE of a registration. */
function pidRecord(
  kernel: EmulatedKernel,
  task: Task,
  scope: Scope,
  pid: Task | undefined,
  old: Task | undefined,
  errno: Errno | 0,
): void {
  const rest = ` auid=${task.auid} ses=${task.ses} res=${errno === 0 ? 1 : 0}`;
  const parts: Part[] = ["op=set audit_pid=", { pid }, " old=", { pid: old }, rest];
  const records = [{ type: RecordType.CONFIG_CHANGE, parts }];
  const recorded = scope.instance.status.enabled !== 0;
  reportControl(kernel, task, scope, recorded ? records : [], errno);
}

/** A record that a daemon makes itself; it never passes a filter. */
export function daemonRecord(
  kernel: EmulatedKernel,
  task: Task,
  type: number,
  parts: readonly Part[],
): void {
  const draft = new Draft(kernel.now(), [task.chain]);
  draft.always = () => true;
  draft.add(type, ...parts);
  kernel.scopes.emit(draft);
}
