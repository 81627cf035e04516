export { Auditd, AuditdInstance, type AuditdLog, type InstanceRules } from "./auditd.ts";
export { FrameRenderer, type Rendered } from "./frame-renderer.ts";
export { LOG_FOLDER_MODE, LOG_MODE, LogWriter } from "./log-writer.ts";
