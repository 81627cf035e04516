import { EmulatedKernel, type Task } from "@cauditd/kernel";
import { AuditError, Errno, errnoName } from "@cauditd/libaudit";

/** When the first step of a scenario happens: 2023-11-14T22:13:20Z. */
const START = 1_700_000_000_000;
/** From step to step. */
const STEP_MS = 100;

/** What a scenario acts on: an emulated kernel, and its tasks by their names. */
export class ScenarioWorld {
  readonly kernel: EmulatedKernel;
  readonly #tasks: Map<string, Task> = new Map();
  #time = START;

  constructor(options: { readonly mainline?: boolean } = {}) {
    const policy = { mainline: options.mainline ?? false };
    this.kernel = new EmulatedKernel({ now: () => this.#time, policy });
    this.name("init", this.kernel.init);
  }

  /** Time goes on: each step has one of its own. */
  tick(): void {
    this.#time += STEP_MS;
  }

  /** A task has a name from now on, whatever had it before. */
  name(name: string, task: Task): void {
    this.#tasks.set(name, task);
  }

  /**
   * The task of a name.
   * @throws {AuditError} ESRCH when its birth failed
   */
  task(name: string): Task {
    const task = this.#tasks.get(name);
    if (task === undefined) throw new AuditError(Errno.ESRCH, `no task ${name}`);
    return task;
  }

  /**
   * The same, for a task that acts.
   * @throws {AuditError} ESRCH when it has exited
   */
  actor(name: string): Task {
    const task = this.task(name);
    if (task.state !== "running") throw new AuditError(Errno.ESRCH, `${name} has exited`);
    return task;
  }
}

/** The result line of a call: `ok`, or the name of its error. */
export function outcome(errno: Errno | 0): string[] {
  return [errno === 0 ? "ok" : errorName(errno)];
}

/** Name of an error. */
export function errorName(errno: number): string {
  return errnoName(errno) ?? `errno ${errno}`;
}
