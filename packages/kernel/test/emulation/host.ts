// An emulated host for tests: a clock that stands still, and short words for what tests do often.
import type { Errno } from "@cauditd/libaudit";
import { errnoName } from "@cauditd/libaudit";
import { setContid } from "../../src/emulation/contid-calls.ts";
import { EmulatedKernel, type EmulatedKernelOptions } from "../../src/emulation/emulated-kernel.ts";
import { type ForkOptions, fork } from "../../src/emulation/task-calls.ts";
import type { Task } from "../../src/task/task.ts";

export const NOW = 1_700_000_000_000;

/** A kernel whose clock stands still. */
export function emulate(options: Partial<EmulatedKernelOptions> = {}): EmulatedKernel {
  return new EmulatedKernel({ now: () => NOW, ...options });
}

let names = 0;

/** A child of `parent`, by default of the first task. */
export function child(
  kernel: EmulatedKernel,
  parent: Task = kernel.init,
  o: ForkOptions = {},
): Task {
  return fork(kernel, `t${names++}`, parent, o);
}

/** A new child of `by` in a new container. */
export function contained(kernel: EmulatedKernel, contid: bigint, by: Task = kernel.init): Task {
  const task = child(kernel, by);
  const errno = setContid(kernel, { task, text: String(contid), by });
  if (errno !== 0) throw new Error(`contid ${contid}: ${errnoName(errno)}`);
  return task;
}

/** `ok`, or the name of an error. */
export function said(errno: Errno | 0): string {
  return errno === 0 ? "ok" : (errnoName(errno) ?? "");
}

/** The records that wait in a scope, without their stamps: `TYPE body`. */
export function records(kernel: EmulatedKernel, contid?: bigint): string[] {
  const scope = kernel.scopes.find(contid);
  const lines = [...(scope?.receive() ?? []), ...(scope?.preview() ?? [])];
  return lines.map((line) => line.replace(/^type=(\S+) msg=audit\(\S+\): /, "$1 "));
}

/** Those of some types. */
export function recordsOf(kernel: EmulatedKernel, type: string, contid?: bigint): string[] {
  return records(kernel, contid).filter((line) => line.startsWith(`${type} `));
}
