export {
  Capability,
  type CapabilityName,
  capabilityName,
  capabilityNumber,
} from "./capability.ts";
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
} from "./errno.ts";
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
export { Arch, archName, archNumber, syscallName, syscallNumber } from "./syscall.ts";
