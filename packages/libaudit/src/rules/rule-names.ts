// Names of the rule language: fields, operators, field pairs, file types.
import { asciiLowerCase } from "../letter-case.ts";
import { FieldNumber, RuleOperator } from "./rule.ts";

/** Field names by number in the order of printing preference: `auid` before `loginuid`. */
const FIELDS: readonly (readonly [string, number])[] = [
  ["pid", FieldNumber.PID],
  ["uid", FieldNumber.UID],
  ["euid", FieldNumber.EUID],
  ["suid", FieldNumber.SUID],
  ["fsuid", FieldNumber.FSUID],
  ["gid", FieldNumber.GID],
  ["egid", FieldNumber.EGID],
  ["sgid", FieldNumber.SGID],
  ["fsgid", FieldNumber.FSGID],
  ["auid", FieldNumber.LOGINUID],
  ["loginuid", FieldNumber.LOGINUID],
  ["pers", FieldNumber.PERS],
  ["arch", FieldNumber.ARCH],
  ["msgtype", FieldNumber.MSGTYPE],
  ["subj_user", FieldNumber.SUBJ_USER],
  ["subj_role", FieldNumber.SUBJ_ROLE],
  ["subj_type", FieldNumber.SUBJ_TYPE],
  ["subj_sen", FieldNumber.SUBJ_SEN],
  ["subj_clr", FieldNumber.SUBJ_CLR],
  ["ppid", FieldNumber.PPID],
  ["obj_user", FieldNumber.OBJ_USER],
  ["obj_role", FieldNumber.OBJ_ROLE],
  ["obj_type", FieldNumber.OBJ_TYPE],
  ["obj_lev_low", FieldNumber.OBJ_LEV_LOW],
  ["obj_lev_high", FieldNumber.OBJ_LEV_HIGH],
  ["sessionid", FieldNumber.SESSIONID],
  ["fstype", FieldNumber.FSTYPE],
  ["contid", FieldNumber.CONTID],
  ["devmajor", FieldNumber.DEVMAJOR],
  ["devminor", FieldNumber.DEVMINOR],
  ["inode", FieldNumber.INODE],
  ["exit", FieldNumber.EXIT],
  ["success", FieldNumber.SUCCESS],
  ["path", FieldNumber.WATCH],
  ["perm", FieldNumber.PERM],
  ["dir", FieldNumber.DIR],
  ["filetype", FieldNumber.FILETYPE],
  ["obj_uid", FieldNumber.OBJ_UID],
  ["obj_gid", FieldNumber.OBJ_GID],
  ["field_compare", FieldNumber.FIELD_COMPARE],
  ["exe", FieldNumber.EXE],
  ["saddr_fam", FieldNumber.SADDR_FAM],
  ["a0", FieldNumber.ARG0],
  ["a1", FieldNumber.ARG1],
  ["a2", FieldNumber.ARG2],
  ["a3", FieldNumber.ARG3],
  ["key", FieldNumber.FILTERKEY],
];

/** In the order in which a field test is searched for them: two characters before one. */
const OPERATORS: readonly (readonly [string, RuleOperator])[] = [
  ["!=", RuleOperator.NOT_EQUAL],
  [">=", RuleOperator.GREATER_OR_EQUAL],
  ["<=", RuleOperator.LESS_OR_EQUAL],
  ["&=", RuleOperator.TEST],
  ["=", RuleOperator.EQUAL],
  [">", RuleOperator.GREATER],
  ["<", RuleOperator.LESS],
  ["&", RuleOperator.MASK],
];

/** AUDIT_COMPARE_*: the pair of number n is at n - 1, in the order in which it is printed. */
const PAIRS: readonly (readonly [string, string])[] = [
  ["uid", "obj_uid"],
  ["gid", "obj_gid"],
  ["euid", "obj_uid"],
  ["egid", "obj_gid"],
  ["auid", "obj_uid"],
  ["suid", "obj_uid"],
  ["sgid", "obj_gid"],
  ["fsuid", "obj_uid"],
  ["fsgid", "obj_gid"],
  ["uid", "auid"],
  ["uid", "euid"],
  ["uid", "fsuid"],
  ["uid", "suid"],
  ["auid", "fsuid"],
  ["auid", "suid"],
  ["auid", "euid"],
  ["euid", "suid"],
  ["euid", "fsuid"],
  ["suid", "fsuid"],
  ["gid", "egid"],
  ["gid", "fsgid"],
  ["gid", "sgid"],
  ["egid", "fsgid"],
  ["egid", "sgid"],
  ["sgid", "fsgid"],
];

