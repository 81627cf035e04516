import { FieldNumber, hasSyscall, type Rule, type RuleField, ruleKeys } from "@cauditd/libaudit";
import { atKind, isOpen, type NamedCall, OTHER_CALL } from "./at-calls.ts";
import { CallNames } from "./call-names.ts";
import type { EventFacts } from "./event-facts.ts";
import { NameGlance } from "./name-glance.ts";
import { NameTable } from "./name-table.ts";
import { OpenFiles } from "./open-files.ts";
import { NameType, type PathFact } from "./path-fact.ts";
import {
  compare,
  inodeOf,
  isNumeric,
  numericValue,
  Op,
  opOf,
  type Special,
  specialTest,
  type TestContext,
} from "./rule-test.ts";
import {
  buildTree,
  type CompiledRule,
  firstMatch,
  NO_LIMIT,
  numbersHold,
  type RuleNode,
} from "./rule-tree.ts";

/** A rule with its number in the listing, from 1. */
export interface NumberedRule {
  readonly number: number;
  readonly rule: Rule;
}

/** The rules that may apply to one system call of one architecture, and how it uses names. */
interface CallRules extends NamedCall {
  readonly tree: RuleNode;
  /** `dir=` rules by their position. */
  readonly dirs: ReadonlyMap<number, CompiledRule>;
  /** Positions of the inode rules whose mask and architecture fit. */
  readonly inodes: ReadonlySet<number>;
}

const NO_RULES: readonly number[] = [];

/** Calls from here on are in no rule: a rule's mask has as many bits (AUDIT_BITMASK_SIZE). */
const CALLS = 2048;
/** Most architectures whose rules are kept ready. */
const MAX_ARCHES = 16;

/**
 * The exit list: plain rules and `dir=` rules in order, then inode rules name by name, each only
 * in front of what has matched already (spec/auditd.md 2.2). Rules are divided by architecture
 * and call when a call is first seen.
 */
export class ExitFilter implements TestContext {
  readonly facts: EventFacts;
  chain: readonly bigint[] = [];
  readonly #rules: readonly NumberedRule[];
  /** Key of the event that `decide` was asked about last: a rule without one leaves it. */
  key: string | undefined;
  readonly #table = new NameTable();
  readonly #names: CallNames;
  readonly #glance: NameGlance;
  readonly #inodeRules: Map<number, CompiledRule> = new Map();
  /** Positions of inode rules by the value of `inode=`. */
  readonly #byInode: Map<number, number[]> = new Map();
  /** Where an inode rule stands among those of its inode: lower is tried first. */
  readonly #rank: number[] = [];
  #moves = 0;
  readonly #arches: Map<number, (CallRules | undefined)[]> = new Map();
  /**
   * By architecture, positions of rules, and use of names: calls that have the same of all share
   * what is compiled, so that it stays in a processor's cache.
   */
  readonly #compiled: Map<string, CallRules> = new Map();
  /** The entry of `#arches` that was used last. */
  #arch = 0;
  #calls: (CallRules | undefined)[] = [];

  constructor(rules: readonly NumberedRule[], facts: EventFacts) {
    this.#rules = rules;
    this.facts = facts;
    this.#turnTo(this.#arch);
    const open = new OpenFiles(this.#table);
    this.#names = new CallNames(this.#table, open, facts);
    this.#glance = new NameGlance(this.#table, open, facts);
    rules.forEach(({ rule }, position) => {
      for (const field of rule.fields) {
        if (field.field === FieldNumber.DIR) this.#table.watchDir(field.text ?? "", position);
        else this.#addInodeRule(field, position);
      }
    });
  }

  /** Whether the event touched the tree of the `dir=` rule at this position. */
  inTree(position: number): boolean {
    return this.#names.trees.has(position);
  }

  /**
   * The rule that decides on the call of `facts`; undefined when none matches. Learns from the
   * event's names, so every event has to come here, in order.
   */
  decide(): CompiledRule | undefined {
    const { facts } = this;
    this.key = undefined;
    const { syscall } = facts.call;
    if (syscall < 0) return undefined;
    const call = syscall < CALLS ? this.#callRules() : undefined;
    const named = call ?? OTHER_CALL;
    const learning = !this.#table.idle && this.#glance.matters(named);
    if (learning) this.#names.take(named);
    else if (named.open) this.#names.skip(this.#glance.directory);
    else this.#names.pass();
    let found = learning && this.#names.changes ? this.#watchPass(call) : undefined;
    if (call !== undefined) {
      const limit = found?.position ?? NO_LIMIT;
      found = this.#matched(firstMatch(call.tree, limit, this), found);
      found = this.#treePass(call, found);
      const inodes = learning || this.#byInode.size > 0;
      if (inodes && call.inodes.size > 0) found = this.#inodePass(call, found, false);
    }
    if (learning) this.#names.apply();
    return found;
  }

  /** The later of two matches stands in front; it leaves the key when it has none. */
  #matched(
    next: CompiledRule | undefined,
    before: CompiledRule | undefined,
  ): CompiledRule | undefined {
    if (next === undefined) return before;
    if (next.key !== undefined) this.key = next.key;
    return next;
  }

