import { Errno, FieldNumber, RecordType, type Rule } from "@cauditd/libaudit";
import type { ControlRecord, ControlReply, ControlSubject } from "../instance/control-record.ts";
import type { FeatureName } from "../instance/instance-features.ts";
import type { StatusRequest } from "../instance/instance-status.ts";
import { authorise } from "../rights/authorise.ts";
import { Draft, type Part } from "../scope/draft.ts";
import type { Scope } from "../scope/scope.ts";
import type { Task } from "../task/task.ts";
import { callNumber, endCall, startCall, taskInfo } from "./call-records.ts";
import type { EmulatedKernel } from "./emulated-kernel.ts";

/** sockaddr_nl of the kernel's end of a netlink socket. */
const NETLINK_ADDRESS = { type: RecordType.SOCKADDR, body: "saddr=100000000000000000000000" };

/** What may be asked of a scope. */
export type ControlVerb =
  | "status-read"
  | "status-set"
  | "counter-reset"
  | "rules-read"
  | "rules-change"
  | "floor-rules-change"
  | "features-set";

/**
 * Asks whether a task may do something to a scope.
 * @param contid undefined = the host
 * @returns the scope, or why not
 */
export function reach(
  kernel: EmulatedKernel,
  task: Task,
  verb: ControlVerb,
  contid: bigint | undefined,
): Scope | Errno {
  const scope = kernel.scopes.find(contid);
  const target = { scope: contid, exists: scope !== undefined };
  const errno = authorise(task.credentials, verb, target, kernel.policy);
  return errno === 0 ? (scope ?? Errno.ENOENT) : errno;
}

/** Who asks, as the records of control requests name it. */
function subjectOf(task: Task): ControlSubject {
  const { uid, auid, ses } = task;
  return { pid: task.leader.pidIn(task.pidns), uid, auid, ses, info: INFO };
}

/** Stands for the pieces of taskInfo in a record of a control request. */
const INFO = "\0";

/** The body of a control record in pieces: pids are for each scope to translate. */
function partsOf({ body }: ControlRecord, task: Task): Part[] {
  return body.split(/(\0|\bpid=\d+)/).flatMap((piece): Part[] => {
    if (piece === INFO) return taskInfo(task);
    return piece.startsWith("pid=") ? ["pid=", { pid: task.leader }] : [piece];
  });
}

/**
 * Gives the records of a control request to the scopes that may see them: those of the caller and
 * of what was changed. The caller's sendto is in the event when it is in one of those scopes
 * anyway; a host's admin is not shown to a container.
 * @param begunOff the scope was not auditing when the call began
 */
export function reportControl(
  kernel: EmulatedKernel,
  task: Task,
  scope: Scope,
  records: readonly { readonly type: number; readonly parts: readonly Part[] }[],
  errno: Errno | 0,
  begunOff = false,
): void {
  const always = (contid: bigint | undefined): boolean => contid === scope.contid;
  const call = startCall(kernel, task);
  if (begunOff && scope.instance.status.enabled !== 0) call.begunOff = scope;
  const inside = scope.contid === undefined || task.chain.includes(scope.contid);
  const chain = scope.container?.chain ?? [];
  for (const { type, parts } of records) {
    const draft = inside ? call : new Draft(kernel.now(), [chain]);
    draft.always = always;
    draft.add(type, ...parts);
    if (!inside) kernel.scopes.emit(draft);
  }
  const exit = errno === 0 ? 16 : -errno;
  const special = [NETLINK_ADDRESS];
  endCall(kernel, call, task, { number: callNumber("sendto"), exit, args: [3n], special });
}

function answer(
  kernel: EmulatedKernel,
  task: Task,
  scope: Scope,
  reply: ControlReply,
  begunOff: boolean,
): ControlReply {
  const records = reply.records.map((record) => ({
    type: record.type,
    parts: partsOf(record, task),
  }));
  reportControl(kernel, task, scope, records, reply.errno, begunOff);
  return reply;
}

