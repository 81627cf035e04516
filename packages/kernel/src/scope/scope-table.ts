import type { ContainerObject } from "../container/container-object.ts";
import type { PidNamespace } from "../task/namespaces.ts";
import type { Task } from "../task/task.ts";
import type { Draft } from "./draft.ts";
import { Scope } from "./scope.ts";

/**
 * The scopes of an emulated host, and the way of events to them: the host gets every event, a
 * container those of its own chain (CID-90, CID-91). Who makes an event does not know how many
 * daemons there are (CID-101).
 */
export class ScopeTable {
  readonly host: Scope;
  /** The scopes of live containers, by contid. */
  readonly #scopes: Map<bigint, Scope> = new Map();
  /** The last ended scope of each contid, for what its daemon had received. */
  readonly #ended: Map<bigint, Scope> = new Map();
  readonly #pidns: PidNamespace;
  /** Events made so far, however many scopes saw them (CID-100). */
  built = 0;

  constructor(pidns: PidNamespace) {
    this.#pidns = pidns;
    this.host = new Scope(undefined, pidns);
  }

  /** A container has come to life: its scope starts empty, whatever its contid meant before. */
  start(container: ContainerObject): void {
    this.#ended.delete(container.contid);
    this.#scopes.set(container.contid, new Scope(container, this.#pidns));
  }

  /** Its container has ended: daemon, queue and rules are gone (CID-104). */
  end(container: ContainerObject): void {
    const scope = this.#scopes.get(container.contid);
    if (scope?.container !== container) return;
    this.#scopes.delete(container.contid);
    scope.end();
    this.#ended.set(container.contid, scope);
  }

  /** The live scope of a contid; undefined = the host. */
  find(contid: bigint | undefined): Scope | undefined {
    return contid === undefined ? this.host : this.#scopes.get(contid);
  }

  /** The scope a task is in. */
  of(task: Task): Scope {
    return this.find(task.container?.contid) ?? this.host;
  }

  /** The scope of a contid that has ended and was not registered again. */
  ended(contid: bigint): Scope | undefined {
    return this.#ended.get(contid);
  }

  /** All live scopes, the host first. */
  all(): readonly Scope[] {
    return [this.host, ...this.#scopes.values()];
  }

  /** Gives an event to every scope that may see it. */
  emit(draft: Draft): void {
    this.built++;
    this.host.offer(draft);
    const served = new Set<bigint>();
    for (const chain of draft.chains) {
      for (const contid of chain) {
        if (!served.has(contid)) this.#scopes.get(contid)?.offer(draft);
        served.add(contid);
      }
    }
  }
}
