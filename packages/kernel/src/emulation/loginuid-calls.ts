import { Errno, parseContid, RecordType, UNSET_U32 } from "@cauditd/libaudit";
import type { FeatureName } from "../instance/instance-features.ts";
import { authorise } from "../rights/authorise.ts";
import type { Task } from "../task/task.ts";
import { callNumber, endCall, startCall } from "./call-records.ts";
import type { ProcWrite } from "./contid-calls.ts";
import type { EmulatedKernel } from "./emulated-kernel.ts";
import { nextSession } from "./task-calls.ts";

/** True if a feature is on for a task: on the host, or in a container around it. */
function hasFeature(kernel: EmulatedKernel, task: Task, name: FeatureName): boolean {
  return [undefined, ...task.chain].some(
    (contid) => kernel.scopes.find(contid)?.instance.features.get(name).on === true,
  );
}

/**
 * A task writes to a loginuid file (contid.md 3.4). Only its own may be written; a set auid needs
 * CAP_AUDIT_CONTROL in the initial user namespace. A request that is understood leaves a LOGIN
 * record, granted or not. A new auid begins a new session.
 */
export function setLoginuid(kernel: EmulatedKernel, write: ProcWrite): Errno | 0 {
  const { task, by, offset = 0 } = write;
  const parsed = parseContid(write.text);
  const value = parsed.ok ? Number(parsed.contid) : 0;
  const text = !parsed.ok ? parsed.errno : value > UNSET_U32 ? Errno.ERANGE : 0;
  const unset = value === UNSET_U32;
  const target = {
    self: task === by,
    offset,
    text,
    unset,
    has: task.auid !== UNSET_U32,
    immutable: hasFeature(kernel, task, "loginuid_immutable"),
    onlyUnset: hasFeature(kernel, task, "only_unset_loginuid"),
  };
  const errno = authorise(by.credentials, "loginuid-set", target, kernel.policy);
  const draft = startCall(kernel, by);
  const { auid, ses } = task;
  if (errno === 0) {
    task.auid = value;
    task.ses = unset ? UNSET_U32 : nextSession(kernel);
  }
  if (target.self && offset === 0 && text === 0) {
    draft.add(
      RecordType.LOGIN,
      "pid=",
      { pid: task.leader },
      ` uid=${task.uid} old-auid=${auid} auid=${value} tty=(none) old-ses=${ses} ` +
        `ses=${task.ses} res=${errno === 0 ? 1 : 0}`,
    );
  }
  const exit = errno === 0 ? write.text.length : -errno;
  endCall(kernel, draft, by, { number: callNumber("write"), exit, args: [3n] });
  return errno;
}
