import type { QueueStats } from "@cauditd/operations";
import type { ScopeQueue } from "./scope-queue.ts";

/** What a scope's queue tells of itself. */
export function queueStats(name: string, queue: ScopeQueue): QueueStats {
  const { scope, routed, published, lost, held, failure } = queue;
  return {
    ...{ name, scope, routed, published, lost, held },
    ...(failure === undefined ? {} : { failure: failure.message }),
  };
}
