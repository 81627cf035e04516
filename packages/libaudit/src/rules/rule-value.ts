// The value of an -F test: how its text is read, and the lists and operators auditctl lets through.

import { CONTID_UNSET } from "../contid.ts";
import { errnoNumber } from "../errno.ts";
import { asciiLowerCase } from "../letter-case.ts";
import { recordTypeEntries } from "../record-type.ts";
import { Arch, archName, archNumber } from "../syscall.ts";
import {
  FieldNumber,
  MAX_KEY_LENGTH,
  PATH_MAX,
  Perm,
  type RuleField,
  type RuleList,
  RuleOperator,
  UNSET_U32,
} from "./rule.ts";
import type { RuleContext } from "./rule-command.ts";
import type { RuleDraft } from "./rule-draft.ts";
import { addressFamily, type FieldTest, fileTypeNumber, fsTypeNumber } from "./rule-names.ts";
import {
  hexNumber,
  signedNumber,
  startsNegative,
  startsWithDigit,
  unsignedNumber,
} from "./rule-number.ts";

/** A field that was read, or the text of auditctl's complaint. */
export type ValueResult = RuleField | string;

interface Reading {
  readonly draft: RuleDraft;
  readonly context: RuleContext;
  readonly list: RuleList | undefined;
  readonly field: number;
  readonly test: FieldTest;
}

type Reader = (reading: Reading) => ValueResult;

/** AF_MAX of the kernels from 5.16 on. */
const ADDRESS_FAMILIES_END = 46;
const CONTID_BYTES = 8;
const MAX_PERM_LETTERS = 4;
const PERM_BITS: ReadonlyMap<string, number> = new Map([
  ["r", Perm.READ],
  ["w", Perm.WRITE],
  ["x", Perm.EXEC],
  ["a", Perm.ATTR],
]);

function exitOnly({ test }: Reading): string {
  return `${test.name} can only be used with exit filter list`;
}

function onlyEqual({ test }: Reading): string | undefined {
  const isEqual = test.op === RuleOperator.EQUAL || test.op === RuleOperator.NOT_EQUAL;
  return isEqual ? undefined : `${test.name} only takes = or != operators`;
}

function notNumber({ test }: Reading): string {
  return `-F value should be number for ${test.name}`;
}

function number({ field, test }: Reading, value: number): RuleField {
  return { field, op: test.op, value };
}

/** Digits, or a minus and digits; undefined for other text. */
function readSigned(text: string): number | undefined {
  if (startsWithDigit(text)) return unsignedNumber(text).value;
  return startsNegative(text) ? signedNumber(text).value : undefined;
}

function user(reading: Reading): ValueResult {
  const { value } = reading.test;
  const uid =
    readSigned(value) ?? (value === "unset" ? UNSET_U32 : reading.context.resolver.uid(value));
  return uid === undefined ? `Unknown user: ${value}` : number(reading, uid >>> 0);
}

function group(reading: Reading): ValueResult {
  const { value } = reading.test;
  const gid = startsWithDigit(value)
    ? signedNumber(value).value
    : reading.context.resolver.gid(value);
  return gid === undefined ? `Unknown group: ${value}` : number(reading, gid >>> 0);
}

function exitCode(reading: Reading): ValueResult {
  if (reading.list !== "exit") return exitOnly(reading);
  const { name, value } = reading.test;
  if (startsWithDigit(value) || startsNegative(value)) {
    return number(reading, signedNumber(value).value);
  }
  const negative = value.startsWith("-");
  const errno = errnoNumber(negative ? value.slice(1) : value);
  if (errno === undefined) return `-F unknown errno - ${name}`;
  return number(reading, (negative ? -errno : errno) >>> 0);
}

const recordTypes: ReadonlyMap<string, number> = new Map(
  [...recordTypeEntries()].map(([name, type]) => [asciiLowerCase(name), type]),
);

function recordType(reading: Reading): ValueResult {
  if (reading.list !== "exclude" && reading.list !== "user") {
    return "msgtype field can only be used with exclude or user filter list";
  }
  const { name, value } = reading.test;
  if (startsWithDigit(value)) return number(reading, signedNumber(value).value);
  const type = recordTypes.get(asciiLowerCase(value)) ?? unnamedType(value);
  return type > 0 ? number(reading, type) : `-F unknown message type - ${name}`;
}