  /**
   * Watches whose file the call took away or replaced. A file that goes is looked for before its
   * watch forgets it, while the call has no result yet (kernel: audit_update_watch); each change
   * puts the watch's rules in front of others for the same inode, turned around.
   */
  #watchPass(call: CallRules | undefined): CompiledRule | undefined {
    let found: CompiledRule | undefined;
    this.#names.eachChange((watch, fact) => {
      if (fact === undefined && call !== undefined) found = this.#inodePass(call, found, true);
      watch.lost = false;
      this.#table.setWatch(watch, fact);
      for (const rule of watch.rules) this.#rank[rule] = -++this.#moves;
      watch.rules.reverse();
    });
    return found;
  }

  #addInodeRule(field: RuleField, position: number): void {
    const { field: number, text = "", value } = field;
    const { rule, number: listed } = this.#rules[position] as NumberedRule;
    const compiled = compileRule(rule, position, listed, undefined);
    this.#rank[position] = position;
    if (number === FieldNumber.WATCH) {
      this.#table.watchPath(text, position);
      this.#inodeRules.set(position, compiled);
    } else if (number === FieldNumber.INODE && opOf(field) === Op.eq) {
      this.#inodeRules.set(position, compiled);
      this.#byInode.set(value, [...(this.#byInode.get(value) ?? []), position]);
    }
  }

  #callRules(): CallRules {
    const { archBits, syscall } = this.facts.call;
    if (archBits !== this.#arch) this.#turnTo(archBits);
    let call = this.#calls[syscall];
    if (call === undefined) {
      call = this.#compileCall(archBits >>> 0, syscall);
      this.#calls[syscall] = call;
    }
    return call;
  }

  #turnTo(arch: number): void {
    let calls = this.#arches.get(arch);
    if (calls === undefined) {
      if (this.#arches.size >= MAX_ARCHES) this.#forgetCompiled();
      calls = new Array(CALLS).fill(undefined);
      this.#arches.set(arch, calls);
    }
    this.#arch = arch;
    this.#calls = calls;
  }

  #forgetCompiled(): void {
    this.#arches.clear();
    this.#compiled.clear();
  }

  #compileCall(arch: number, syscall: number): CallRules {
    const fitting: number[] = [];
    this.#rules.forEach(({ rule }, position) => {
      if (hasSyscall(rule.syscalls, syscall) && fitsArch(rule, arch)) fitting.push(position);
    });
    const named = { open: isOpen(arch, syscall), at: atKind(arch, syscall) };
    const key = [arch, named.open, named.at, ...fitting].join();
    let call = this.#compiled.get(key);
    if (call === undefined) {
      call = this.#compileRules(arch, fitting, named);
      this.#compiled.set(key, call);
    }
    return call;
  }

  #compileRules(arch: number, positions: readonly number[], { open, at }: NamedCall): CallRules {
    const plain: CompiledRule[] = [];
    const dirs = new Map<number, CompiledRule>();
    const inodes = new Set<number>();
    for (const position of positions) {
      if (this.#inodeRules.has(position)) {
        inodes.add(position);
        continue;
      }
      const { rule, number } = this.#rules[position] as NumberedRule;
      const compiled = compileRule(rule, position, number, arch);
      const tree = rule.fields.find((field) => field.field === FieldNumber.DIR);
      if (tree !== undefined && opOf(tree) === Op.eq) dirs.set(position, compiled);
      else plain.push(compiled);
    }
    return { tree: buildTree(plain), dirs, inodes, open, at };
  }

  /** The first `dir=` rule of a touched tree that matches in front of `found`. */
  #treePass(call: CallRules, found: CompiledRule | undefined): CompiledRule | undefined {
    const { trees } = this.#names;
    if (trees.size === 0 || call.dirs.size === 0) return found;
    let best = found;
    for (const position of trees) {
      if (best !== undefined && position > best.position) continue;
      const rule = call.dirs.get(position);
      if (rule !== undefined && this.#holds(rule, undefined)) best = rule;
    }
    return best === found ? found : this.#matched(best, found);
  }

  /**
   * Name by name: the first inode rule in front of `found` that matches ends the pass.
   * @param early during the call: it has no result, and has not made its names
   */
  #inodePass(
    call: CallRules,
    found: CompiledRule | undefined,
    early: boolean,
  ): CompiledRule | undefined {
    const { facts } = this;
    const limit = found?.position ?? NO_LIMIT;
    if (early) facts.call.hideResult(true);
    let best = -1;
    for (let i = 0; i < facts.paths && best < 0; i++) {
      const fact = facts.path(i);
      if (!fact.found || (early && fact.type === NameType.create)) continue;
      for (const watch of this.#table.watchesOf(fact)) {
        if (!fact.isFile(watch)) continue;
        for (const rule of watch.rules) best = this.#better(rule, best, limit, call, fact);
      }
      for (const rule of this.#byInode.get(inodeOf(fact)) ?? NO_RULES) {
        best = this.#better(rule, best, limit, call, fact);
      }
    }
    if (early) facts.call.hideResult(false);
    return best < 0 ? found : this.#matched(this.#inodeRules.get(best), found);
  }

  /** Position of the inode rule that is tried first of `rule`, if it matches, and `best`. */
  #better(rule: number, best: number, limit: number, call: CallRules, fact: PathFact): number {
    if (rule >= limit || !call.inodes.has(rule)) return best;
    const ranks = this.#rank;
    if (best >= 0 && (ranks[best] as number) < (ranks[rule] as number)) return best;
    return this.#holds(this.#inodeRules.get(rule) as CompiledRule, fact) ? rule : best;
  }

  #holds(rule: CompiledRule, name: PathFact | undefined): boolean {
    if (!numbersHold(rule, this.facts.call)) return false;
    for (const special of rule.special) if (!special(this, name)) return false;
    return true;
  }
}

