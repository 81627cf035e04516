import { CONTID_UNSET, Errno, formatContid, parseContid, RecordType } from "@cauditd/libaudit";
import { type ContainerObject, isLive } from "../container/container-object.ts";
import { authorise } from "../rights/authorise.ts";
import type { ContidTarget } from "../rights/targets.ts";
import type { Draft } from "../scope/draft.ts";
import type { Task } from "../task/task.ts";
import { callNumber, endCall, startCall } from "./call-records.ts";
import type { EmulatedKernel } from "./emulated-kernel.ts";
import { namespacesOf } from "./namespace-records.ts";

const WRITE = callNumber("write");
const READ = callNumber("read");
const MAX_U32 = 0xffff_ffffn;

/** A write to a proc file of a task. */
export interface ProcWrite {
  /** Whose file. */
  readonly task: Task;
  readonly text: string;
  /** Who writes. */
  readonly by: Task;
  /** Offset of the write; default 0. */
  readonly offset?: number;
}

/**
 * A task writes to another one's audit_containerid (contid.md 1.4). The checks and their order are
 * those of verb `contid-set` in docs/reference/rights.md. A request that can be read leaves a
 * CONTAINER_OP record, whether it is granted or not (CID-125).
 */
export function setContid(kernel: EmulatedKernel, write: ProcWrite): Errno | 0 {
  const { task, text, by } = write;
  const parsed = parseContid(text);
  const contid = parsed.ok ? parsed.contid : 0n;
  const target = contidTarget(kernel, write, contid, parsed.ok ? 0 : parsed.errno);
  const errno = authorise(by.credentials, "contid-set", target, kernel.policy);
  const draft = startCall(kernel, by);
  const old = task.chain;
  let ended: ContainerObject | undefined;
  if (errno === 0) {
    const fresh = kernel.containers.find(contid) === undefined;
    ended = kernel.containers.set(task, contid, by);
    if (fresh && task.container !== undefined) kernel.scopes.start(task.container);
  }
  if (isReadable(target)) {
    draft.add(
      RecordType.CONTAINER_OP,
      "op=set opid=",
      { pid: task.leader },
      " contid=",
      { contid },
      " old-contid=",
      { chains: [old] },
    );
  }
  if (errno === 0) namespacesOf(kernel, draft, task);
  if (ended !== undefined) dropRecord(draft, task, ended);
  finishWrite(kernel, draft, write, errno);
  if (ended !== undefined) kernel.endContainer(ended);
  return errno;
}

/** CONTAINER_OP of a container that has no task any more (CID-33). */
export function dropRecord(draft: Draft, task: Task, ended: ContainerObject): void {
  draft.add(
    RecordType.CONTAINER_OP,
    "op=drop opid=",
    { pid: task.leader },
    " contid=-1 old-contid=",
    { chains: [ended.chain] },
  );
}

function finishWrite(
  kernel: EmulatedKernel,
  draft: Draft,
  { by, text }: ProcWrite,
  errno: Errno | 0,
): void {
  const exit = errno === 0 ? text.length : -errno;
  const args = [1n, 0x55d0c0de2000n, BigInt(text.length)];
  endCall(kernel, draft, by, { number: WRITE, exit, args });
}

/** True when the request got as far as being understood: then it leaves a record. */
function isReadable(target: ContidTarget): boolean {
  return !target.gone && target.offset === 0 && target.text === 0 && target.audited;
}

function contidTarget(
  kernel: EmulatedKernel,
  { task, by, offset = 0 }: ProcWrite,
  contid: bigint,
  text: number,
): ContidTarget {
  const { container: current } = task;
  const existing = kernel.containers.find(contid);
  const over = existing === undefined ? overLimit(kernel, task, by) : undefined;
  return {
    gone: task.state !== "running",
    offset,
    text,
    audited: task.audited,
    unset: contid === CONTID_UNSET,
    busy: task.leader !== task || task.threads.size > 0 || task.children.size > 0,
    descendant: task.descendsFrom(by),
    ...(current !== undefined && {
      current: {
        owned: current.owner === by,
        below: by.descendsFrom(current.owner),
        shared: by.container === current,
      },
    }),
    ...(existing !== undefined && {
      existing: { owned: existing.owner === by, live: isLive(existing) },
    }),
    ...(over !== undefined && { over }),
  };
}

function overLimit(kernel: EmulatedKernel, task: Task, by: Task): ContidTarget["over"] {
  const { depth, netns, total } = kernel.limits;
  if (depth !== undefined && by.chain.length >= depth) return "depth";
  if (netns !== undefined && kernel.netns.size(task.netns) >= netns) return "netns";
  return total !== undefined && kernel.containers.all().length >= total ? "total" : undefined;
}

/** What a read of a proc file answers. */
export type ReadResult = { readonly errno: 0; readonly text: string } | { readonly errno: Errno };

/** A task reads another one's audit_containerid; 18446744073709551615 = unset (CID-1, CID-57). */
export function readContid(kernel: EmulatedKernel, task: Task, by: Task): ReadResult {
  return read(kernel, task, by, "contid-read", formatContid(task.chain[0] ?? CONTID_UNSET));
}

/** A task reads another one's audit_capcontainerid: 0 or 1. */
export function readCapcontid(kernel: EmulatedKernel, task: Task, by: Task): ReadResult {
  return read(kernel, task, by, "capcontid-read", task.capcontid ? "1" : "0");
}

function read(
  kernel: EmulatedKernel,
  task: Task,
  by: Task,
  verb: "contid-read" | "capcontid-read",
  text: string,
): ReadResult {
  const target = { gone: task.state !== "running" };
  const errno = authorise(by.credentials, verb, target, kernel.policy);
  const exit = errno === 0 ? text.length : -errno;
  endCall(kernel, startCall(kernel, by), by, { number: READ, exit, args: [3n] });
  return errno === 0 ? { errno, text } : { errno };
}

/**
 * A task writes to another one's audit_capcontainerid (contid.md 1.9): the right over contids of
 * its descendants, 0 or 1. A request that can be read leaves a SET_CAPCONTID record.
 */
export function setCapcontid(kernel: EmulatedKernel, write: ProcWrite): Errno | 0 {
  const { task, text: written, by, offset = 0 } = write;
  const parsed = parseContid(written);
  const value = parsed.ok ? parsed.contid : 0n;
  const text = !parsed.ok ? parsed.errno : value > MAX_U32 ? Errno.ERANGE : 0;
  const target = {
    gone: task.state !== "running",
    offset,
    text,
    audited: task.audited,
    flag: value <= 1n,
    descendant: task.descendsFrom(by),
  };
  const errno = authorise(by.credentials, "capcontid-set", target, kernel.policy);
  const draft = startCall(kernel, by);
  const old = task.capcontid ? 1 : 0;
  if (errno === 0) task.capcontid = value === 1n;
  if (!target.gone && offset === 0 && text === 0 && task.audited) {
    const rest = ` capcontid=${value} old-capcontid=${old}`;
    draft.add(RecordType.SET_CAPCONTID, "opid=", { pid: task.leader }, rest);
  }
  finishWrite(kernel, draft, write, errno);
  return errno;
}
