import { ALL_CAPABILITIES, Capability, Errno, hasCapability } from "@cauditd/libaudit";
import { isUsernsWithin, type UserNamespace } from "./namespaces.ts";
import type { Task } from "./task.ts";
import type { TaskTable } from "./task-table.ts";

/** The kinds of namespaces that matter to auditing. */
export type NamespaceKind = "user" | "pid" | "net";

/** CAP_SYS_ADMIN of a task in a user namespace: held there, or in one around it. */
function administers(task: Task, userns: UserNamespace): boolean {
  return (
    isUsernsWithin(userns, task.userns) &&
    hasCapability(task.capabilities, Capability.CAP_SYS_ADMIN)
  );
}

/**
 * unshare(2) of one kind. EPERM without CAP_SYS_ADMIN in the task's own user namespace (except for
 * a new user namespace, which gives all capabilities inside it); EINVAL for a new user namespace
 * of a process with threads. A new pid namespace is that of the children. `move` carries out the
 * change of a network namespace.
 */
export function unshare(
  table: TaskTable,
  task: Task,
  kind: NamespaceKind,
  move: (enter: () => void) => void,
): Errno | 0 {
  if (task.state !== "running") return Errno.ESRCH;
  if (kind === "user") {
    if (task.leader.threads.size > 0) return Errno.EINVAL;
    task.userns = table.newUserns(task.userns);
    task.capabilities = ALL_CAPABILITIES;
    return 0;
  }
  if (!administers(task, task.userns)) return Errno.EPERM;
  if (kind === "pid") {
    if (task.childPidns !== task.pidns) return Errno.EINVAL;
    task.childPidns = table.newPidns(task.pidns, task.userns);
  } else {
    move(() => {
      task.netns = table.newNetns(task.userns);
    });
  }
  return 0;
}

/**
 * setns(2) into a namespace of `other`. EPERM without CAP_SYS_ADMIN over the namespace and in the
 * task's own user namespace; EINVAL for the user namespace it is in, for a user namespace of a
 * process with threads, and for a pid namespace that is not inside its own.
 */
export function setns(
  task: Task,
  kind: NamespaceKind,
  other: Task,
  move: (enter: () => void) => void,
): Errno | 0 {
  if (task.state !== "running" || other.state !== "running") return Errno.ESRCH;
  if (kind === "user") {
    if (other.userns === task.userns || task.leader.threads.size > 0) return Errno.EINVAL;
    if (!administers(task, other.userns)) return Errno.EPERM;
    task.userns = other.userns;
    task.capabilities = ALL_CAPABILITIES;
    return 0;
  }
  const owner = kind === "pid" ? other.pidns.owner : other.netns.owner;
  if (!administers(task, owner) || !administers(task, task.userns)) return Errno.EPERM;
  if (kind === "pid") {
    if (!other.pidns.isWithin(task.pidns)) return Errno.EINVAL;
    task.childPidns = other.pidns;
  } else {
    move(() => {
      task.netns = other.netns;
    });
  }
  return 0;
}