/** `UNKNOWN[n]` as libaudit reads it: at most seven characters of a decimal number. */
function unnamedType(value: string): number {
  const digits = /^UNKNOWN\[([^\]]*)\]/.exec(value)?.[1]?.slice(0, 7);
  return digits === undefined ? 0 : Number.parseInt(digits, 10) || 0;
}

function text(reading: Reading): ValueResult {
  const { draft, field, list, test } = reading;
  const isPath = field === FieldNumber.WATCH || field === FieldNumber.DIR;
  if (isPath || (field >= FieldNumber.OBJ_USER && field <= FieldNumber.OBJ_LEV_HIGH)) {
    if (list !== "exit") return exitOnly(reading);
    if (isPath) draft.hasPerm = true;
  }
  if (field === FieldNumber.EXE) {
    const refused = onlyEqual(reading);
    if (refused !== undefined) return refused;
    draft.hasExe = true;
  }
  const isKey = field === FieldNumber.FILTERKEY;
  if (isKey && !draft.takesKey) {
    return "Key field needs a watch, syscall or exe path given prior to it";
  }
  const length = test.value.length;
  if (length > (isKey ? MAX_KEY_LENGTH : PATH_MAX)) return "String value too long";
  return { field, op: test.op, value: length, text: test.value };
}

/** 32-bit sibling of an architecture, for `b32`. */
const NARROW: ReadonlyMap<number, number> = new Map([
  [Arch.X86_64, Arch.I386],
  [Arch.PPC64, Arch.PPC],
  [Arch.S390X, Arch.S390],
  [Arch.AARCH64, Arch.ARM],
]);
const IS_64_BIT = 0x8000_0000;

/** Architecture of `b64`, `b32`, a machine name or hex digits; undefined if there is none. */
function namedArch(value: string, machine: number): number | undefined {
  const word = asciiLowerCase(value);
  if (word === "b64") return machine >= IS_64_BIT ? machine : undefined;
  if (word === "b32") {
    if (machine < IS_64_BIT) return machine;
    return NARROW.get(machine);
  }
  return archNumber(value) ?? hexArch(value);
}

function hexArch(value: string): number | undefined {
  const { value: arch, overflow } = hexNumber(value);
  return overflow ? undefined : arch;
}

function arch(reading: Reading): ValueResult {
  const { context, draft, test } = reading;
  if (draft.hasSyscalls) return `${test.name} must be before -S`;
  const refused = onlyEqual(reading);
  if (refused !== undefined) return refused;
  let found: number | undefined;
  if (startsWithDigit(test.value)) {
    const { value, overflow } = unsignedNumber(test.value);
    if (!overflow) found = value;
  } else {
    found = namedArch(test.value, context.arch);
  }
  if (found === undefined || archName(found) === undefined) {
    return `${test.name} elf mapping not found`;
  }
  draft.arch = found;
  return number(reading, found);
}

/** Bits of permission letters; the first letter that is none. */
export function readPerm(letters: string): { readonly bits: number } | { readonly bad: string } {
  let bits = 0;
  for (const letter of letters) {
    const bit = PERM_BITS.get(asciiLowerCase(letter));
    if (bit === undefined) return { bad: letter };
    bits |= bit;
  }
  return { bits };
}

function perm(reading: Reading): ValueResult {
  const { list, test } = reading;
  if (list !== "exit") return exitOnly(reading);
  if (test.op !== RuleOperator.EQUAL) return `${test.name} only takes = operator`;
  if (test.value.length > MAX_PERM_LETTERS) return "String value too long";
  const letters = readPerm(test.value);
  if ("bad" in letters) return "Permission can only contain  'rwxa'";
  return number(reading, letters.bits);
}

function fileType(reading: Reading): ValueResult {
  if (reading.list !== "exit") return exitOnly(reading);
  const { name, value } = reading.test;
  const type = fileTypeNumber(value);
  return type === undefined ? `-F unknown file type -  ${name}` : number(reading, type);
}

function fsType(reading: Reading): ValueResult {
  const { name, value } = reading.test;
  if (reading.list !== "filesystem") return `${name} field is not valid for the filter`;
  const refused = onlyEqual(reading);
  if (refused !== undefined) return refused;
  const type = startsWithDigit(value) ? unsignedNumber(value).value : fsTypeNumber(value);
  if (type === undefined || type === UNSET_U32) {
    return `file system type is unknown for field: ${name}`;
  }
  reading.draft.hasFsType = true;
  return number(reading, type);
}

