import type { Task } from "./task.ts";

/** A user namespace: what capabilities count in. */
export interface UserNamespace {
  /** 0 = the initial one. */
  readonly id: number;
  readonly parent: UserNamespace | undefined;
}

/** A network namespace. */
export interface NetNamespace {
  /** 0 = the initial one. */
  readonly id: number;
  /** The user namespace whose capabilities count for it. */
  readonly owner: UserNamespace;
}

/** The highest pid of a 64-bit kernel with the default pid_max. */
export const PID_MAX = 32768;

/** A pid namespace: gives out pids and knows who has them. */
export class PidNamespace {
  /** 0 = the initial one. */
  readonly id: number;
  readonly parent: PidNamespace | undefined;
  /** How many namespaces are around it. */
  readonly level: number;
  /** The user namespace whose capabilities count for it. */
  readonly owner: UserNamespace;
  readonly #max: number;
  readonly #tasks: Map<number, Task> = new Map();
  #last = 0;
  /** Its first task has exited: no task can be made in it any more. */
  dead = false;

  /** @param max pids are 1 to max - 1 */
  constructor(id: number, parent: PidNamespace | undefined, owner: UserNamespace, max: number) {
    this.id = id;
    this.parent = parent;
    this.owner = owner;
    this.level = parent === undefined ? 0 : parent.level + 1;
    this.#max = max;
  }

  /** The task that has a pid here. */
  find(pid: number): Task | undefined {
    return this.#tasks.get(pid);
  }

  /** The task that gets the orphans of this namespace. */
  get init(): Task | undefined {
    return this.#tasks.get(1);
  }

  /** Gives a pid to a task; the next one that is free, 0 when there is none. */
  give(task: Task): number {
    for (let tried = 1; tried < this.#max; tried++) {
      this.#last = (this.#last % (this.#max - 1)) + 1;
      if (!this.#tasks.has(this.#last)) return this.take(this.#last, task);
    }
    return 0;
  }

  /** Gives this very pid to a task; 0 when it is not free. Source: clone3, set_tid. */
  take(pid: number, task: Task): number {
    if (this.#tasks.has(pid) || pid < 1 || pid >= this.#max) return 0;
    this.#tasks.set(pid, task);
    return pid;
  }

  /** Takes a pid back. */
  free(pid: number): void {
    this.#tasks.delete(pid);
  }

  /** True if it is `other` or lies inside it. */
  isWithin(other: PidNamespace): boolean {
    let at: PidNamespace | undefined = this;
    while (at !== undefined && at !== other) at = at.parent;
    return at === other;
  }
}

/** True if a user namespace is `other` or lies inside it. */
export function isUsernsWithin(userns: UserNamespace, other: UserNamespace): boolean {
  let at: UserNamespace | undefined = userns;
  while (at !== undefined && at !== other) at = at.parent;
  return at === other;
}
