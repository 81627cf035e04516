import { FieldNumber, type RuleField, RuleOperator, UNSET_U32 } from "@cauditd/libaudit";
import type { EventFacts } from "./event-facts.ts";
import { FILE_TYPE, type PathFact } from "./path-fact.ts";

/** Operators as small numbers, for a dense switch. */
export const Op = { eq: 0, ne: 1, gt: 2, ge: 3, lt: 4, le: 5, mask: 6, test: 7 } as const;
export type Op = (typeof Op)[keyof typeof Op];

const OPS: ReadonlyMap<number, Op> = new Map<number, Op>([
  [RuleOperator.EQUAL, Op.eq],
  [RuleOperator.NOT_EQUAL, Op.ne],
  [RuleOperator.GREATER, Op.gt],
  [RuleOperator.GREATER_OR_EQUAL, Op.ge],
  [RuleOperator.LESS, Op.lt],
  [RuleOperator.LESS_OR_EQUAL, Op.le],
  [RuleOperator.MASK, Op.mask],
  [RuleOperator.TEST, Op.test],
]);

/** The small number of an operator; RangeError for one that checkRule would have refused. */
export function opOf(field: RuleField): Op {
  const op = OPS.get(field.op);
  if (op === undefined) throw new RangeError(`operator ${field.op} of field ${field.field}`);
  return op;
}

/** Compares as the kernel does: both sides unsigned, 32 bits (kernel: audit_comparator). */
export function compare(left: number, op: Op, right: number): boolean {
  switch (op) {
    case Op.eq:
      return left === right;
    case Op.ne:
      return left !== right;
    case Op.gt:
      return left > right;
    case Op.ge:
      return left >= right;
    case Op.lt:
      return left < right;
    case Op.le:
      return left <= right;
    case Op.mask:
      return (left & right) !== 0;
    default:
      return (left & right) >>> 0 === right;
  }
}

/** The lowest of 32 bits with a sign; turned over, numbers are in the order of those without. */
const SIGN = -0x8000_0000;

/** As `compare`, of 32 bits with a sign on both sides, which the engine never boxes. */
export function compareBits(left: number, op: Op, right: number): boolean {
  if (op === Op.eq) return left === right;
  if (op === Op.ne) return left !== right;
  if (op === Op.mask) return (left & right) !== 0;
  if (op === Op.test) return (left & right) === right;
  const low = left ^ SIGN;
  const high = right ^ SIGN;
  if (op === Op.gt) return low > high;
  if (op === Op.ge) return low >= high;
  return op === Op.lt ? low < high : low <= high;
}

/** Fields whose value is a number of the SYSCALL record. */
const NUMERIC: ReadonlySet<number> = new Set([
  FieldNumber.PID,
  FieldNumber.UID,
  FieldNumber.EUID,
  FieldNumber.SUID,
  FieldNumber.FSUID,
  FieldNumber.GID,
  FieldNumber.EGID,
  FieldNumber.SGID,
  FieldNumber.FSGID,
  FieldNumber.LOGINUID,
  FieldNumber.PERS,
  FieldNumber.PPID,
  FieldNumber.SESSIONID,
  FieldNumber.EXIT,
  FieldNumber.SUCCESS,
  FieldNumber.ARG0,
  FieldNumber.ARG1,
  FieldNumber.ARG2,
  FieldNumber.ARG3,
]);

/** True for a field that compares one number of the SYSCALL record. */
export function isNumeric(field: number): boolean {
  return NUMERIC.has(field);
}

/** The value that a numeric field is compared with: `success` is 1 or 2 inside the kernel. */
export function numericValue(field: RuleField): number {
  if (field.field === FieldNumber.SUCCESS) return field.value === 0 ? 2 : 1;
  return field.value;
}

/** The pairs of -C: AUDIT_COMPARE_* by number. An object's owner stands right. */
const UID = FieldNumber.UID;
const GID = FieldNumber.GID;
const AUID = FieldNumber.LOGINUID;
const { EUID, EGID, SUID, SGID, FSUID, FSGID, OBJ_UID, OBJ_GID } = FieldNumber;
const PAIRS: readonly (readonly [number, number] | undefined)[] = [
  undefined,
  [UID, OBJ_UID],
  [GID, OBJ_GID],
  [EUID, OBJ_UID],
  [EGID, OBJ_GID],
  [AUID, OBJ_UID],
  [SUID, OBJ_UID],
  [SGID, OBJ_GID],
  [FSUID, OBJ_UID],
  [FSGID, OBJ_GID],
  [UID, AUID],
  [UID, EUID],
  [UID, FSUID],
  [UID, SUID],
  [AUID, FSUID],
  [AUID, SUID],
  [AUID, EUID],
  [EUID, SUID],
  [EUID, FSUID],
  [SUID, FSUID],
  [GID, EGID],
  [GID, FSGID],
  [GID, SGID],
  [EGID, FSGID],
  [EGID, SGID],
  [SGID, FSGID],
];

/** What a test may look at beside the event's facts. */
export interface TestContext {
  readonly facts: EventFacts;
  /** The chain of the event's container, leaf first; empty for a task in none. */
  readonly chain: readonly bigint[];
  /** Says whether the event touched the tree of the `dir=` rule with this number. */
  inTree(rule: number): boolean;
}

