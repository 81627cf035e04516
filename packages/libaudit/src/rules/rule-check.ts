// What the kernel refuses when a rule is added.
import { Errno } from "../errno.ts";
import {
  FieldNumber,
  MASK_WORDS,
  MAX_FIELDS,
  MAX_KEY_LENGTH,
  PATH_MAX,
  type Rule,
  type RuleField,
  RuleListNumber,
  RuleOperator,
  UNSET_U32,
} from "./rule.ts";
import type { RuleContext } from "./rule-command.ts";

/** Size of struct audit_rule_data without the text behind it, in bytes. */
const FIXED_SIZE = 1040;
/** Bytes of a netlink header. */
const HEADER_SIZE = 16;
/** Most bytes of a request that libaudit sends, the header included. */
const REQUEST_MAX = 8970;

const CONTID_BYTES = 8;
const FILE_TYPE_BITS = 0o170000;
const PERM_BITS = 0xf;
const COMPARE_LAST = 25;
const ADDRESS_FAMILIES_END = 46;

const IDS: ReadonlySet<number> = numbers("UID EUID SUID FSUID OBJ_UID GID EGID SGID FSGID OBJ_GID");
const TEXTS: ReadonlySet<number> = numbers(
  "SUBJ_USER SUBJ_ROLE SUBJ_TYPE SUBJ_SEN SUBJ_CLR OBJ_USER OBJ_ROLE OBJ_TYPE OBJ_LEV_LOW " +
    "OBJ_LEV_HIGH WATCH DIR EXE FILTERKEY",
);
const ANY_OPERATOR: ReadonlySet<number> = numbers("ARG0 ARG1 ARG2 ARG3 PERS DEVMINOR");
const NO_BIT_OPERATOR: ReadonlySet<number> = numbers(
  "UID EUID SUID FSUID LOGINUID OBJ_UID GID EGID SGID FSGID OBJ_GID PID MSGTYPE PPID DEVMAJOR " +
    "EXIT SUCCESS INODE SESSIONID SUBJ_SEN SUBJ_CLR OBJ_LEV_LOW OBJ_LEV_HIGH SADDR_FAM",
);
const EQUAL_OPERATOR: ReadonlySet<number> = numbers(
  "SUBJ_USER SUBJ_ROLE SUBJ_TYPE OBJ_USER OBJ_ROLE OBJ_TYPE WATCH DIR FILTERKEY LOGINUID_SET " +
    "ARCH FSTYPE PERM FILETYPE FIELD_COMPARE EXE CONTID",
);
const OPERATORS: ReadonlySet<number> = new Set(Object.values(RuleOperator));

function numbers(names: string): Set<number> {
  return new Set(names.split(" ").map((name) => FieldNumber[name as keyof typeof FieldNumber]));
}

/** True for a field whose text stands behind the fixed part of a rule. */
export function isTextField(field: number): boolean {
  return TEXTS.has(field);
}

function isEqual(op: number): boolean {
  return op === RuleOperator.EQUAL || op === RuleOperator.NOT_EQUAL;
}

function takesOperator(field: number, op: number): boolean {
  if (!OPERATORS.has(op)) return false;
  if (ANY_OPERATOR.has(field)) return true;
  if (NO_BIT_OPERATOR.has(field)) {
    return op !== RuleOperator.MASK && op !== RuleOperator.TEST;
  }
  return EQUAL_OPERATOR.has(field) && isEqual(op);
}

function takesValue(field: number, value: number): boolean {
  switch (field) {
    case FieldNumber.LOGINUID_SET:
      return value <= 1;
    case FieldNumber.PERM:
      return (value & ~PERM_BITS) === 0;
    case FieldNumber.FILETYPE:
      return (value & ~FILE_TYPE_BITS) === 0;
    case FieldNumber.FIELD_COMPARE:
      return value <= COMPARE_LAST;
    case FieldNumber.SADDR_FAM:
      return value < ADDRESS_FAMILIES_END;
    default:
      return !(IDS.has(field) && value === UNSET_U32);
  }
}

function takesList(field: number, { list }: Rule): boolean {
  if (field === FieldNumber.MSGTYPE) return list === "exclude" || list === "user";
  if (field === FieldNumber.FSTYPE) return list === "filesystem";
  if (list === "filesystem") return field === FieldNumber.FILTERKEY;
  return true;
}