/** True when the rule's tests of the architecture hold. */
function fitsArch(rule: Rule, arch: number): boolean {
  for (const field of rule.fields) {
    if (field.field !== FieldNumber.ARCH) continue;
    if (!compare(arch, opOf(field), field.value)) return false;
  }
  return true;
}

/**
 * Makes a rule ready.
 * @param arch the architecture whose tests are known to hold; undefined = none, they stay
 */
function compileRule(
  rule: Rule,
  position: number,
  number: number,
  arch: number | undefined,
): CompiledRule {
  const numeric: number[] = [];
  const special: Special[] = [];
  let exe: string | undefined;
  for (const field of rule.fields) {
    if (field.field === FieldNumber.ARCH) {
      if (arch === undefined) special.push(({ facts }) => fitsArch(rule, facts.call.arch));
      continue;
    }
    if (isNumeric(field.field)) {
      numeric.push(field.field, opOf(field), numericValue(field));
      continue;
    }
    // An equal `dir` is tested by the tree pass, an equal inode by the inode pass.
    if (field.field === FieldNumber.DIR && opOf(field) === Op.eq) continue;
    if (field.field === FieldNumber.EXE && opOf(field) === Op.eq) exe = field.text;
    const test = specialTest(field, position);
    if (test !== undefined) special.push(test);
  }
  const keys = ruleKeys(rule);
  return {
    position,
    number,
    always: rule.action === "always",
    key: keys.length === 0 ? undefined : keys.join("\x01"),
    numeric: Int32Array.from(numeric),
    exe,
    special,
  };
}
