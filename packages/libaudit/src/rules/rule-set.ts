// The rules of one instance, in the order in which they decide.
import { Errno } from "../errno.ts";
import { resolveClassBits } from "../syscall-class.ts";
import { type Rule, type RuleList, RuleListNumber } from "./rule.ts";
import { checkRule } from "./rule-check.ts";
import { matchesKey } from "./rule-format.ts";

/** A rule that replaceAll refused: its place in the given list, from 0. */
export interface RuleRefusal {
  readonly index: number;
  readonly errno: Errno;
}

/** True if two rules are the same to the kernel: all but the prepend flag, in the same order. */
function isSameRule(left: Rule, right: Rule): boolean {
  return (
    left.list === right.list &&
    left.action === right.action &&
    left.fields.length === right.fields.length &&
    left.fields.every((field, index) => {
      const other = right.fields[index];
      return (
        field.field === other?.field &&
        field.op === other.op &&
        field.value === other.value &&
        field.text === other.text &&
        field.contid === other.contid
      );
    }) &&
    left.syscalls.every((bits, word) => bits === right.syscalls[word])
  );
}

/** Lists in the order of their numbers, as -l prints them. */
const LISTS = (Object.keys(RuleListNumber) as RuleList[]).sort(
  (a, b) => RuleListNumber[a] - RuleListNumber[b],
);

/**
 * The five lists of rules. Rules go in as requests (parseRuleArguments) and are kept as the kernel
 * keeps them: without the prepend flag and with class bits resolved (AUD-29). Rules are not
 * modified. Source: kernel audit_add_rule, audit_del_rule (AUD-1.9).
 */
export class RuleSet {
  readonly #machine: number;
  #lists: ReadonlyMap<RuleList, Rule[]> = emptyLists();

  /** `machine`: architecture of the machine, AUDIT_ARCH_*, for class bits. */
  constructor(machine: number) {
    this.#machine = machine;
  }

  /** Number of rules on all lists. */
  get size(): number {
    return LISTS.reduce((sum, list) => sum + this.list(list).length, 0);
  }

  /** Rules of one list, the first to decide first. */
  list(list: RuleList): readonly Rule[] {
    return this.#lists.get(list) ?? [];
  }

  /** All rules in the order of -l: by list number, then by place (AUD-58). */
  rules(): Rule[] {
    return LISTS.flatMap((list) => this.list(list));
  }

  /**
   * Adds a rule at the end of its list, with `prepend` at its head (AUD-52). Answers what checkRule
   * answers, or EEXIST if the list has the same rule; a rule with `prepend` is never the same as a
   * loaded one (AUD-50, AUD-51). 0 if it was added.
   */
  add(rule: Rule): Errno | 0 {
    return addTo(this.#lists, rule, this.#machine);
  }

  /** True if the set has the same rule, wherever it would be put. */
  has(rule: Rule): boolean {
    const wanted = loaded(rule, this.#machine);
    return this.list(rule.list).some((other) => isSameRule(other, wanted));
  }

  /** Removes the first rule that is the same. ENOENT if there is none (AUD-55), else 0. */
  delete(rule: Rule): Errno | 0 {
    const errno = checkRule(rule);
    if (errno !== 0) return errno;
    const rules = this.#lists.get(rule.list) ?? [];
    const wanted = loaded(rule, this.#machine);
    const index = rule.prepend ? -1 : rules.findIndex((other) => isSameRule(other, wanted));
    if (index < 0) return Errno.ENOENT;
    rules.splice(index, 1);
    return 0;
  }

  /**
   * Removes all rules, or those whose key contains `key` (-D, -D -k). Answers them in the order of
   * -l, for their CONFIG_CHANGE records.
   */
  deleteAll(key = ""): Rule[] {
    const removed: Rule[] = [];
    const kept = emptyLists();
    for (const rule of this.rules()) {
      if (matchesKey(rule, key)) removed.push(rule);
      else kept.get(rule.list)?.push(rule);
    }
    this.#lists = kept;
    return removed;
  }

  /**
   * Replaces all rules by the given ones, added in order, or none at all: the first rule that is
   * refused is answered and the set stays as it was. Undefined if all were taken.
   */
  replaceAll(rules: readonly Rule[]): RuleRefusal | undefined {
    const lists = emptyLists();
    for (const [index, rule] of rules.entries()) {
      const errno = addTo(lists, rule, this.#machine);
      if (errno !== 0) return { index, errno };
    }
    this.#lists = lists;
    return undefined;
  }
}

function emptyLists(): ReadonlyMap<RuleList, Rule[]> {
  return new Map(LISTS.map((list) => [list, []]));
}

function loaded(rule: Rule, machine: number): Rule {
  return { ...rule, prepend: false, syscalls: resolveClassBits(rule.syscalls, machine) };
}

function addTo(lists: ReadonlyMap<RuleList, Rule[]>, rule: Rule, machine: number): Errno | 0 {
  const errno = checkRule(rule);
  if (errno !== 0) return errno;
  const rules = lists.get(rule.list) ?? [];
  const added = loaded(rule, machine);
  if (rule.prepend) rules.unshift(added);
  else if (rules.some((other) => isSameRule(other, added))) return Errno.EEXIST;
  else rules.push(added);
  return 0;
}
