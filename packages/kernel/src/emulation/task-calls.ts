import { type CapabilitySet, Errno, RecordType } from "@cauditd/libaudit";
import type { Scope } from "../scope/scope.ts";
import {
  setns as enterNamespace,
  type NamespaceKind,
  unshare as newNamespace,
} from "../task/namespace-calls.ts";
import type { Task } from "../task/task.ts";
import { callNumber, callRecords, endCall, startCall, untrusted } from "./call-records.ts";
import { dropRecord } from "./contid-calls.ts";
import type { EmulatedKernel } from "./emulated-kernel.ts";
import { leaveMulticast } from "./multicast-calls.ts";
import { changingNamespace, namespacesLeft } from "./namespace-records.ts";

/** What a new task differs in from its parent. */
export interface ForkOptions {
  readonly capabilities?: CapabilitySet;
  readonly uid?: number;
  readonly gid?: number;
  /** Starts a session of its own. */
  readonly auid?: number;
  /** False: it has no audit info, like a task from before auditing. */
  readonly audited?: boolean;
  /** Its pid in the namespace it gets. */
  readonly pid?: number;
}

/**
 * Makes a child, which inherits everything but capcontid (CID-26, CID-50).
 * @throws {AuditError} as TaskTable.fork does
 */
export function fork(
  kernel: EmulatedKernel,
  name: string,
  parent: Task,
  options: ForkOptions = {},
): Task {
  const task = kernel.tasks.fork(name, parent, options.pid);
  if (options.capabilities !== undefined) task.capabilities = options.capabilities;
  task.uid = options.uid ?? task.uid;
  task.gid = options.gid ?? task.gid;
  if (options.auid !== undefined) {
    task.auid = options.auid;
    task.ses = nextSession(kernel);
  }
  task.audited = options.audited ?? parent.audited;
  if (parent.container !== undefined) kernel.containers.join(task, parent.container);
  return task;
}

/** Makes a further thread (CID-27); throws as TaskTable.thread does. */
export function thread(kernel: EmulatedKernel, name: string, of: Task): Task {
  const task = kernel.tasks.thread(name, of);
  if (of.container !== undefined) kernel.containers.join(task, of.container);
  return task;
}

/** The next session ID; unset is passed over. */
export function nextSession(kernel: EmulatedKernel): number {
  kernel.session = (kernel.session + 1) % 0xffff_ffff;
  return kernel.session;
}

/**
 * execve(2): the container stays, the other threads end. A further thread that calls it takes the
 * place and the pid of its process's first one (kernel de_thread).
 */
export function exec(kernel: EmulatedKernel, caller: Task, path: string): Errno | 0 {
  if (caller.state !== "running") return Errno.ESRCH;
  const task = caller.leader;
  if (task !== caller) {
    move(kernel, task, () => task.inherit(caller));
    task.capcontid = caller.capcontid;
  }
  for (const other of [...task.threads]) end(kernel, other);
  task.exe = path;
  const special = [{ type: RecordType.EXECVE, body: `argc=1 a0=${untrusted(path)}` }];
  const paths = [path, "/lib64/ld-linux-x86-64.so.2"];
  const call = { number: callNumber("execve"), exit: 0, paths, special };
  endCall(kernel, startCall(kernel, task), task, call);
  return 0;
}

/**
 * A process, or one thread of it, exits. With the first task of a pid namespace everybody inside
 * goes. When the last task of a container exits, its event ends in a record of that (CID-33).
 */
export function exit(kernel: EmulatedKernel, task: Task): Errno | 0 {
  if (task.state !== "running") return Errno.ESRCH;
  // Without its first task there is no kernel.
  if (task === kernel.init) return Errno.EPERM;
  die(kernel, task, false);
  return 0;
}

/** Ends a process as a signal does: without a call, and so without its record. */
export function killed(kernel: EmulatedKernel, process: Task): void {
  die(kernel, process, true);
}

