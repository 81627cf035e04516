// Rules as `auditctl -l` prints them.
import { CONTID_UNSET } from "../contid.ts";
import { errnoName } from "../errno.ts";
import { recordTypeEntries } from "../record-type.ts";
import { archName, syscallName } from "../syscall.ts";
import {
  FieldNumber,
  hasAllSyscalls,
  hasSyscall,
  KEY_SEPARATOR,
  MASK_WORDS,
  Perm,
  type Rule,
  type RuleField,
  UNSET_U32,
} from "./rule.ts";
import { comparePairNames, fieldName, fsTypeName, operatorSymbol } from "./rule-names.ts";
import { signed } from "./rule-number.ts";

/** How rules are printed. */
export interface RuleFormat {
  /** Architecture of the machine: names the calls of a rule without an arch test. */
  readonly arch: number;
  /** -i: machine names instead of b32 and b64, `unset` instead of -1. Default false. */
  readonly interpret?: boolean;
}

/** Record types that audit 3.0.9 has no name for; they are printed as numbers. */
const NEWER_TYPES: ReadonlySet<string> = new Set([
  "CONTAINER_OP",
  "SIGNAL_INFO2",
  "SET_CAPCONTID",
  "CONTAINER_ID",
  "NS_CREATE",
  "NS_DESTROY",
  "NS_CHANGE",
  "NS_INFO",
  "DM_CTRL",
  "DM_EVENT",
  "LANDLOCK_ACCESS",
  "LANDLOCK_DOMAIN",
]);

const typeNames: ReadonlyMap<number, string> = new Map(
  [...recordTypeEntries()]
    .filter(([name]) => !NEWER_TYPES.has(name))
    .map(([name, number]) => [number, name]),
);

const PERM_LETTERS = [
  [Perm.READ, "r"],
  [Perm.WRITE, "w"],
  [Perm.EXEC, "x"],
  [Perm.ATTR, "a"],
] as const;

const IS_64_BIT = 0x8000_0000;

function permLetters(value: number): string {
  return PERM_LETTERS.map(([bit, letter]) => ((value & bit) === 0 ? "" : letter)).join("");
}

/** The keys of a key field; empty ones are not printed. */
function keysOf(text: string): string[] {
  return text.split(KEY_SEPARATOR).filter((key) => key !== "");
}

/** True for a rule that -w can write: a path or dir, then perm, then keys, all calls, always. */
function isWatch({ list, action, fields, syscalls }: Rule): boolean {
  const [object, perm, key] = fields;
  return (
    list === "exit" &&
    action === "always" &&
    fields.length <= 3 &&
    (object?.field === FieldNumber.WATCH || object?.field === FieldNumber.DIR) &&
    perm?.field === FieldNumber.PERM &&
    (key === undefined || key.field === FieldNumber.FILTERKEY) &&
    hasAllSyscalls(syscalls)
  );
}

function watchText({ fields }: Rule): string {
  const [object, perm, key] = fields;
  const keys = keysOf(key?.text ?? "").map((text) => ` -k ${text}`);
  return `-w ${object?.text ?? ""} -p ${permLetters(perm?.value ?? 0)}${keys.join("")}`;
}

function archText(op: string, value: number, interpret: boolean): string {
  const name = archName(value);
  if (name === undefined) return ` -F arch${op}0x${value.toString(16).toUpperCase()}`;
  if (interpret) return ` -F arch${op}${name}`;
  return ` -F arch${op}${value >= IS_64_BIT ? "b64" : "b32"}`;
}

function syscallText(rule: Rule, machine: number): string {
  if (rule.list !== "exit") return "";
  if (hasAllSyscalls(rule.syscalls)) return " -S all";
  const arches = rule.fields.filter(({ field }) => field === FieldNumber.ARCH);
  const arch = arches.at(-1)?.value ?? machine;
  const words: string[] = [];
  for (let number = 0; number < MASK_WORDS * 32; number++) {
    if (hasSyscall(rule.syscalls, number)) words.push(syscallName(arch, number) ?? `${number}`);
  }
  return words.length === 0 ? "" : ` -S ${words.join(",")}`;
}

