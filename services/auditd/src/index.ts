export { Auditd, type ServeOptions } from "./auditd.ts";
export {
  AuditdInstance,
  type AuditdInstanceOptions,
  type AuditdLog,
  type InstanceRules,
} from "./auditd-instance.ts";
export { BufferPool } from "./buffer-pool.ts";
export { FrameRenderer, type Rendered } from "./frame-renderer.ts";
export type { Batch, Outcome } from "./io/batch.ts";
export type { Mark } from "./io/checkpoint.ts";
export { type Disk, type DiskFile, machineDisk } from "./io/disk.ts";
export {
  InstanceLog,
  type InstanceLogOptions,
  type InstanceLogState,
} from "./io/instance-log.ts";
export { GROUP_MODES, type LogModes, ROOT_MODES } from "./io/log-file.ts";
export {
  DEFAULT_LOG_SETTINGS,
  type FlushKind,
  type LogSettings,
  type SizeAction,
} from "./io/log-settings.ts";
