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
  Capability,
  type CapabilityName,
  capabilityName,
  capabilityNumber,
} from "./capability.ts";
export {
  ALL_CAPABILITIES,
  type CapabilitySet,
  capabilitySet,
  formatCapabilitySet,
  hasCapability,
  NO_CAPABILITIES,
  parseCapabilitySet,
} from "./capability-set.ts";
export {
  type Chain,
  CONTID_TEXT_MAX,
  CONTID_UNSET,
  type ContidResult,
  formatChain,
  formatContid,
  formatContidList,
  parseChain,
  parseContid,
  parseContidList,
  trimChain,
  trimContidList,
} from "./contid.ts";
export {
  AuditError,
  Errno,
  type ErrnoName,
  errnoName,
  errnoNumber,
  errnoText,
  systemErrorText,
} from "./errno.ts";
export { FIELD_KINDS, type FieldKind, type TtyKey, ttyKeys } from "./field-kind.ts";
export { localeDate, timeLocale } from "./locale-date.ts";
export {
  isSingleRecord,
  isUserRecord,
  MAINLINE,
  RecordType,
  type RecordTypeEntry,
  type RecordTypeName,
  type RecordTypeTable,
  type RecordTypeTableOptions,
  recordTypeEntries,
  recordTypeName,
  recordTypeNumber,
  recordTypeTable,
  V11,
} from "./record-type.ts";
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
export { Arch, archName, archNumber, syscallName, syscallNumber } from "./syscall.ts";
export { classSyscalls, resolveClassBits, SyscallClass } from "./syscall-class.ts";
export { type ValueTable, valueName, valueRows } from "./value-name.ts";