/**
 * One test that is more than a number: true when the field holds.
 * @param name the name that the inode pass is at; undefined = any of the call's names
 */
export type Special = (context: TestContext, name: PathFact | undefined) => boolean;

/** Says something of one name. */
type NameTest = (fact: PathFact) => boolean;

function anyName(test: NameTest): Special {
  return ({ facts }, name) => {
    if (name !== undefined) return test(name);
    for (let i = 0; i < facts.paths; i++) if (test(facts.path(i))) return true;
    return false;
  };
}

/**
 * The test of a field that is not numeric; undefined for a field that tests nothing (key).
 * A field that cannot be evaluated on a system call holds never.
 * @param rule number of the rule, for `dir`
 */
export function specialTest(field: RuleField, rule: number): Special | undefined {
  const { value } = field;
  const op = opOf(field);
  switch (field.field) {
    case FieldNumber.FILTERKEY:
      return undefined;
    case FieldNumber.PERM:
      return ({ facts }) => (facts.access() & value) !== 0;
    case FieldNumber.DIR:
      return (context) => context.inTree(rule) === (op === Op.eq);
    case FieldNumber.WATCH:
      // The inode pass has found the watch already.
      return (_, name) => name !== undefined;
    case FieldNumber.FILETYPE:
      return fileType(op, value);
    case FieldNumber.OBJ_UID:
      return anyName((fact) => compare(fact.uid, op, value));
    case FieldNumber.OBJ_GID:
      return anyName((fact) => compare(fact.gid, op, value));
    case FieldNumber.DEVMAJOR:
      return anyName((at) => compare(at.major, op, value) || compare(at.rdevMajor, op, value));
    case FieldNumber.DEVMINOR:
      return anyName((at) => compare(at.minor, op, value) || compare(at.rdevMinor, op, value));
    case FieldNumber.INODE:
      return anyName((fact) => compare(inodeOf(fact), op, value));
    case FieldNumber.EXE:
      return ({ facts }) => (facts.call.exe() === field.text) === (op === Op.eq);
    case FieldNumber.SADDR_FAM:
      return ({ facts }) => facts.family() >= 0 && compare(facts.family(), op, value);
    case FieldNumber.LOGINUID_SET:
      return ({ facts: { call } }) =>
        compare(call.number(FieldNumber.LOGINUID) === UNSET_U32 ? 0 : 1, op, value);
    case FieldNumber.FIELD_COMPARE:
      return pairTest(op, value);
    case FieldNumber.CONTID:
      return contidTest(op, field.contid ?? 0n);
    default:
      return labelTest(field, op);
  }
}

/** The low 32 bits of an inode, as rules compare it; a name that was not found has all ones. */
export function inodeOf(fact: PathFact): number {
  return fact.found ? fact.inode % 0x1_0000_0000 : UNSET_U32;
}

/**
 * `filetype` looks at all names even in the inode pass (kernel: audit_match_filetype). `!=` holds
 * when no name has the type: it is the inverse of `=`.
 */
function fileType(op: Op, value: number): Special {
  const any = anyName((fact) => fact.found && (fact.mode & FILE_TYPE) === value);
  return (context) => any(context, undefined) === (op === Op.eq);
}

function pairTest(op: Op, value: number): Special {
  const pair = PAIRS[value];
  if (pair === undefined) return () => false;
  const [left, right] = pair;
  if (right === OBJ_UID || right === OBJ_GID) {
    // The kernel looks at all names even in the inode pass (audit_compare_uid).
    return ({ facts }) => {
      const own = facts.call.number(left);
      for (let i = 0; i < facts.paths; i++) {
        const at = facts.path(i);
        if (compare(own, op, right === OBJ_UID ? at.uid : at.gid)) return true;
      }
      return false;
    };
  }
  return ({ facts: { call } }) => compare(call.number(left), op, call.number(right));
}

/**
 * `contid=N` holds when N is in the chain up to the top, `!=` when it is not (CID-67, CID-68);
 * the unset value stands for a task in no container (CID-71).
 */
function contidTest(op: Op, contid: bigint): Special {
  const unset = contid === 0xffff_ffff_ffff_ffffn;
  return ({ chain }) => {
    const has = unset ? chain.length === 0 : chain.includes(contid);
    return has === (op === Op.eq);
  };
}

/** Parts of a label: user, role, type, and the two ends of its range. */
const SUBJECT_PARTS: ReadonlyMap<number, number> = new Map([
  [FieldNumber.SUBJ_USER, 0],
  [FieldNumber.SUBJ_ROLE, 1],
  [FieldNumber.SUBJ_TYPE, 2],
  [FieldNumber.SUBJ_SEN, 3],
  [FieldNumber.SUBJ_CLR, 4],
]);

/** `subj_*` compares a part of the task's label by its text; an object's label is not looked at. */
function labelTest(field: RuleField, op: Op): Special {
  const part = SUBJECT_PARTS.get(field.field);
  if (part === undefined) return () => false;
  return ({ facts }) => {
    const label = facts.call.subject();
    if (label === undefined) return false;
    const parts = label.split(":");
    const range = parts.slice(3).join(":").split("-");
    const found = part < 3 ? parts[part] : range[part === 3 ? 0 : range.length - 1];
    return (found === field.text) === (op === Op.eq);
  };
}
