import {
  Capability,
  type Chain,
  Errno,
  formatChain,
  hasCapability,
  RecordType,
  trimChain,
  UNSET_U32,
} from "@cauditd/libaudit";
import { authorise } from "../rights/authorise.ts";
import type { Draft, Part } from "../scope/draft.ts";
import type { Scope } from "../scope/scope.ts";
import { isUsernsWithin } from "../task/namespaces.ts";
import type { Task } from "../task/task.ts";
import { callNumber, endCall, startCall, untrusted } from "./call-records.ts";
import { daemonRecord } from "./daemon-calls.ts";
import type { EmulatedKernel } from "./emulated-kernel.ts";
import { killed } from "./task-calls.ts";

/** Signals by name, without SIG. */
export const Signal = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ABRT: 6,
  KILL: 9,
  USR1: 10,
  SEGV: 11,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
  CHLD: 17,
  CONT: 18,
  STOP: 19,
} as const;

/** Those of which a daemon can ask who sent them (CID-75). */
const TOLD: ReadonlySet<number> = new Set([Signal.TERM, Signal.HUP, Signal.USR1, Signal.USR2]);

/** Number of a signal by number or name, SIG in front or not; undefined for any other text. */
export function signalNumber(text: string): number | undefined {
  if (/^[0-9]{1,2}$/.test(text)) return Number(text) <= 64 ? Number(text) : undefined;
  const name = text.toUpperCase().replace(/^SIG/, "");
  return Object.entries(Signal).find(([known]) => known === name)?.[1];
}

function mayKill(by: Task, target: Task): boolean {
  if (by.uid === target.uid && by.userns === target.userns) return true;
  return (
    isUsernsWithin(target.userns, by.userns) && hasCapability(by.capabilities, Capability.CAP_KILL)
  );
}

/**
 * kill(2) of one process or, as to a process group, of several in one call: an event with an
 * OBJ_PID for each. ESRCH when none is seen by the caller, EPERM when none may be killed.
 */
export function kill(
  kernel: EmulatedKernel,
  targets: readonly Task[],
  signal: number,
  by: Task,
): Errno | 0 {
  // One that has exited and was not reaped takes any signal, and does nothing.
  const seen = targets.filter((t) => t.state !== "gone" && t.pidIn(by.pidns) > 0);
  const allowed = seen.filter((target) => mayKill(by, target));
  const errno = seen.length === 0 ? Errno.ESRCH : allowed.length === 0 ? Errno.EPERM : 0;
  const args = [BigInt(targets[0]?.pidIn(by.pidns) ?? 0), BigInt(signal)];
  const call = { number: callNumber("kill"), exit: -errno, args };
  const records = (draft: Draft): void => {
    for (const target of seen) objectRecord(draft, target);
  };
  endCall(kernel, startCall(kernel, by), by, call, records);
  for (const target of allowed) {
    const scope = kernel.scopes.of(target);
    if (TOLD.has(signal) && scope.daemon === target.leader) remember(kernel, scope, signal, by);
    if (signal === Signal.STOP || signal === Signal.CONT) stop(scope, target, signal);
    if (signal === Signal.KILL && target.state === "running" && !spared(target, by)) {
      killed(kernel, target.leader);
    }
  }
  return errno;
}

/** The first task of a pid namespace is not killed from inside it, that of the host never. */
function spared({ leader }: Task, by: Task): boolean {
  return leader.pidns.init === leader && by.pidns.isWithin(leader.pidns);
}

/** A daemon that is stopped takes nothing; when it goes on it gets what waited for it. */
function stop(scope: Scope, { leader }: Task, signal: number): void {
  leader.stopped = signal === Signal.STOP;
  if (scope.daemon === leader) scope.run();
}

/** OBJ_PID of a target, behind the CONTAINER_ID of its container (CID-61). */
export function objectRecord(draft: Draft, target: Task): void {
  const record = draft.link([target.chain]);
  const auid = target.auid | 0;
  draft.add(
    RecordType.OBJ_PID,
    "opid=",
    { pid: target.leader },
    ` oauid=${auid} ouid=${target.uid} oses=${target.ses} ocomm=${untrusted(target.comm)}`,
    record,
  );
}

/** The newer signal takes the place of the one before (CID-74). */
function remember(kernel: EmulatedKernel, scope: Scope, signal: number, sender: Task): void {
  kernel.forgetSignal(scope.contid);
  const held = sender.container;
  if (held !== undefined) kernel.containers.hold(held);
  const uid = sender.auid === UNSET_U32 ? sender.uid : sender.auid;
  scope.signal = { uid, sender, signal, chain: sender.chain, held };
}

/** What AUDIT_SIGNAL_INFO2 answers. */
export interface SignalAnswer {
  readonly uid: number;
  /** As the caller's pid namespace shows it. */
  readonly pid: number;
  /** The sender's containers as the scope may see them; empty for none (CID-120). */
  readonly chain: Chain;
}

/**
 * The daemon of a scope, or who rules it, asks who sent the last signal (CID-73, CID-102). The
 * sender's contid is held no longer. A daemon that asks writes its own record about it.
 */
export function signalInfo(kernel: EmulatedKernel, task: Task): SignalAnswer | Errno {
  const scope = kernel.scopes.of(task);
  const target = { scope: scope.contid };
  const errno = authorise(task.credentials, "signal-info", target, kernel.policy);
  if (errno !== 0) return errno;
  const info = scope.signal;
  if (info === undefined) return { uid: 0, pid: 0, chain: [] };
  const chain = scope.contid === undefined ? info.chain : trimChain(info.chain, scope.contid);
  if (scope.daemon === task.leader) signalRecord(kernel, task, scope, chain);
  kernel.forgetSignal(scope.contid);
  return { uid: info.uid, pid: info.sender.leader.pidIn(task.pidns), chain };
}

const OPERATIONS: ReadonlyMap<number, readonly [type: number, op: string]> = new Map([
  [Signal.HUP, [RecordType.DAEMON_CONFIG, "op=reconfigure state=changed"]],
  [Signal.USR1, [RecordType.DAEMON_ROTATE, "op=rotate-logs"]],
  [Signal.USR2, [RecordType.DAEMON_RESUME, "op=resume-logging"]],
  [Signal.TERM, [RecordType.DAEMON_END, "op=terminate"]],
]);

/** What the daemon writes about a signal (spec/auditd.md 2.12); `contid` is of the patches. */
function signalRecord(kernel: EmulatedKernel, task: Task, scope: Scope, chain: Chain): void {
  const info = scope.signal;
  const operation = info === undefined ? undefined : OPERATIONS.get(info.signal);
  if (info === undefined || operation === undefined) return;
  const [type, op] = operation;
  const { uid, auid, ses, leader } = info.sender;
  const contid: Part[] = chain.length === 0 ? [] : [" contid=", { chains: [chain] }];
  const head = `${op} auid=${auid} uid=${uid} ses=${ses} pid=`;
  daemonRecord(kernel, task, type, [head, { pid: leader }, ...contid, " res=success"]);
}

/** `uid= pid= cid_len= contid=` of an answer. */
export function formatSignalAnswer({ uid, pid, chain }: SignalAnswer): string {
  const text = chain.length === 0 ? "" : formatChain(chain);
  return `uid=${uid} pid=${pid} cid_len=${text.length} contid=${text}`;
}
