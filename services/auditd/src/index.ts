export { Auditd, type ServeOptions } from "./auditd.ts";
export { AuditdInstance } from "./auditd-instance.ts";
export type {
  AuditdInstanceOptions,
  AuditdLog,
  InstanceRules,
} from "./auditd-instance-options.ts";
export { BufferPool } from "./buffer-pool.ts";
export { FrameInlet } from "./frame-inlet.ts";
export { FrameRenderer, type Rendered } from "./frame-renderer.ts";
export { instanceStats } from "./instance-stats.ts";
export type { Batch, Outcome } from "./io/batch.ts";
export type { Mark, SourcePlace } from "./io/checkpoint.ts";
export { LogConduct, type LogConductOptions } from "./io/conduct.ts";
export { type ConfFileOptions, readAuditdConf } from "./io/conf-file.ts";
export { type Disk, type DiskFile, machineDisk } from "./io/disk.ts";
export { FolderLock, type Lock } from "./io/folder-lock.ts";
export { InstanceLog } from "./io/instance-log.ts";
export type { InstanceLogOptions, InstanceLogState } from "./io/instance-log-options.ts";
export {
  type ActionLog,
  type LogActions,
  MachineActions,
  type MachineActionsOptions,
  type OutwardEffect,
  type RunlevelPrograms,
} from "./io/log-actions.ts";
export { GROUP_MODES, type LogModes, ROOT_MODES } from "./io/log-file.ts";
export { DEFAULT_LOG_SETTINGS, type LogSettings, settingsOf } from "./io/log-settings.ts";
export { setAside } from "./io/set-aside.ts";
export type { InstanceStream, StreamState } from "./stream/stream-publisher.ts";
export { Membership, type MembershipOptions, type Owned } from "./worker/membership.ts";
export {
  type ServedScope,
  type ServeFailure,
  Worker,
  type WorkerOptions,
} from "./worker/worker.ts";
export {
  WorkerService,
  type WorkerServiceOptions,
  type WorkerStores,
} from "./worker/worker-service.ts";
