import { Errno, RecordType } from "@cauditd/libaudit";
import { authorise } from "../rights/authorise.ts";
import { Draft } from "../scope/draft.ts";
import type { Task } from "../task/task.ts";
import { untrusted } from "./call-records.ts";
import type { EmulatedKernel } from "./emulated-kernel.ts";

/** A task joins the multicast group of a scope (CID-108); undefined = the host's. */
export function joinMulticast(
  kernel: EmulatedKernel,
  task: Task,
  contid: bigint | undefined,
): Errno | 0 {
  const scope = kernel.scopes.find(contid);
  const target = { scope: contid, exists: scope !== undefined };
  const errno = authorise(task.credentials, "multicast-join", target, kernel.policy);
  listenerRecord(kernel, task, "connect", errno === 0);
  if (errno === 0) scope?.join(task);
  return errno;
}

/** A task leaves the multicast group of a scope. ENOENT if it is not in it. */
export function leaveMulticast(kernel: EmulatedKernel, task: Task): Errno | 0 {
  const left = kernel.scopes.all().filter((scope) => scope.quit(task));
  if (left.length === 0) return Errno.ENOENT;
  listenerRecord(kernel, task, "disconnect", true);
  return 0;
}

/** What a task has heard since it was last asked; undefined for who does not listen. */
export function heard(kernel: EmulatedKernel, task: Task): string[] | undefined {
  for (const scope of kernel.scopes.all()) {
    const lines = scope.heard(task);
    if (lines !== undefined) return lines;
  }
  return undefined;
}

function listenerRecord(kernel: EmulatedKernel, task: Task, op: string, done: boolean): void {
  const draft = new Draft(kernel.now(), [task.chain]);
  const { uid, auid, ses } = task;
  draft.add(
    RecordType.EVENT_LISTENER,
    "pid=",
    { pid: task.leader },
    ` uid=${uid} auid=${auid} tty=(none) ses=${ses} comm=${untrusted(task.comm)} ` +
      `exe=${untrusted(task.exe)} nl-mcgrp=1 op=${op} res=${done ? 1 : 0}`,
  );
  kernel.scopes.emit(draft);
}
