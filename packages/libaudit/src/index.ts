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
} from "./conf/auditd-conf.ts";
export { SENDMAIL, spaceMarksProblem } from "./conf/auditd-conf-check.ts";
export { type AuditdConfFile, parseAuditdConf } from "./conf/auditd-conf-file.ts";
export { formatAuditdConf } from "./conf/auditd-conf-format.ts";
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
} from "./rules/rule.ts";
export { parseRuleArguments, parseRuleLine } from "./rules/rule-arguments.ts";
export { checkRule, checkRulePaths } from "./rules/rule-check.ts";
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
} from "./rules/rule-command.ts";
export { requestErrorText } from "./rules/rule-error.ts";
export { lineErrorText, parseRulesFile, splitRuleLine } from "./rules/rule-file.ts";
export { formatRule, formatRules, matchesKey, type RuleFormat } from "./rules/rule-format.ts";
export {
  addressFamily,
  comparePair,
  comparePairNames,
  fieldName,
  fieldNumber,
  operatorSymbol,
} from "./rules/rule-names.ts";
export { type PayloadResult, ruleFromPayload, ruleToPayload } from "./rules/rule-payload.ts";
export { type RuleRefusal, RuleSet } from "./rules/rule-set.ts";
export { classSyscalls, resolveClassBits, SyscallClass } from "./syscall-class.ts";
export * from "./vocabulary.ts";