/** The text itself: its length, and what a path must look like. */
function checkText(rule: Rule, { field, op, value, text = "" }: RuleField): Errno | 0 {
  if (value !== text.length || value === 0) return Errno.EINVAL;
  if (field === FieldNumber.FILTERKEY && value > MAX_KEY_LENGTH) return Errno.EINVAL;
  if (field === FieldNumber.EXE && value > PATH_MAX) return Errno.EINVAL;
  if (value > PATH_MAX) return Errno.ENAMETOOLONG;
  const isWatch = field === FieldNumber.WATCH;
  const isTree = field === FieldNumber.DIR;
  if (isWatch || isTree || field === FieldNumber.EXE) {
    if (!text.startsWith("/")) return Errno.EINVAL;
    if (!isTree && text.endsWith("/")) return Errno.EINVAL;
  }
  if (isWatch || isTree) {
    if (rule.list !== "exit" || op !== RuleOperator.EQUAL) return Errno.EINVAL;
  }
  return 0;
}

function checkField(rule: Rule, item: RuleField): Errno | 0 {
  const { field, op, value } = item;
  // The kernel keeps auid=unset as loginuid_set=0, which takes = and != only (AUD-33).
  const isUnsetAuid = field === FieldNumber.LOGINUID && value === UNSET_U32;
  if (isUnsetAuid && !isEqual(op)) return Errno.EINVAL;
  if (!takesList(field, rule) || !takesOperator(field, op)) return Errno.EINVAL;
  if (field === FieldNumber.CONTID) {
    return value === CONTID_BYTES && item.contid !== undefined ? 0 : Errno.EINVAL;
  }
  if (!takesValue(field, value)) return Errno.EINVAL;
  if (field === FieldNumber.INODE && rule.list !== "exit") return Errno.EINVAL;
  return isTextField(field) ? checkText(rule, item) : 0;
}

/** A rule has one object, one executable and one key at most. */
function isRepeated(seen: Set<string>, field: number): boolean {
  let what: string;
  switch (field) {
    case FieldNumber.WATCH:
    case FieldNumber.DIR:
    case FieldNumber.INODE:
      what = "object";
      break;
    case FieldNumber.EXE:
      what = "exe";
      break;
    case FieldNumber.FILTERKEY:
      what = "key";
      break;
    default:
      return false;
  }
  if (seen.has(what)) return true;
  seen.add(what);
  return false;
}

/**
 * What the kernel answers to a request to add `rule`: 0, EINVAL, or ENAMETOOLONG for a text of more
 * than PATH_MAX bytes. A request that libaudit cannot send (8970 bytes) is EINVAL. Paths are not
 * looked up: that is checkRulePaths. Source: kernel audit_data_to_entry (AUD-2.4, Appendix B).
 */
export function checkRule(rule: Rule): Errno | 0 {
  if (!Object.hasOwn(RuleListNumber, rule.list)) return Errno.EINVAL;
  if (rule.syscalls.length !== MASK_WORDS) return Errno.EINVAL;
  if (rule.fields.length > MAX_FIELDS) return Errno.EINVAL;
  const seen = new Set<string>();
  let textSize = 0;
  for (const field of rule.fields) {
    const errno = checkField(rule, field);
    if (errno !== 0) return errno;
    if (isRepeated(seen, field.field)) return Errno.EINVAL;
    textSize += field.text?.length ?? (field.contid === undefined ? 0 : CONTID_BYTES);
  }
  const size = HEADER_SIZE + FIXED_SIZE + textSize;
  return Math.ceil(size / 4) * 4 > REQUEST_MAX ? Errno.EINVAL : 0;
}

/** The directory of a path: all before its last slash. */
function parentOf(path: string): string {
  const at = path.lastIndexOf("/");
  return at <= 0 ? "/" : path.slice(0, at);
}

/**
 * What the kernel answers about the paths of a rule that checkRule takes: ENOENT if the directory
 * of a `path` or `exe` or a `dir` itself is missing, ENOTDIR if what stands there is none. The file
 * of a `path` may be missing (AUD-48, AUD-49).
 */
export function checkRulePaths(rule: Rule, stat: RuleContext["stat"]): Errno | 0 {
  for (const { field, text } of rule.fields) {
    if (text === undefined) continue;
    if (field === FieldNumber.DIR && stat(text) === undefined) return Errno.ENOENT;
    if (field !== FieldNumber.WATCH && field !== FieldNumber.EXE) continue;
    const found = stat(parentOf(text));
    if (found === undefined) return Errno.ENOENT;
    if (found !== "directory") return Errno.ENOTDIR;
  }
  return 0;
}
