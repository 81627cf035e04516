// The words of audit, without rules and configuration: for programs that begin often.
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
export { FIELD_KINDS, type FieldKind, type TtyKey, ttyKeys } from "./rules/field-kind.ts";
export { Arch, archName, archNumber, syscallName, syscallNumber } from "./syscall.ts";
export { type ValueTable, valueName, valueRows } from "./value-name.ts";
