import type { Chain } from "@cauditd/libaudit";
import type { Task } from "../task/task.ts";

/** One life of a contid. Source: audit_contobj of the patches (contid.md 1.5). */
export interface ContainerObject {
  readonly contid: bigint;
  /** The nth life of the contid, from 1. */
  readonly generation: number;
  /** The task that registered it. Only it may put further tasks in (CID-28 to CID-32). */
  readonly owner: Task;
  /** The container that its owner was in then (CID-46). */
  readonly parent: ContainerObject | undefined;
  /** Its contid and those around it, leaf first. */
  readonly chain: Chain;
  /** The tasks directly in it, threads included. */
  readonly members: Set<Task>;
  /** Containers whose parent it is and that are not freed. */
  nested: number;
  /** Signal infos that name a sender in it (CID-37). */
  holds: number;
}

/** True while a task is directly in it. */
export function isLive(container: ContainerObject): boolean {
  return container.members.size > 0;
}
