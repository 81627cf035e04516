import { FieldNumber } from "@cauditd/libaudit";
import { compareBits, Op, type Special, type TestContext } from "./rule-test.ts";
import type { SyscallRecord } from "./syscall-record.ts";

/** A rule made ready: what is left to test once its system call is known. */
export interface CompiledRule {
  /** Position in its list, from 0: lower comes first. */
  readonly position: number;
  /** Number in the listing, from 1. */
  readonly number: number;
  readonly always: boolean;
  readonly key: string | undefined;
  /** Numeric tests: field, operator, value as 32 bits with a sign, in turn. */
  readonly numeric: Int32Array;
  /** Executable that it asks for with `=`. */
  readonly exe: string | undefined;
  readonly special: readonly Special[];
}

/** Behind all positions of rules; a small integer to the engine, as these are. */
export const NO_LIMIT = 0x3fff_ffff;

const { EXE } = FieldNumber;

/** Rules of one node are tried one by one up to this many. */
const LEAF = 4;
/** A field divides rules when at least this many ask for one value of it. */
const WORTH = 4;

/** Rules that may apply to one system call, divided by the values that they ask for. */
export interface RuleNode {
  /** Lowest position below this node. */
  readonly first: number;
  /** Rules to be tried here, in order; empty in a divided node. */
  readonly rules: readonly CompiledRule[];
  /** The field that divides; -1 = none. */
  readonly field: number;
  /** By the value as 32 bits with a sign: these are small integers to the engine. */
  readonly byNumber: ReadonlyMap<number, RuleNode>;
  /** The lowest and the highest of these values: most others need no look into the map. */
  readonly low: number;
  readonly high: number;
  readonly byExe: ReadonlyMap<string, RuleNode>;
  /** Rules that do not ask for one value of the field. */
  readonly rest: RuleNode | undefined;
}

const NO_NUMBERS: ReadonlyMap<number, RuleNode> = new Map();
const NO_TEXTS: ReadonlyMap<string, RuleNode> = new Map();

/** Builds the tree of rules, which must be in order of position. */
export function buildTree(rules: readonly CompiledRule[], used: readonly number[] = []): RuleNode {
  const first = rules[0]?.position ?? NO_LIMIT;
  const leaf: RuleNode = {
    first,
    rules,
    field: -1,
    byNumber: NO_NUMBERS,
    low: 0,
    high: 0,
    byExe: NO_TEXTS,
    rest: undefined,
  };
  if (rules.length <= LEAF) return leaf;
  const field = bestField(rules, used);
  if (field < 0) return leaf;
  const groups = new Map<number | string, CompiledRule[]>();
  const rest: CompiledRule[] = [];
  for (const rule of rules) {
    const value = askedValue(rule, field);
    if (value === undefined) rest.push(rule);
    else groups.set(value, [...(groups.get(value) ?? []), rule]);
  }
  const byNumber = new Map<number, RuleNode>();
  const byExe = new Map<string, RuleNode>();
  const below = [...used, field];
  for (const [value, group] of groups) {
    if (typeof value === "number") byNumber.set(value | 0, buildTree(group, below));
    else byExe.set(value, buildTree(group, below));
  }
  const restNode = rest.length === 0 ? undefined : buildTree(rest, below);
  const [low, high] = rangeOf(byNumber.keys());
  return { first, rules: [], field, byNumber, low, high, byExe, rest: restNode };
}

/** The lowest and the highest number; of none, what no number lies between. */
function rangeOf(numbers: Iterable<number>): readonly [low: number, high: number] {
  let low = 0x7fffffff;
  let high = -0x80000000;
  for (const number of numbers) {
    low = Math.min(low, number);
    high = Math.max(high, number);
  }
  return [low, high];
}

/** The one value of a field that a rule asks for. */
function askedValue(rule: CompiledRule, field: number): number | string | undefined {
  if (field === EXE) return rule.exe;
  const tests = rule.numeric;
  for (let i = 0; i < tests.length; i += 3) {
    if (tests[i] === field && tests[i + 1] === Op.eq) return tests[i + 2];
  }
  return undefined;
}

/** The field for which most rules ask for one value, and not all for the same. */
function bestField(rules: readonly CompiledRule[], used: readonly number[]): number {
  const values = new Map<number, Map<number | string, number>>();
  const count = (field: number, value: number | string): void => {
    if (used.includes(field)) return;
    let seen = values.get(field);
    if (seen === undefined) {
      seen = new Map();
      values.set(field, seen);
    }
    seen.set(value, (seen.get(value) ?? 0) + 1);
  };
  for (const rule of rules) {
    if (rule.exe !== undefined) count(EXE, rule.exe);
    const tests = rule.numeric;
    for (let i = 0; i < tests.length; i += 3) {
      if (tests[i + 1] === Op.eq) count(tests[i] as number, tests[i + 2] as number);
    }
  }
  let best = -1;
  let most = WORTH - 1;
  for (const [field, seen] of values) {
    let total = 0;
    let largest = 0;
    for (const times of seen.values()) {
      total += times;
      largest = Math.max(largest, times);
    }
    // What is saved: rules that are not tried whatever the value is.
    const saved = total - largest;
    if (saved > most) {
      most = saved;
      best = field;
    }
  }
  return best;
}

/** The first rule below `node` that matches and stands in front of `limit`. */
export function firstMatch(
  node: RuleNode,
  limit: number,
  context: TestContext,
): CompiledRule | undefined {
  if (node.first >= limit) return undefined;
  if (node.field < 0) {
    for (const rule of node.rules) {
      if (rule.position >= limit) return undefined;
      if (holds(rule, context)) return rule;
    }
    return undefined;
  }
  const { call } = context.facts;
  let below: RuleNode | undefined;
  if (node.field === EXE) {
    const exe = call.exe();
    if (exe !== undefined) below = node.byExe.get(exe);
  } else if (call.has(node.field)) {
    const value = call.bits[node.field] as number;
    if (value >= node.low && value <= node.high) below = node.byNumber.get(value);
  }
  const found = below === undefined ? undefined : firstMatch(below, limit, context);
  if (node.rest === undefined) return found;
  const other = firstMatch(node.rest, found === undefined ? limit : found.position, context);
  return other ?? found;
}

/** True when all tests of a rule hold for the call. */
export function holds(rule: CompiledRule, context: TestContext): boolean {
  if (!numbersHold(rule, context.facts.call)) return false;
  for (const special of rule.special) if (!special(context, undefined)) return false;
  return true;
}

/** The numeric tests of a rule: every field must be there and compare. */
export function numbersHold(rule: CompiledRule, call: SyscallRecord): boolean {
  const tests = rule.numeric;
  const { bits } = call;
  for (let i = 0; i < tests.length; i += 3) {
    const field = tests[i] as number;
    if (!call.has(field)) return false;
    const value = tests[i + 2] as number;
    if (!compareBits(bits[field] as number, tests[i + 1] as Op, value)) return false;
  }
  return true;
}
