// The records about namespaces that the RFCs wanted (CID-117): off by default, as in the design.
import { RecordType } from "@cauditd/libaudit";
import type { Draft } from "../scope/draft.ts";
import type { NamespaceKind } from "../task/namespace-calls.ts";
import type { PidNamespace, UserNamespace } from "../task/namespaces.ts";
import type { Task } from "../task/task.ts";
import type { EmulatedKernel } from "./emulated-kernel.ts";

/** Any namespace: the initial one of its kind has id 0, ids are of all kinds together. */
interface Namespace {
  readonly id: number;
}

/** A namespace and its kind. */
type Used = Map<Namespace, NamespaceKind>;

/** The device of nsfs, and inode numbers of the initial namespaces (kernel proc_ns.h). */
const DEVICE = "dev=00:04";
const INITIAL: Readonly<Record<NamespaceKind, number>> = {
  user: 4026531837,
  pid: 4026531836,
  net: 4026531840,
};
const FIRST = 4026532000;

/** `userns=4026531837`: a namespace by its inode number. */
function named(kind: NamespaceKind, { id }: Namespace): string {
  return `${kind}ns=${id === 0 ? INITIAL[kind] : FIRST + id}`;
}

/** The namespace of a kind that a task has, or gives to its children. */
function held(task: Task, kind: NamespaceKind): Namespace {
  if (kind === "user") return task.userns;
  return kind === "pid" ? task.childPidns : task.netns;
}

/** What a task keeps alive: its namespaces, those around them, and the users' that own them. */
function keep(used: Used, task: Task): void {
  const users = (from: UserNamespace): void => {
    for (let at: UserNamespace | undefined = from; at !== undefined; at = at.parent) {
      used.set(at, "user");
    }
  };
  const pids = (from: PidNamespace): void => {
    for (let at: PidNamespace | undefined = from; at !== undefined; at = at.parent) {
      used.set(at, "pid");
      users(at.owner);
    }
  };
  users(task.userns);
  users(task.netns.owner);
  used.set(task.netns, "net");
  pids(task.pidns);
  pids(task.childPidns);
}

/** The namespaces that are in use, all but by one task. */
function inUse(kernel: EmulatedKernel, except?: Task): Used {
  const used: Used = new Map();
  for (const task of kernel.tasks.within(kernel.tasks.initPidns)) {
    if (task !== except) keep(used, task);
  }
  return used;
}

/** Adds NS_DESTROY for each namespace that was in use and is no longer. */
function destroyed(draft: Draft, before: Used, after: Used): void {
  for (const [namespace, kind] of before) {
    if (!after.has(namespace))
      draft.add(RecordType.NS_DESTROY, `${DEVICE} ${named(kind, namespace)}`);
  }
}

/** NS_DESTROY for those of which a task that exits was the last user. */
export function namespacesLeft(kernel: EmulatedKernel, draft: Draft, task: Task): void {
  if (!kernel.namespaceRecords) return;
  const own: Used = new Map();
  keep(own, task);
  destroyed(draft, own, inUse(kernel, task));
}

/** NS_INFO of a task that is registered. */
export function namespacesOf(kernel: EmulatedKernel, draft: Draft, task: Task): void {
  if (!kernel.namespaceRecords) return;
  const { userns, pidns, netns } = task;
  const text = `${named("user", userns)} ${named("pid", pidns)} ${named("net", netns)}`;
  draft.add(RecordType.NS_INFO, "opid=", { pid: task.leader }, ` ${DEVICE} ${text}`);
}

/**
 * Carries out a change of a namespace and adds what came of it: NS_CREATE for a new one, NS_CHANGE
 * with old and new, NS_DESTROY for one that nobody uses any more.
 */
export function changingNamespace<T>(
  kernel: EmulatedKernel,
  draft: Draft,
  task: Task,
  kind: NamespaceKind,
  change: () => T,
): T {
  const before = inUse(kernel);
  const old = held(task, kind);
  const result = change();
  const now = held(task, kind);
  if (now === old) return result;
  if (!before.has(now)) draft.add(RecordType.NS_CREATE, `${DEVICE} ${named(kind, now)}`);
  const text = `${DEVICE} old-${named(kind, old)} ${named(kind, now)}`;
  draft.add(RecordType.NS_CHANGE, text);
  destroyed(draft, before, inUse(kernel));
  return result;
}
