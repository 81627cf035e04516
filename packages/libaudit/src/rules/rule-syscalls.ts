// -S: the calls of a rule.

import { Arch } from "../syscall.ts";
import { MASK_WORDS, type RuleList } from "./rule.ts";
import type { RuleDraft } from "./rule-draft.ts";

/** 32-bit sibling whose table is compared with when no arch was given. */
const NARROW: ReadonlyMap<number, number> = new Map([
  [Arch.X86_64, Arch.I386],
  [Arch.PPC64, Arch.PPC],
  [Arch.S390X, Arch.S390],
]);

/** Words of the mask that auditctl 3.0.9 compares with the 32-bit table. */
const COMPARED_WORDS = MASK_WORDS / 4;

const WRONG_LISTS: ReadonlyMap<RuleList, string> = new Map([
  ["task", "Error: syscall auditing being added to task list"],
  ["user", "Error: syscall auditing being added to user list"],
  ["filesystem", "Error: syscall auditing being added to filesystem list"],
]);

/** What became of an -S option. */
export interface SyscallsResult {
  readonly error?: string;
  /** True if the list of the rule has no calls. */
  readonly wrongList?: boolean;
  readonly warning?: string;
}

/** The complaint about a list that has no calls. */
function wrongList(draft: RuleDraft): string | undefined {
  for (const [list, text] of WRONG_LISTS) {
    if (draft.add === list || draft.remove === list) return text;
  }
  return draft.excludes ? "Error: syscall auditing cannot be put on exclude list" : undefined;
}

/** The words of `open,openat`; a value without a comma is one word, also an empty one. */
function splitWords(value: string): string[] {
  return value.includes(",") ? value.split(",").filter((word) => word !== "") : [value];
}

/** True if the 32-bit table gives other calls for the same words. */
function isMismatch(draft: RuleDraft, words: readonly string[]): boolean {
  const { arch } = draft;
  const other = new Uint32Array(MASK_WORDS);
  draft.arch = NARROW.get(arch ?? 0) ?? arch;
  for (const word of words) draft.addSyscall(word, other);
  draft.arch = arch;
  return other.subarray(0, COMPARED_WORDS).some((bits, word) => bits !== draft.syscalls[word]);
}

/**
 * Adds the calls of an -S value to a rule: names, numbers or `all`, separated by commas. Names are
 * those of the last arch, else of the machine; then a rule whose 32-bit calls would be others gets
 * a warning (AUD-26). `line` is the line of a rules file.
 */
export function addSyscalls(
  draft: RuleDraft,
  value: string,
  machine: number,
  line: number | undefined,
): SyscallsResult {
  const refused = wrongList(draft);
  if (refused !== undefined) return { error: refused, wrongList: true };
  const isNative = draft.arch === undefined;
  draft.arch ??= machine;
  const words = splitWords(value);
  for (const word of words) {
    const result = draft.addSyscall(word);
    if (result === "unknown-arch") {
      return { error: `Elf type unknown: 0x${draft.arch.toString(16)}` };
    }
    if (result === "unknown-call") return { error: `Syscall name unknown: ${word}` };
  }
  draft.hasSyscalls = true;
  if (!isNative || draft.add === undefined || !isMismatch(draft, words)) return {};
  const place = line === undefined ? "" : ` in line ${line}`;
  return {
    warning: `WARNING - 32/64 bit syscall mismatch${place}, you should specify an arch`,
  };
}