function die(kernel: EmulatedKernel, task: Task, bySignal: boolean): void {
  for (const dying of kernel.tasks.dying(task)) {
    const first = dying.leader === dying;
    // The first task of a namespace takes the others along by a signal.
    if (first) exitCall(kernel, dying, bySignal || dying !== task ? undefined : "exit_group");
    else if (dying === task) exitCall(kernel, dying, "exit");
    else end(kernel, dying);
    // The first task of a namespace that ends waits for all others.
    if (dying !== task && dying.state === "zombie") kernel.tasks.reap(dying);
  }
}

/** @param name the call that it exits by; undefined = none */
function exitCall(
  kernel: EmulatedKernel,
  task: Task,
  name: "exit" | "exit_group" | undefined,
): void {
  leaveMulticast(kernel, task);
  const draft = startCall(kernel, task);
  if (name !== undefined) callRecords(draft, task, { number: callNumber(name), exit: 0 });
  namespacesLeft(kernel, draft, task);
  const scope = kernel.scopes.of(task);
  const ended = kernel.containers.leave(task);
  if (ended !== undefined) dropRecord(draft, task, ended);
  if (scope.daemon === task) disconnect(kernel, scope);
  if (draft.records.length > 0) kernel.scopes.emit(draft);
  if (ended !== undefined) kernel.endContainer(ended);
  kernel.tasks.end(task);
}

/** A thread ends with its process, without an event of its own. */
function end(kernel: EmulatedKernel, task: Task): void {
  leaveMulticast(kernel, task);
  const ended = kernel.containers.leave(task);
  if (ended !== undefined) kernel.endContainer(ended);
  kernel.tasks.end(task);
}

/** A daemon is gone without having said so; its scope's queue is kept (CID-106). */
function disconnect(kernel: EmulatedKernel, scope: Scope): void {
  scope.disconnect();
  scope.instance.status.pid = 0;
  kernel.forgetSignal(scope.contid);
}

/** A process waits for one that has exited; by default whoever is told of it. ECHILD otherwise. */
export function reap(kernel: EmulatedKernel, task: Task, by?: Task): Errno | 0 {
  return kernel.tasks.reap(task, by);
}

/** unshare(2); errors as in task/namespace-calls. */
export function unshare(kernel: EmulatedKernel, task: Task, kind: NamespaceKind): Errno | 0 {
  return namespaceCall(kernel, task, kind, "unshare", () =>
    newNamespace(kernel.tasks, task, kind, (enter) => move(kernel, task, enter)),
  );
}

/** An event only where records about namespaces are wanted. */
function namespaceCall(
  kernel: EmulatedKernel,
  task: Task,
  kind: NamespaceKind,
  name: "unshare" | "setns",
  change: () => Errno | 0,
): Errno | 0 {
  if (!kernel.namespaceRecords || task.state !== "running") return change();
  const draft = startCall(kernel, task);
  const errno = changingNamespace(kernel, draft, task, kind, change);
  endCall(kernel, draft, task, { number: callNumber(name), exit: -errno });
  return errno;
}

/** setns(2) into a namespace of another task; errors as in task/namespace-calls. */
export function setns(
  kernel: EmulatedKernel,
  task: Task,
  kind: NamespaceKind,
  of: Task,
): Errno | 0 {
  return namespaceCall(kernel, task, kind, "setns", () =>
    enterNamespace(task, kind, of, (enter) => move(kernel, task, enter)),
  );
}

/** A task changes its network namespace, and its contid goes with it (CID-65). */
function move(kernel: EmulatedKernel, task: Task, enter: () => void): void {
  if (task.container !== undefined) kernel.netns.remove(task.netns, task.container);
  enter();
  if (task.container !== undefined) kernel.netns.add(task.netns, task.container);
}

/** A call of a task that changes nothing here. */
export function syscall(
  kernel: EmulatedKernel,
  task: Task,
  call: {
    readonly number: number;
    readonly exit: number;
    readonly args?: readonly bigint[];
    readonly paths?: readonly string[];
  },
): Errno | 0 {
  if (task.state !== "running") return Errno.ESRCH;
  endCall(kernel, startCall(kernel, task), task, call);
  return 0;
}
