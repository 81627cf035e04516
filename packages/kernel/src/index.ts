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
export type { ContainerObject } from "./container/container-object.ts";
export { isLive } from "./container/container-object.ts";
export {
  CONTAINER_NAME,
  type Container,
  ContainerRegistry,
  MAX_CONTAINERS,
  MAX_DEPTH,
  type Registration,
} from "./container-registry.ts";
export { type Call, callNumber } from "./emulation/call-records.ts";
export {
  type ProcWrite,
  type ReadResult,
  readCapcontid,
  readContid,
  setCapcontid,
  setContid,
} from "./emulation/contid-calls.ts";
export {
  type ControlVerb,
  changeRules,
  type RuleChange,
  reach,
  resetCounter,
  setFeature,
  setFloor,
  setStatus,
  trim,
} from "./emulation/control-calls.ts";
export { startDaemon, stopDaemon } from "./emulation/daemon-calls.ts";
export {
  type ContidLimits,
  EmulatedKernel,
  type EmulatedKernelOptions,
} from "./emulation/emulated-kernel.ts";
export { setLoginuid } from "./emulation/loginuid-calls.ts";
export { heard, joinMulticast, leaveMulticast } from "./emulation/multicast-calls.ts";
export {
  type NetlinkMessage,
  netlink,
  sendUserRecord,
  type UserRecord,
} from "./emulation/netlink-calls.ts";
export { packet } from "./emulation/packet-calls.ts";
export { attach, detach } from "./emulation/ptrace-calls.ts";
export {
  formatSignalAnswer,
  kill,
  type SignalAnswer,
  signalInfo,
  signalNumber,
} from "./emulation/signal-calls.ts";
export {
  exec,
  exit,
  type ForkOptions,
  fork,
  reap,
  setns,
  syscall,
  thread,
  unshare,
} from "./emulation/task-calls.ts";
export { type Decision, RuleMatcher } from "./filter/rule-matcher.ts";
export type { ControlRecord, ControlReply, ControlSubject } from "./instance/control-record.ts";
export { Instance, type InstanceOptions } from "./instance/instance.ts";
export {
  FEATURE_NAMES,
  type FeatureName,
  type FeatureRequest,
  InstanceFeatures,
} from "./instance/instance-features.ts";
export {
  carryOut,
  type InstanceAnswer,
  type InstanceChange,
  type InstanceQuestion,
  type InstanceRequest,
} from "./instance/instance-request.ts";
export { DEFAULT_RULE, InstanceRules, type ReplaceReply } from "./instance/instance-rules.ts";
export { type InstanceState, restoreState, stateOf } from "./instance/instance-state.ts";
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
export { addLoss, MARKER_INTERVAL_MS, type OwedLoss } from "./instance/loss-ledger.ts";
export {
  type Evictable,
  eventPriority,
  OVERFLOW_POLICIES,
  type OverflowPolicy,
  PRIORITIES,
  Priority,
} from "./instance/overflow.ts";
export { formatOwnRecord, MARKER_TYPE, type OwnRecord } from "./instance/own-record.ts";
export { type Quota, QuotaBucket } from "./instance/rate-limit.ts";
export {
  abortRecord,
  configRecord,
  type DaemonRecord,
  type DaemonRecordType,
  DaemonSerials,
  type DaemonStart,
  daemonLine,
  endRecord,
  resumeRecord,
  rotateRecord,
  type Sender,
  startRecord,
} from "./log/daemon-record.ts";
export {
  excessText,
  type LogEffect,
  type OpenStep,
  type SyslogPriority,
} from "./log/log-effect.ts";
export { LogPolicy, type LogPolicyOptions, type SuspendCause } from "./log/log-policy.ts";
export {
  type LogPolicyState,
  type ReportContext,
  type StreamQueueState,
  stateReport,
} from "./log/log-state.ts";
export { type HostNames, type NodeNameResult, nodeName } from "./log/node-name.ts";
export {
  planRetention,
  type Retention,
  type RetentionPlan,
  type RotatedLog,
} from "./log/retention.ts";
export type { FreeSpace } from "./log/space-watch.ts";
export { StreamOverflow } from "./log/stream-overflow.ts";
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
export { Scope } from "./scope/scope.ts";
export { decodeScopes, encodeScopes, MAX_SCOPES, type ScopeEntry } from "./scope-list.ts";
export type { NamespaceKind } from "./task/namespace-calls.ts";
export { Task, type TaskState } from "./task/task.ts";
export { EXIT_GRACE_MS, HOST, TaskLineage } from "./task-lineage.ts";
export { trimEvent } from "./trim-event.ts";