function argument(reading: Reading): ValueResult {
  const value = readSigned(reading.test.value);
  return value === undefined ? notNumber(reading) : number(reading, value);
}

function sessionLists({ list, test }: Reading): string | undefined {
  const takes = list === "exclude" || list === "user" || list === "exit";
  return takes ? undefined : `${test.name} must be used with exclude, user, or exit filter`;
}

/** Text that is no number is 0, as in auditctl (AUD-35). */
function session(reading: Reading): ValueResult {
  const refused = sessionLists(reading);
  if (refused !== undefined) return refused;
  const { value } = reading.test;
  return number(reading, readSigned(value) ?? (value === "unset" ? UNSET_U32 : 0));
}

/** Decimal or 0x hex in 0..2^64-1; `unset` and -1 for a task in no container (CID-71). */
function contid(reading: Reading): ValueResult {
  const refused = sessionLists(reading);
  if (refused !== undefined) return refused;
  const { field, test } = reading;
  const isUnset = test.value === "unset" || test.value === "-1";
  if (!isUnset && !/^(?:[0-9]{1,20}|0[xX][0-9a-fA-F]{1,16})$/.test(test.value)) {
    return notNumber(reading);
  }
  const value = isUnset ? CONTID_UNSET : BigInt(test.value);
  if (value > CONTID_UNSET) return notNumber(reading);
  return { field, op: test.op, value: CONTID_BYTES, contid: value };
}

function family(reading: Reading): ValueResult {
  const { name, value } = reading.test;
  const known = addressFamily(value);
  if (known !== undefined) return number(reading, known);
  if (!/^\s*[+-]?[0-9]/.test(value)) return notNumber(reading);
  const wanted = unsignedNumber(value).value;
  if (wanted >= ADDRESS_FAMILIES_END) return `value is too large for field: ${name}`;
  return number(reading, wanted);
}

function other(reading: Reading): ValueResult {
  const { field, list, test } = reading;
  const exitFields: readonly number[] = [
    FieldNumber.DEVMAJOR,
    FieldNumber.DEVMINOR,
    FieldNumber.INODE,
    FieldNumber.SUCCESS,
  ];
  if (exitFields.includes(field) && list !== "exit") return exitOnly(reading);
  if (field === FieldNumber.INODE) {
    const refused = onlyEqual(reading);
    if (refused !== undefined) return refused;
  }
  if (field === FieldNumber.PPID && list !== "exit") return exitOnly(reading);
  if (!startsWithDigit(test.value)) return notNumber(reading);
  const read = field === FieldNumber.INODE ? unsignedNumber : signedNumber;
  return number(reading, read(test.value).value);
}

const READERS: ReadonlyMap<number, Reader> = new Map<number, Reader>([
  ...each(user, ["UID", "EUID", "SUID", "FSUID", "LOGINUID", "OBJ_UID"]),
  ...each(group, ["GID", "EGID", "SGID", "FSGID", "OBJ_GID"]),
  ...each(text, ["SUBJ_USER", "SUBJ_ROLE", "SUBJ_TYPE", "SUBJ_SEN", "SUBJ_CLR"]),
  ...each(text, ["OBJ_USER", "OBJ_ROLE", "OBJ_TYPE", "OBJ_LEV_LOW", "OBJ_LEV_HIGH"]),
  ...each(text, ["WATCH", "DIR", "FILTERKEY", "EXE"]),
  ...each(argument, ["ARG0", "ARG1", "ARG2", "ARG3"]),
  ...each(exitCode, ["EXIT"]),
  ...each(recordType, ["MSGTYPE"]),
  ...each(arch, ["ARCH"]),
  ...each(perm, ["PERM"]),
  ...each(fileType, ["FILETYPE"]),
  ...each(fsType, ["FSTYPE"]),
  ...each(session, ["SESSIONID"]),
  ...each(contid, ["CONTID"]),
  ...each(family, ["SADDR_FAM"]),
]);

function each(reader: Reader, names: readonly (keyof typeof FieldNumber)[]): [number, Reader][] {
  return names.map((name) => [FieldNumber[name], reader]);
}

/** Reads the value of a test of `field` for a rule of `list`. Source: libaudit 3.0.9 (AUD-1.4). */
export function readValue(
  draft: RuleDraft,
  field: number,
  test: FieldTest,
  context: RuleContext,
): ValueResult {
  const reader = READERS.get(field) ?? other;
  return reader({ draft, context, list: draft.list, field, test });
}
