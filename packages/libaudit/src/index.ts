export {
  type AuditFeature,
  type AuditStatus,
  BACKLOG_WAIT_TIME_MAX,
  type Enabled,
  type FailureMode,
  formatStatus,
  HZ,
  type StatusFormat,
} from "./audit-status.ts";
export {
  AUDITD_CONF_DEFAULTS,
  type AuditdConf,
  type AuditdConfComplaint,
  type AuditdConfMachine,
  type FailureAction,
  type FailureActionName,
  type FlushKind,
  type LogFormat,
  type NameFormat,
  type OverflowAction,
  type PathStatus,
  type PortRange,
  type SizeAction,
  type SpaceMark,
} from "./auditd-conf.ts";
export { SENDMAIL, spaceMarksProblem } from "./auditd-conf-check.ts";
export { type AuditdConfFile, parseAuditdConf } from "./auditd-conf-file.ts";
export { formatAuditdConf } from "./auditd-conf-format.ts";
export {
  FieldNumber,
  hasAllSyscalls,
  hasSyscall,
  KEY_SEPARATOR,
  MASK_WORDS,
  MAX_FIELDS,
  MAX_KEY_LENGTH,
  PATH_MAX,
  Perm,
  PREPEND,
  type Rule,
  type RuleAction,
  RuleActionNumber,
  type RuleField,
  type RuleList,
  RuleListNumber,
  RuleOperator,
  ruleKeys,
  UNSET_U32,
} from "./rule.ts";
export { parseRuleArguments, parseRuleLine } from "./rule-arguments.ts";
export { checkRule, checkRulePaths } from "./rule-check.ts";
export type {
  AuditdSignal,
  FileCommand,
  FileError,
  FileErrorMode,
  FileWarning,
  NameResolver,
  RuleArguments,
  RuleCommand,
  RuleContext,
  RuleError,
  RulesFile,
  StatusField,
} from "./rule-command.ts";
export { requestErrorText } from "./rule-error.ts";
export { lineErrorText, parseRulesFile, splitRuleLine } from "./rule-file.ts";
export { formatRule, formatRules, matchesKey, type RuleFormat } from "./rule-format.ts";
export {
  addressFamily,
  comparePair,
  comparePairNames,
  fieldName,
  fieldNumber,
  operatorSymbol,
} from "./rule-names.ts";
export { type PayloadResult, ruleFromPayload, ruleToPayload } from "./rule-payload.ts";
export { type RuleRefusal, RuleSet } from "./rule-set.ts";
export { classSyscalls, resolveClassBits, SyscallClass } from "./syscall-class.ts";
export * from "./vocabulary.ts";
