import type { Chain } from "@cauditd/libaudit";
import type { Task } from "../task/task.ts";
import { type ContainerObject, isLive } from "./container-object.ts";
import type { NetnsContids } from "./netns-contids.ts";

/**
 * The containers of an emulated host: made by the first set of a contid, ended by the exit of the
 * last task, freed when nothing refers to them any more (contid.md 1.5, 1.6). Decides nothing:
 * whether a set is allowed is asked before.
 */
export class ContainerTable {
  readonly #objects: Map<bigint, ContainerObject> = new Map();
  readonly #lives: Map<bigint, number> = new Map();
  readonly #netns: NetnsContids;
  /** Containers made, and ended, so far: every set is balanced by one drop (CID-35). */
  created = 0;
  dropped = 0;

  constructor(netns: NetnsContids) {
    this.#netns = netns;
  }

  /** The container that has a contid, live or held. */
  find(contid: bigint): ContainerObject | undefined {
    return this.#objects.get(contid);
  }

  /** All that are not freed, in the order in which they were made. */
  all(): readonly ContainerObject[] {
    return [...this.#objects.values()];
  }

  /**
   * Puts a task into the container of a contid, which is made if there is none: `caller` is then
   * its owner, and the caller's container its parent.
   * @returns the container that the task was in, when the task was the last in it
   */
  set(task: Task, contid: bigint, caller: Task): ContainerObject | undefined {
    const container = this.#objects.get(contid) ?? this.#create(contid, caller);
    const old = task.container;
    this.join(task, container);
    return old !== undefined && this.#left(task, old) ? old : undefined;
  }

  /** A task is in a container from now on: by a set, or by its birth. */
  join(task: Task, container: ContainerObject): void {
    task.container = container;
    container.members.add(task);
    this.#netns.add(task.netns, container);
  }

  /**
   * A task has exited.
   * @returns its container, when it was the last in it: then that container has ended
   */
  leave(task: Task): ContainerObject | undefined {
    const old = task.container;
    if (old === undefined) return undefined;
    task.container = undefined;
    return this.#left(task, old) ? old : undefined;
  }

  /** Keeps a contid from being used again. */
  hold(container: ContainerObject): void {
    container.holds++;
  }

  /** Ends a hold. */
  release(container: ContainerObject): void {
    container.holds--;
    this.#free(container);
  }

  #create(contid: bigint, owner: Task): ContainerObject {
    const parent = owner.container;
    const generation = (this.#lives.get(contid) ?? 0) + 1;
    this.#lives.set(contid, generation);
    const chain: Chain = [contid, ...(parent?.chain ?? [])];
    const members = new Set<Task>();
    const made = { contid, generation, owner, parent, chain, members, nested: 0, holds: 0 };
    if (parent !== undefined) parent.nested++;
    this.#objects.set(contid, made);
    this.created++;
    return made;
  }

  #left(task: Task, container: ContainerObject): boolean {
    container.members.delete(task);
    this.#netns.remove(task.netns, container);
    if (isLive(container)) return false;
    this.dropped++;
    this.#free(container);
    return true;
  }

  #free(container: ContainerObject): void {
    let at: ContainerObject | undefined = container;
    while (at !== undefined && !isLive(at) && at.holds === 0 && at.nested === 0) {
      if (this.#objects.get(at.contid) === at) this.#objects.delete(at.contid);
      at = at.parent;
      if (at !== undefined) at.nested--;
    }
  }
}