const FILE_TYPES: ReadonlyMap<string, number> = new Map([
  ["socket", 0o140000],
  ["link", 0o120000],
  ["file", 0o100000],
  ["block", 0o060000],
  ["dir", 0o040000],
  ["character", 0o020000],
  ["fifo", 0o010000],
]);

const FS_TYPES: readonly (readonly [string, number])[] = [
  ["tracefs", 0x74726163],
  ["debugfs", 0x64626720],
];

/** Families that a SOCKADDR record may name in ENRICHED logs; `unix` is another word for local. */
const ADDRESS_FAMILIES: ReadonlyMap<string, number> = new Map([
  ["local", 1],
  ["unix", 1],
  ["inet", 2],
  ["inet6", 10],
  ["netlink", 16],
  ["packet", 17],
  ["vsock", 40],
]);

const fieldNumbers: ReadonlyMap<string, number> = new Map(FIELDS);
const fieldNames: ReadonlyMap<number, string> = firstNames(FIELDS);
const operatorSymbols: ReadonlyMap<number, string> = firstNames(OPERATORS);
const pairNumbers: ReadonlyMap<number, number> = pairs();

function firstNames(rows: readonly (readonly [string, number])[]): Map<number, string> {
  const names = new Map<number, string>();
  for (const [name, number] of rows) if (!names.has(number)) names.set(number, name);
  return names;
}

function pairKey(left: number, right: number): number {
  return left * 0x1_0000 + right;
}

function pairs(): Map<number, number> {
  const numbers = new Map<number, number>();
  for (const [index, [left, right]] of PAIRS.entries()) {
    const fields = [fieldNumbers.get(left) ?? 0, fieldNumbers.get(right) ?? 0] as const;
    numbers.set(pairKey(fields[0], fields[1]), index + 1);
    numbers.set(pairKey(fields[1], fields[0]), index + 1);
  }
  return numbers;
}

/** Number of a field name in any letter case; undefined if unknown. */
export function fieldNumber(name: string): number | undefined {
  return fieldNumbers.get(asciiLowerCase(name));
}

/** Name of a field as it is listed; undefined if it has none (`loginuid_set`, 24). */
export function fieldName(field: number): string | undefined {
  return fieldNames.get(field);
}

/** Text of an operator; empty for bits that are none. */
export function operatorSymbol(op: number): string {
  return operatorSymbols.get(op) ?? "";
}

/** A field test taken apart. */
export interface FieldTest {
  readonly name: string;
  readonly op: RuleOperator;
  readonly value: string;
}

/**
 * Splits `auid>=1000` at the first operator of the kind that is found first: all `!=` come before
 * any `>=`, `<=`, `&=`, `=`, `>`, `<`, `&`. So `uid==0` has the value `=0`. Undefined without one.
 */
export function splitFieldTest(text: string): FieldTest | undefined {
  for (const [symbol, op] of OPERATORS) {
    const at = text.indexOf(symbol);
    if (at >= 0) return { name: text.slice(0, at), op, value: text.slice(at + symbol.length) };
  }
  return undefined;
}

/** AUDIT_COMPARE_* of two fields in either order, 1..25; undefined if they do not compare. */
export function comparePair(left: number, right: number): number | undefined {
  return pairNumbers.get(pairKey(left, right));
}

/** The two field names of an AUDIT_COMPARE_* number; undefined outside 1..25. */
export function comparePairNames(pair: number): readonly [string, string] | undefined {
  return PAIRS[pair - 1];
}

/** S_IF* bits of a file type name in any letter case; undefined if unknown. */
export function fileTypeNumber(name: string): number | undefined {
  return FILE_TYPES.get(asciiLowerCase(name));
}

/** Magic number of a file system name in any letter case; undefined if unknown. */
export function fsTypeNumber(name: string): number | undefined {
  const wanted = asciiLowerCase(name);
  return FS_TYPES.find(([known]) => known === wanted)?.[1];
}

/** Name of a file system magic number; undefined if unknown. */
export function fsTypeName(number: number): string | undefined {
  return FS_TYPES.find(([, known]) => known === number)?.[0];
}

/** AF_* of an address family name in any letter case; undefined if unknown. */
export function addressFamily(name: string): number | undefined {
  return ADDRESS_FAMILIES.get(asciiLowerCase(name));
}
