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
export type { ControlRecord, ControlReply, ControlSubject } from "./instance/control-record.ts";
export { Instance, type InstanceOptions } from "./instance/instance.ts";
export {
  FEATURE_NAMES,
  type FeatureName,
  type FeatureRequest,
  InstanceFeatures,
} from "./instance/instance-features.ts";
export { DEFAULT_RULE, InstanceRules, type ReplaceReply } from "./instance/instance-rules.ts";
export {
  BACKLOG_LIMIT,
  BACKLOG_WAIT_TIME,
  InstanceStatus,
  type StatusRequest,
} from "./instance/instance-status.ts";
export {
  Kauditd,
  type KauditdOptions,
  type Send,
  type SendResult,
  UNICAST_RETRIES,
} from "./instance/kauditd.ts";
export { MARKER_INTERVAL_MS } from "./instance/loss-ledger.ts";
export {
  type Evictable,
  eventPriority,
  OVERFLOW_POLICIES,
  type OverflowPolicy,
  PRIORITIES,
  Priority,
} from "./instance/overflow.ts";
export { formatOwnRecord, MARKER_TYPE, type OwnRecord } from "./instance/own-record.ts";
export type { Quota } from "./instance/rate-limit.ts";
export { authorise } from "./rights/authorise.ts";
export {
  type Credentials,
  controlsHost,
  controlsOwn,
  DEFAULT_POLICY,
  ownScope,
  type Policy,
  rulesContids,
} from "./rights/credentials.ts";
export {
  isControlRequest,
  isListRequest,
  NetlinkRequest,
  netlinkRequestNumber,
} from "./rights/netlink-types.ts";
export { rightsPage } from "./rights/rights-page.ts";
export { type Check, RIGHTS, type Targets, type Verb } from "./rights/rights-table.ts";
export type * from "./rights/targets.ts";
export { type Deliver, Router } from "./router.ts";
export { type Decision, RuleMatcher } from "./rule-matcher.ts";
export { EXIT_GRACE_MS, HOST, TaskLineage } from "./task-lineage.ts";
export { trimEvent } from "./trim-event.ts";