/** A request was refused before anything was looked at: its sendto is all there is to record. */
function refused(kernel: EmulatedKernel, task: Task, errno: Errno): ControlReply {
  const call = { number: callNumber("sendto"), exit: -errno, args: [3n] };
  endCall(kernel, startCall(kernel, task), task, call);
  return { errno, value: 0, records: [] };
}

function request(
  kernel: EmulatedKernel,
  task: Task,
  verb: ControlVerb,
  contid: bigint | undefined,
  act: (scope: Scope, subject: ControlSubject) => ControlReply,
): ControlReply {
  const scope = reach(kernel, task, verb, contid);
  if (typeof scope === "number") return refused(kernel, task, scope);
  const begunOff = scope.instance.status.enabled === 0;
  return answer(kernel, task, scope, act(scope, subjectOf(task)), begunOff);
}

/** AUDIT_SET of a scope's status. */
export function setStatus(
  kernel: EmulatedKernel,
  task: Task,
  contid: bigint | undefined,
  asked: StatusRequest,
): ControlReply {
  return request(kernel, task, "status-set", contid, ({ instance }, subject) =>
    instance.status.set(asked, subject),
  );
}

/** Sets a scope's counter to 0; `value` is what it was. */
export function resetCounter(
  kernel: EmulatedKernel,
  task: Task,
  contid: bigint | undefined,
  counter: "lost" | "backlog_wait_time_actual",
): ControlReply {
  return request(kernel, task, "counter-reset", contid, ({ instance }, subject) =>
    counter === "lost"
      ? instance.status.resetLost(subject)
      : instance.status.resetWaitTimeActual(subject),
  );
}

/** AUDIT_SET_FEATURE of a scope. */
export function setFeature(
  kernel: EmulatedKernel,
  task: Task,
  contid: bigint | undefined,
  feature: FeatureName,
  asked: { readonly on: boolean; readonly lock?: boolean },
): ControlReply {
  return request(kernel, task, "features-set", contid, ({ instance }, subject) =>
    instance.setFeatures({ [feature]: asked }, subject),
  );
}

/** A change of a scope's rules. */
export type RuleChange =
  | { readonly kind: "add" | "delete"; readonly rule: Rule }
  | { readonly kind: "delete-all"; readonly key: string };

/**
 * AUDIT_ADD_RULE, AUDIT_DEL_RULE, and -D, which is many of the latter. EINVAL for a rule about
 * contids on a kernel that has none (CID-72).
 */
export function changeRules(
  kernel: EmulatedKernel,
  task: Task,
  contid: bigint | undefined,
  change: RuleChange,
): ControlReply {
  return request(kernel, task, "rules-change", contid, ({ instance: { rules } }, subject) => {
    if (change.kind === "delete-all") return rules.deleteAll(change.key, subject);
    const { rule } = change;
    const named = rule.fields.some(({ field }) => field === FieldNumber.CONTID);
    if (named && kernel.policy.mainline) return { errno: Errno.EINVAL, value: 0, records: [] };
    return change.kind === "add" ? rules.add(rule, subject) : rules.delete(rule, subject);
  });
}

/** The rules that the host demands of a scope, in place of those it demanded before. */
export function setFloor(
  kernel: EmulatedKernel,
  task: Task,
  contid: bigint | undefined,
  floor: readonly Rule[],
): ControlReply {
  return request(kernel, task, "floor-rules-change", contid, ({ instance }, subject) =>
    instance.rules.setFloor(floor, subject),
  );
}

/** AUDIT_TRIM: the kernel looks for trees that are gone; here there are none, and only a record. */
export function trim(kernel: EmulatedKernel, task: Task, contid: bigint | undefined): ControlReply {
  return request(kernel, task, "rules-read", contid, ({ instance }, { pid, uid, auid, ses }) => {
    const body = `pid=${pid} uid=${uid} auid=${auid} ses=${ses} op=trim res=1`;
    const records = instance.status.enabled === 0 ? [] : [{ type: RecordType.CONFIG_CHANGE, body }];
    return { errno: 0, value: 0, records };
  });
}
