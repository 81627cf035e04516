import { FieldNumber, hasSyscall, type Rule, type RuleField, ruleKeys } from "@cauditd/libaudit";
import { AT_FDCWD, AtKind, atKind } from "./at-calls.ts";
import type { EventFacts } from "./event-facts.ts";
import { learnChanges, NameTable, type Watch } from "./name-table.ts";
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
  numbersHold,
  type RuleNode,
} from "./rule-tree.ts";

/** A rule with its number in the listing, from 1. */
export interface NumberedRule {
  readonly number: number;
  readonly rule: Rule;
}

/** What an inode rule asks for. */
interface InodeRule {
  readonly compiled: CompiledRule;
  readonly rule: Rule;
  readonly watch: Watch | undefined;
  /** The value of `inode=`; used when there is no watch. */
  readonly inode: number;
}

/** The rules that may apply to one system call of one architecture. */
interface CallRules {
  readonly tree: RuleNode;
  /** `dir=` rules by their position. */
  readonly dirs: ReadonlyMap<number, CompiledRule>;
  /** Positions of the inode rules whose mask and architecture fit. */
  readonly inodes: ReadonlySet<number>;
}

/** Most (architecture, call) pairs whose rules are kept ready. */
const MAX_CALLS = 8192;

/**
 * The exit list: plain rules and `dir=` rules in order, then inode rules name by name, each only
 * in front of what has matched already (spec/auditd.md 2.2). Rules are divided by architecture
 * and call when a call is first seen.
 */
export class ExitFilter implements TestContext {
  readonly facts: EventFacts;
  chain: readonly bigint[] = [];
  readonly #rules: readonly NumberedRule[];
  readonly #names = new NameTable();
  readonly #inodeRules: Map<number, InodeRule> = new Map();
  /** Positions of inode rules by watched path, and by the value of `inode=`. */
  readonly #byWatch: Map<string, number[]> = new Map();
  readonly #byInode: Map<number, number[]> = new Map();
  readonly #calls: Map<number, CallRules> = new Map();
  /** Resolved path of each of the event's names. */
  readonly #paths: (string | undefined)[] = [];
  /** Positions of the `dir=` rules whose tree the event touched. */
  readonly #trees: Set<number> = new Set();

  constructor(rules: readonly NumberedRule[], facts: EventFacts) {
    this.#rules = rules;
    this.facts = facts;
    rules.forEach(({ rule }, position) => {
      for (const field of rule.fields) {
        if (field.field === FieldNumber.DIR) this.#names.watchDir(field.text ?? "", position);
        else this.#addInodeRule(field, position);
      }
    });
  }

  /** Whether the event touched the tree of the `dir=` rule at this position. */
  inTree(position: number): boolean {
    return this.#trees.has(position);
  }

