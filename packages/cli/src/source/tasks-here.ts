// The tasks of this machine, as /proc shows them.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { TaskState } from "@cauditd/dispatcher";

/** The initial pid namespace. Source: kernel PROC_PID_INIT_INO. */
const INITIAL_PIDNS = "pid:[4026531836]";

/** True when /proc shows the pids that audit records have: those of the initial pid namespace. */
export function seesHostTasks(proc = "/proc"): boolean {
  try {
    return readlinkSync(`${proc}/self/ns/pid`) === INITIAL_PIDNS;
  } catch {
    return false;
  }
}

/**
 * What the kernel would look at before it gave a task a contid (CID-15, CID-17, CID-19): whether it
 * is there, and whether it has children or threads or is one itself.
 * @param pid 1 to 4194304, of the initial pid namespace
 */
export function taskHere(pid: number, proc = "/proc"): TaskState {
  let status: string;
  try {
    status = readFileSync(`${proc}/${pid}/status`, "latin1");
  } catch {
    return "gone";
  }
  const field = (name: string): string =>
    new RegExp(`^${name}:\\s*(\\S+)`, "m").exec(status)?.[1] ?? "";
  if (/^[ZX]/.test(field("State"))) return "gone";
  if (field("Tgid") !== String(pid) || field("Threads") !== "1") return "busy";
  return childrenHere(pid, proc).length > 0 ? "busy" : "free";
}

/** The children of a task's first thread, those included that were not reaped. */
function childrenHere(pid: number, proc: string): number[] {
  try {
    const text = readFileSync(`${proc}/${pid}/task/${pid}/children`, "latin1");
    return text.split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** When a task began, in clock ticks since the machine did: with the pid it names the task. */
export function startOf(pid: number, proc = "/proc"): string | undefined {
  try {
    const stat = readFileSync(`${proc}/${pid}/stat`, "latin1");
    // The name, in parentheses, may hold anything.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

/** A number that is new with every start of the machine. */
export function bootId(proc = "/proc"): string {
  try {
    return readFileSync(`${proc}/sys/kernel/random/boot_id`, "latin1").trim();
  } catch {
    return "";
  }
}

/** All that descend from a task, children before their own. */
export function descendantsHere(pid: number, proc = "/proc"): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync(proc)) {
    if (!/^[0-9]+$/.test(name)) continue;
    const parent = parentOf(Number(name), proc);
    if (parent === undefined) continue;
    const list = children.get(parent) ?? [];
    list.push(Number(name));
    children.set(parent, list);
  }
  const found: number[] = [];
  const todo = [pid];
  for (let at = todo.shift(); at !== undefined; at = todo.shift()) {
    const below = children.get(at) ?? [];
    found.push(...below);
    todo.push(...below);
    children.delete(at);
  }
  return found;
}

function parentOf(pid: number, proc: string): number | undefined {
  try {
    const stat = readFileSync(`${proc}/${pid}/stat`, "latin1");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined;
  }
}
