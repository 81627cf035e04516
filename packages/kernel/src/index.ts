export {
  type HostAccount,
  hostProblem,
  LOST_REASONS,
  type LostReason,
  lostTotal,
  newScopeAccount,
  type ScopeAccount,
  scopeProblem,
} from "./accounting.ts";
export { AttributedBy, type Attribution, Attributor } from "./attribution.ts";
export {
  CONTAINER_NAME,
  type Container,
  ContainerRegistry,
  MAX_CONTAINERS,
  MAX_DEPTH,
  type Registration,
} from "./container-registry.ts";
export { DEFAULT_RULE, Instance } from "./instance.ts";
export { type Deliver, Router } from "./router.ts";
export { type Decision, RuleMatcher } from "./rule-matcher.ts";
export { EXIT_GRACE_MS, HOST, TaskLineage } from "./task-lineage.ts";
export { trimEvent } from "./trim-event.ts";