  /**
   * The rule that decides on the call of `facts`; undefined when none matches. Learns from the
   * event's names, so every event has to come here, in order.
   */
  decide(): CompiledRule | undefined {
    const { facts } = this;
    if (facts.syscall < 0) return undefined;
    const learning = !this.#names.idle;
    if (learning) this.#learn();
    let found: CompiledRule | undefined;
    if (facts.syscall < 2048) {
      const call = this.#callRules();
      found = firstMatch(call.tree, Number.POSITIVE_INFINITY, this);
      found = this.#treePass(call, found);
      if (call.inodes.size > 0) found = this.#inodePass(call, found);
    }
    if (learning) learnChanges(this.#names, facts, this.#paths);
    return found;
  }

  #addInodeRule(field: RuleField, position: number): void {
    const { field: number, text = "", value } = field;
    const { rule, number: listed } = this.#rules[position] as NumberedRule;
    const add = (map: Map<string | number, number[]>, key: string | number): void => {
      map.set(key, [...(map.get(key) ?? []), position]);
    };
    const compiled = compileRule(rule, position, listed, undefined);
    if (number === FieldNumber.WATCH) {
      const watch = this.#names.watchPath(text);
      this.#inodeRules.set(position, { compiled, rule, watch, inode: 0 });
      add(this.#byWatch as Map<string | number, number[]>, text);
    } else if (number === FieldNumber.INODE && opOf(field) === Op.eq) {
      this.#inodeRules.set(position, { compiled, rule, watch: undefined, inode: value });
      add(this.#byInode as Map<string | number, number[]>, value);
    }
  }

  #callRules(): CallRules {
    const { arch, syscall } = this.facts;
    const key = arch * 2048 + syscall;
    let call = this.#calls.get(key);
    if (call === undefined) {
      call = this.#compileCall(arch, syscall);
      if (this.#calls.size >= MAX_CALLS) this.#calls.clear();
      this.#calls.set(key, call);
    }
    return call;
  }

  #compileCall(arch: number, syscall: number): CallRules {
    const plain: CompiledRule[] = [];
    const dirs = new Map<number, CompiledRule>();
    const inodes = new Set<number>();
    this.#rules.forEach(({ rule, number }, position) => {
      if (!hasSyscall(rule.syscalls, syscall) || !fitsArch(rule, arch)) return;
      if (this.#inodeRules.has(position)) {
        inodes.add(position);
        return;
      }
      const compiled = compileRule(rule, position, number, arch);
      const tree = rule.fields.find((field) => field.field === FieldNumber.DIR);
      if (tree !== undefined && opOf(tree) === Op.eq) dirs.set(position, compiled);
      else plain.push(compiled);
    });
    return { tree: buildTree(plain), dirs, inodes };
  }

  /** The first `dir=` rule of a touched tree that matches in front of `found`. */
  #treePass(call: CallRules, found: CompiledRule | undefined): CompiledRule | undefined {
    if (this.#trees.size === 0 || call.dirs.size === 0) return found;
    let best = found;
    for (const position of this.#trees) {
      if (best !== undefined && position > best.position) continue;
      const rule = call.dirs.get(position);
      if (rule !== undefined && this.#holds(rule, undefined)) best = rule;
    }
    return best;
  }

  /** Name by name: the first inode rule in front of `found` that matches ends the pass. */
  #inodePass(call: CallRules, found: CompiledRule | undefined): CompiledRule | undefined {
    const { facts } = this;
    const limit = found?.position ?? Number.POSITIVE_INFINITY;
    for (let i = 0; i < facts.paths; i++) {
      const fact = facts.path(i);
      if (!fact.found) continue;
      let best: InodeRule | undefined;
      for (const position of this.#candidates(i, fact)) {
        if (position >= Math.min(limit, best?.compiled.position ?? limit)) continue;
        const rule = this.#inodeRules.get(position) as InodeRule;
        if (!call.inodes.has(position) || !isFileOf(rule, fact)) continue;
        if (this.#holds(rule.compiled, fact)) best = rule;
      }
      if (best !== undefined) return best.compiled;
    }
    return found;
  }

  /** Positions of the inode rules that may be about a name. */
  #candidates(index: number, fact: PathFact): number[] {
    const found = [...(this.#byInode.get(inodeOf(fact)) ?? [])];
    const path = this.#paths[index];
    if (path !== undefined) found.push(...(this.#byWatch.get(path) ?? []));
    for (const place of this.#names.placesOf(fact)) {
      if (place !== path) found.push(...(this.#byWatch.get(place) ?? []));
    }
    return found;
  }

  #holds(rule: CompiledRule, name: PathFact | undefined): boolean {
    if (!numbersHold(rule, this.facts)) return false;
    for (const special of rule.special) if (!special(this, name)) return false;
    return true;
  }

  /** Resolves the event's names, learns where files are, and which trees were touched. */
  #learn(): void {
    const { facts } = this;
    const names = this.#names;
    this.#trees.clear();
    this.#paths.length = 0;
    for (let i = 0; i < facts.paths; i++) {
      const fact = facts.path(i);
      const path = this.#resolve(i, fact);
      this.#paths.push(path);
      if (!fact.found) continue;
      if (path !== undefined) {
        names.learn(path, fact);
        for (const rule of names.spot(path).dirs) this.#trees.add(rule);
        if (names.isHardLink(path) || fact.type === NameType.create) continue;
      }
      for (const place of names.placesOf(fact)) {
        for (const rule of names.spot(place).dirs) this.#trees.add(rule);
      }
    }
  }

  /** The absolute path of a name; undefined when the directory it starts from is not known. */
  #resolve(index: number, fact: PathFact): string | undefined {
    const { name } = fact;
    const names = this.#names;
    if (name === undefined) return undefined;
    const { facts } = this;
    const cwd = facts.cwd();
    if (!this.#fromDescriptor(fact)) return names.resolve(name, cwd);
    // The PARENT of a relative name shows the working directory, whatever it started from.
    if (fact.type === NameType.parent && name === cwd) return names.placesOf(fact)[0];
    if (name.startsWith("/")) return names.resolve(name, undefined);
    if (fact.type !== NameType.create && fact.type !== NameType.delete) return undefined;
    for (let i = index - 1; i >= 0; i--) {
      if (facts.path(i).type !== NameType.parent) continue;
      return names.resolve(name, this.#paths[i]);
    }
    return undefined;
  }

  /** True when a relative name of the call may start from a descriptor's directory. */
  #fromDescriptor(fact: PathFact): boolean {
    const { facts } = this;
    const kind = atKind(facts.arch, facts.syscall);
    if (kind === AtKind.none) return false;
    facts.scan();
    const { numbers } = facts;
    const first = numbers[FieldNumber.ARG0] !== AT_FDCWD;
    if (kind === AtKind.first) return first;
    if (kind === AtKind.second) return numbers[FieldNumber.ARG1] !== AT_FDCWD;
    const third = numbers[FieldNumber.ARG2] !== AT_FDCWD;
    if (fact.type === NameType.delete || fact.type === NameType.normal) return first;
    return fact.type === NameType.create ? third : first || third;
  }
}

function isFileOf(rule: InodeRule, fact: PathFact): boolean {
  const { watch } = rule;
  if (watch === undefined) return inodeOf(fact) === rule.inode;
  return (
    watch.known &&
    watch.inode === fact.inode &&
    watch.major === fact.major &&
    watch.minor === fact.minor
  );
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
      if (arch === undefined) special.push(({ facts }) => fitsArch(rule, facts.arch));
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
    numeric: Float64Array.from(numeric),
    exe,
    special,
  };
}
