// A rule while its command line is read.

import { archName, syscallNumber } from "../syscall.ts";
import {
  KEY_SEPARATOR,
  MASK_WORDS,
  MAX_FIELDS,
  MAX_KEY_LENGTH,
  type Rule,
  type RuleAction,
  type RuleField,
  type RuleList,
  RuleListNumber,
  UNSET_U32,
} from "./rule.ts";
import { signed, signedNumber, startsWithDigit } from "./rule-number.ts";

/** Most fields that auditctl puts into one rule, the key included: one less than the kernel. */
export const MAX_DRAFT_FIELDS: number = MAX_FIELDS - 1;

/** What an -S word led to. */
export type SyscallResult = "ok" | "unknown-call" | "unknown-arch";

/** State of one auditctl command line. */
export class RuleDraft {
  /** List of -a or -A. */
  add: RuleList | undefined;
  /** List of -d. */
  remove: RuleList | undefined;
  prepend = false;
  /** One of -a, -A, -d was read. */
  placed = false;
  /** A list was read as `exclude`. */
  excludes = false;
  action: RuleAction | undefined;
  fields: RuleField[] = [];
  syscalls: Uint32Array = new Uint32Array(MASK_WORDS);
  /** AUDIT_ARCH_* of the last arch test, or of the machine after an -S without one. */
  arch: number | undefined;
  /** An -S or a watch was given. */
  hasSyscalls = false;
  /** A perm, path or dir test was given. */
  hasPerm = false;
  hasExe = false;
  hasFsType = false;
  /** Keys so far, joined. */
  key = "";

  /** The list of the rule; -a comes before -d. */
  get list(): RuleList | undefined {
    return this.add ?? this.remove;
  }

  /** True once something stands in the rule that auditctl lets a key follow. */
  get takesKey(): boolean {
    return this.hasSyscalls || this.hasPerm || this.hasExe || this.hasFsType;
  }

  /** True if auditctl lets no further field into the rule. */
  get full(): boolean {
    return this.fields.length >= MAX_DRAFT_FIELDS;
  }

  setAllSyscalls(): void {
    this.syscalls.fill(UNSET_U32);
  }

  /** Sets the bit of a call given by name or number, or all bits for `all`. */
  addSyscall(word: string, mask: Uint32Array = this.syscalls): SyscallResult {
    if (word === "all") {
      mask.fill(UNSET_U32);
      return "ok";
    }
    const arch = this.arch ?? 0;
    if (archName(arch) === undefined) return "unknown-arch";
    let number = syscallNumber(arch, word);
    if (number === undefined && startsWithDigit(word)) number = signed(signedNumber(word).value);
    if (number === undefined || number < 0 || number >= MASK_WORDS * 32) return "unknown-call";
    mask[number >>> 5] = ((mask[number >>> 5] ?? 0) | (1 << (number & 31))) >>> 0;
    return "ok";
  }

  /** Adds a key to those of the rule; false if they would get too long. */
  addKey(key: string): boolean {
    const joined = this.key === "" ? key : this.key + KEY_SEPARATOR + key;
    if (joined.length > MAX_KEY_LENGTH) return false;
    this.key = joined;
    return true;
  }

  /** The rule as it is sent; a list other than task without -S gets all calls. */
  finish(list: RuleList): Rule {
    if (list !== "task" && !this.hasSyscalls) this.setAllSyscalls();
    return {
      list,
      action: this.action ?? "never",
      prepend: this.add !== undefined && this.prepend,
      syscalls: this.syscalls,
      fields: this.fields,
    };
  }
}

/** List of a name in this exact case; undefined for any other text. */
export function ruleListOf(name: string): RuleList | undefined {
  return Object.hasOwn(RuleListNumber, name) ? (name as RuleList) : undefined;
}
