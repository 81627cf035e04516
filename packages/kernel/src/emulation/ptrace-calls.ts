import { Capability, Errno, hasCapability } from "@cauditd/libaudit";
import { isUsernsWithin } from "../task/namespaces.ts";
import type { Task } from "../task/task.ts";
import { callNumber, endCall, startCall } from "./call-records.ts";
import type { EmulatedKernel } from "./emulated-kernel.ts";
import { objectRecord } from "./signal-calls.ts";

const PTRACE = callNumber("ptrace");
const ATTACH = 16n;
const DETACH = 17n;

/** Kernel __ptrace_may_access with cap_ptrace_access_check, for tasks that can dump core. */
function mayTrace(by: Task, task: Task): boolean {
  if (
    isUsernsWithin(task.userns, by.userns) &&
    hasCapability(by.capabilities, Capability.CAP_SYS_PTRACE)
  ) {
    return true;
  }
  const same = by.uid === task.uid && by.gid === task.gid && by.userns === task.userns;
  return same && (task.capabilities & ~by.capabilities) === 0n;
}

/**
 * ptrace(2), PTRACE_ATTACH of one task: an event with an OBJ_PID of the target, granted or not.
 * ESRCH for a task that the caller does not see; EPERM for its own process, for a task that has
 * exited or is traced already, and without the right (kernel ptrace_attach).
 */
export function attach(kernel: EmulatedKernel, task: Task, by: Task): Errno | 0 {
  const seen = task.state !== "gone" && task.pidIn(by.pidns) > 0;
  const refused =
    task.leader === by.leader ||
    !mayTrace(by, task) ||
    task.state !== "running" ||
    task.tracer !== undefined;
  const errno = !seen ? Errno.ESRCH : refused ? Errno.EPERM : 0;
  if (errno === 0) kernel.tasks.attach(task, by);
  const args = [ATTACH, BigInt(task.pidIn(by.pidns))];
  endCall(kernel, startCall(kernel, by), by, { number: PTRACE, exit: -errno, args }, (draft) => {
    if (seen) objectRecord(draft, task);
  });
  return errno;
}

/** PTRACE_DETACH by the tracer itself; ESRCH for any other task. No OBJ_PID is made. */
export function detach(kernel: EmulatedKernel, task: Task, by: Task): Errno | 0 {
  const errno = task.tracer === by && task.state === "running" ? 0 : Errno.ESRCH;
  if (errno === 0) kernel.tasks.detach(task);
  const args = [DETACH, BigInt(task.pidIn(by.pidns))];
  endCall(kernel, startCall(kernel, by), by, { number: PTRACE, exit: -errno, args });
  return errno;
}