function exitText(value: number): string {
  const code = signed(value);
  const name = code < 0 ? errnoName(-code) : undefined;
  return name === undefined ? `${code}` : `-${name}`;
}

function numberText({ field, value }: RuleField, interpret: boolean): string {
  switch (field) {
    case FieldNumber.MSGTYPE:
      return typeNames.get(value) ?? `${signed(value)}`;
    case FieldNumber.FSTYPE:
      return fsTypeName(value) ?? `${signed(value)}`;
    case FieldNumber.PERM:
      return permLetters(value);
    case FieldNumber.INODE:
      return `${value}`;
    case FieldNumber.EXIT:
      return exitText(value);
    case FieldNumber.ARG0:
    case FieldNumber.ARG1:
    case FieldNumber.ARG2:
    case FieldNumber.ARG3:
      return `0x${value.toString(16).toUpperCase()}`;
    case FieldNumber.LOGINUID:
    case FieldNumber.SESSIONID:
      return interpret && value === UNSET_U32 ? "unset" : `${signed(value)}`;
    default:
      return `${signed(value)}`;
  }
}

function fieldText(item: RuleField, interpret: boolean): string {
  const { field, value, text } = item;
  const op = operatorSymbol(item.op);
  const name = fieldName(field);
  if (name === undefined) return ` f${field}${op}${signed(value)}`;
  switch (field) {
    case FieldNumber.FILTERKEY:
      return keysOf(text ?? "")
        .map((key) => ` -F key=${key}`)
        .join("");
    case FieldNumber.FIELD_COMPARE: {
      const pair = comparePairNames(value);
      return pair === undefined ? "" : ` -C ${pair[0]}${op}${pair[1]}`;
    }
    case FieldNumber.PERM:
      return ` -F perm=${permLetters(value)}`;
    case FieldNumber.CONTID:
      return ` -F contid${op}${item.contid === CONTID_UNSET ? "unset" : item.contid}`;
    default:
      return ` -F ${name}${op}${text ?? numberText(item, interpret)}`;
  }
}

/**
 * One rule as `auditctl -l` of audit 3.0.9 prints it, without a newline (AUD-1.8); bytes are latin1
 * characters. The differences are in docs/reference/rules-deviations.md. Users and groups are never
 * named; a contid is decimal, CONTID_UNSET is `unset`.
 */
export function formatRule(rule: Rule, format: RuleFormat): string {
  if (isWatch(rule)) return watchText(rule);
  const interpret = format.interpret ?? false;
  const arches = rule.fields
    .filter(({ field }) => field === FieldNumber.ARCH)
    .map(({ op, value }) => archText(operatorSymbol(op), value, interpret));
  const fields = rule.fields
    .filter(({ field }) => field !== FieldNumber.ARCH)
    .map((field) => fieldText(field, interpret));
  const head = `-a ${rule.action},${rule.list}`;
  return head + arches.join("") + syscallText(rule, format.arch) + fields.join("");
}

/** Keys of a rule as -k compares them: one text with the bytes 0x01 between them. */
function keyText({ fields }: Rule): string {
  return fields.find(({ field }) => field === FieldNumber.FILTERKEY)?.text ?? "";
}

/** True if the key of a rule contains `text`; an empty text matches every rule (AUD-57). */
export function matchesKey(rule: Rule, text: string): boolean {
  return keyText(rule).includes(text);
}

/**
 * What `auditctl -l [-k KEY]` prints, a newline at the end of each line: `No rules` if there are
 * none, nothing if no key contains `key` (AUD-59).
 */
export function formatRules(rules: readonly Rule[], format: RuleFormat, key = ""): string {
  if (rules.length === 0) return "No rules\n";
  return rules
    .filter((rule) => matchesKey(rule, key))
    .map((rule) => `${formatRule(rule, format)}\n`)
    .join("");
}
