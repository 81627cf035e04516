import { FieldNumber, type RuleField, UNSET_U32 } from "@cauditd/libaudit";
import type { NumberedRule } from "./exit-filter.ts";
import { compare, isNumeric, numericValue, Op, opOf } from "./rule-test.ts";
import type { SyscallRecord } from "./syscall-record.ts";

/** Who made a record, as the user, exclude and task lists see it. One object is used again. */
export class RecordFacts {
  /** -1 = the record does not say: no test of it holds. */
  pid = -1;
  uid = -1;
  gid = -1;
  /** Unset = 4294967295. */
  auid: number = UNSET_U32;
  exe: string | undefined;
  /** Label of the task. */
  label: string | undefined;
  /** Chain of its container, leaf first. */
  chain: readonly bigint[] = [];
  /** On the task list: the first call of the task, for the ids that other lists do not compare. */
  call: SyscallRecord | undefined;
}

/** Answer of one field: it holds, it does not, or it ends the whole list. */
type Answer = "holds" | "fails" | "ends";

const LABEL_PARTS: ReadonlyMap<number, number> = new Map([
  [FieldNumber.SUBJ_USER, 0],
  [FieldNumber.SUBJ_ROLE, 1],
  [FieldNumber.SUBJ_TYPE, 2],
  [FieldNumber.SUBJ_SEN, 3],
  [FieldNumber.SUBJ_CLR, 4],
]);

/**
 * The user, exclude and task lists. Only pid, uid, gid, auid, msgtype, exe, contid and the parts
 * of the label are compared; reaching any other field ends the list with "no rule" (spec/auditd.md
 * 2.4, kernel audit_filter). A rule without fields matches on the task list only.
 */
export class RecordFilter {
  readonly #rules: readonly NumberedRule[];

  constructor(rules: readonly NumberedRule[]) {
    this.#rules = rules;
  }

  /** True when there is no rule. */
  get empty(): boolean {
    return this.#rules.length === 0;
  }

  /**
   * Number of the first rule that matches; 0 = none.
   * @param type the record's type; undefined on the task list
   */
  first(facts: RecordFacts, type: number | undefined): number {
    for (const { rule, number } of this.#rules) {
      let answer: Answer = rule.fields.length > 0 || type === undefined ? "holds" : "fails";
      for (const field of rule.fields) {
        answer = test(field, facts, type);
        if (answer !== "holds") break;
      }
      if (answer === "holds") return number;
      if (answer === "ends") return 0;
    }
    return 0;
  }
}

function test(field: RuleField, facts: RecordFacts, type: number | undefined): Answer {
  const op = opOf(field);
  const number = (left: number): Answer =>
    left >= 0 && compare(left, op, field.value) ? "holds" : "fails";
  switch (field.field) {
    case FieldNumber.PID:
      return number(facts.pid);
    case FieldNumber.UID:
      return number(facts.uid);
    case FieldNumber.GID:
      return number(facts.gid);
    case FieldNumber.LOGINUID:
      return number(facts.auid);
    case FieldNumber.LOGINUID_SET:
      return number(facts.auid === UNSET_U32 ? 0 : 1);
    case FieldNumber.MSGTYPE:
      return type === undefined ? "ends" : number(type);
    case FieldNumber.EXE:
      return (facts.exe === field.text) === (op === Op.eq) ? "holds" : "fails";
    case FieldNumber.CONTID:
      return contid(field, facts, op);
    case FieldNumber.FILTERKEY:
      // The task list takes the key for what it is; the others end at it.
      return type === undefined ? "holds" : "ends";
    default:
      return label(field, facts, op, type);
  }
}

function contid(field: RuleField, facts: RecordFacts, op: Op): Answer {
  const asked = field.contid ?? 0n;
  const unset = asked === 0xffff_ffff_ffff_ffffn;
  const has = unset ? facts.chain.length === 0 : facts.chain.includes(asked);
  return has === (op === Op.eq) ? "holds" : "fails";
}

/** The task list compares every id of a task; what the record does not tell fails. */
function taskField(field: RuleField, { call }: RecordFacts, op: Op): Answer {
  if (call === undefined || !isNumeric(field.field)) return "fails";
  if (!call.has(field.field)) return "fails";
  const left = call.numbers[field.field] as number;
  return compare(left, op, numericValue(field)) ? "holds" : "fails";
}

function label(field: RuleField, facts: RecordFacts, op: Op, type: number | undefined): Answer {
  const part = LABEL_PARTS.get(field.field);
  if (part === undefined) return type === undefined ? taskField(field, facts, op) : "ends";
  if (facts.label === undefined) return "fails";
  const parts = facts.label.split(":");
  const range = parts.slice(3).join(":").split("-");
  const found = part < 3 ? parts[part] : range[part === 3 ? 0 : range.length - 1];
  return (found === field.text) === (op === Op.eq) ? "holds" : "fails";
}
