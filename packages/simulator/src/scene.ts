/** What activities share: the scene they act in, and the SYSCALL record. */

import type { Draft } from "./draft.ts";
import type { Random } from "./random.ts";
import type { Task } from "./task.ts";

/** What an activity may use. */
export interface Scene {
  readonly random: Random;
  readonly event: Draft;
  /** Makes a child of the task; undefined when the task may not have one now. */
  fork(parent: Task): Task | undefined;
  /** Removes the task; its pid may be used again from the next event on. */
  exit(task: Task): void;
  /** @returns a session number not used before. */
  nextSession(): number;
}

/** One event of a task. @returns true if it ran in a system call, which ends in PROCTITLE. */
export type Activity = (scene: Scene, task: Task) => boolean;

/** The end of SYSCALL when the rule that matched has no key. */
export const keyless: string = "key=(null)";

/** @returns an address in user space, as SYSCALL prints it in a0 to a3. */
export function pointer(random: Random): string {
  return `7f${(0x10000000 + (random.next() >>> 4)).toString(16)}c0`;
}

/** Adds SYSCALL. `outcome` is the part between syscall= and items=, registers included. */
export function syscall(
  scene: Scene,
  task: Task,
  outcome: string,
  items: number = 0,
  key: string = keyless,
): void {
  scene.event.add(
    "SYSCALL",
    `arch=c000003e syscall=${outcome} items=${items}${task.fields} ${key}`,
  );
}
