// One -F or -C word of a rule. Answers the text of auditctl's complaint, undefined if it has none.
import { FieldNumber, RuleOperator } from "./rule.ts";
import type { RuleContext } from "./rule-command.ts";
import type { RuleDraft } from "./rule-draft.ts";
import { comparePair, fieldNumber, splitFieldTest } from "./rule-names.ts";
import { readValue } from "./rule-value.ts";

const EXCLUDE_FIELDS: ReadonlySet<number> = new Set([
  FieldNumber.PID,
  FieldNumber.UID,
  FieldNumber.GID,
  FieldNumber.LOGINUID,
  FieldNumber.MSGTYPE,
  FieldNumber.SUBJ_USER,
  FieldNumber.SUBJ_ROLE,
  FieldNumber.SUBJ_TYPE,
  FieldNumber.SUBJ_SEN,
  FieldNumber.SUBJ_CLR,
  FieldNumber.EXE,
  FieldNumber.CONTID,
]);

/** Adds the test of an -F word, `auid>=1000`, to a rule. Source: audit_rule_fieldpair_data. */
export function addFieldTest(
  draft: RuleDraft,
  word: string,
  context: RuleContext,
): string | undefined {
  if (draft.full) return `Too many fields in rule: ${word}`;
  const test = splitFieldTest(word);
  if (test === undefined) return `-F missing operation for ${word}`;
  if (test.name === "") return "-F missing field name before operator for ";
  if (test.value === "") return `-F missing value after operation for ${test.name}`;
  const field = fieldNumber(test.name);
  if (field === undefined) return `-F unknown field: ${test.name}`;
  if (draft.list === "exclude" && !EXCLUDE_FIELDS.has(field)) {
    return "Only msgtype, *uid, *gid, pid, and subj* fields can be used with exclude filter";
  }
  const read = readValue(draft, field, test, context);
  if (typeof read === "string") return read;
  draft.fields.push(read);
  if (field === FieldNumber.PERM) draft.hasPerm = true;
  return undefined;
}

/** Adds a -C word, `auid!=obj_uid`, to a rule. Source: audit_rule_interfield_comp_data. */
export function addComparison(draft: RuleDraft, word: string): string | undefined {
  if (draft.full) return `Too many fields in rule: ${word}`;
  const notEqual = word.indexOf("!=");
  const at = notEqual >= 0 ? notEqual : word.indexOf("=");
  if (at < 0) return `${word} only takes = or != operators`;
  const left = word.slice(0, at);
  const right = word.slice(at + (notEqual >= 0 ? 2 : 1));
  if (left === "") return "-C missing field name before operator for ";
  if (right === "") return `-C missing value after operation for  ${left}`;
  const leftField = fieldNumber(left);
  if (leftField === undefined) return `-C unknown field: ${left}`;
  const rightField = fieldNumber(right);
  if (rightField === undefined) {
    return `-C unknown right hand value for comparison with: ${left}`;
  }
  if (draft.list !== "exit") return `${left} can only be used with exit filter list`;
  const pair = comparePair(leftField, rightField);
  if (pair === undefined) return `-C incompatible comparison ${left}`;
  const op = notEqual >= 0 ? RuleOperator.NOT_EQUAL : RuleOperator.EQUAL;
  draft.fields.push({ field: FieldNumber.FIELD_COMPARE, op, value: pair });
  return undefined;
}
