import type { Chain } from "@cauditd/libaudit";
import type { NetNamespace } from "../task/namespaces.ts";
import type { ContainerObject } from "./container-object.ts";

/**
 * Which containers have tasks in which network namespace: what a packet can be told of
 * (contid.md 1.8, CID-64 to CID-66).
 */
export class NetnsContids {
  readonly #counts: Map<NetNamespace, Map<ContainerObject, number>> = new Map();

  /** A task of the container is in the namespace. */
  add(netns: NetNamespace, container: ContainerObject): void {
    let counts = this.#counts.get(netns);
    if (counts === undefined) {
      counts = new Map();
      this.#counts.set(netns, counts);
    }
    counts.set(container, (counts.get(container) ?? 0) + 1);
  }

  /** A task of the container is there no more. */
  remove(netns: NetNamespace, container: ContainerObject): void {
    const counts = this.#counts.get(netns);
    const count = (counts?.get(container) ?? 0) - 1;
    if (count > 0) counts?.set(container, count);
    else counts?.delete(container);
    if (counts?.size === 0) this.#counts.delete(netns);
  }

  /** Tasks of a container in the namespace. */
  count(netns: NetNamespace, container: ContainerObject): number {
    return this.#counts.get(netns)?.get(container) ?? 0;
  }

  /** Containers that have tasks in the namespace. */
  size(netns: NetNamespace): number {
    return this.#counts.get(netns)?.size ?? 0;
  }

  /** Chains of the containers in the namespace, the one that came first before the others. */
  chains(netns: NetNamespace): readonly Chain[] {
    return [...(this.#counts.get(netns)?.keys() ?? [])].map(({ chain }) => chain);
  }
}
