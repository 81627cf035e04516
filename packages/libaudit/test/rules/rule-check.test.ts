import { readFileSync } from "node:fs";
import {
  checkRule,
  checkRulePaths,
  Errno,
  FieldNumber,
  parseRuleArguments,
  type Rule,
  type RuleField,
  RuleOperator,
} from "@cauditd/libaudit";
import t from "tap";
import { MACHINE, rule } from "../rule-machine.ts";

const MATRIX = new URL(
  "../../../../test/golden/auditctl/field-list-op-matrix.txt",
  import.meta.url,
);
const OPERATORS = ["=", "!=", ">", ">=", "<", "<=", "&", "&="];

/** A value each field takes; 1 for a field that is not here. */
const VALUES: Readonly<Record<string, string>> = {
  arch: "b64",
  path: "/etc/passwd",
  dir: "/etc",
  exe: "/bin/sh",
  perm: "wa",
  filetype: "file",
  fstype: "tracefs",
  msgtype: "CWD",
};

/** `ok`, `U` refused by auditctl, `K` refused by the kernel. */
function verdict(list: string, test: string): string {
  const { commands } = parseRuleArguments(["-a", `always,${list}`, "-F", test], MACHINE);
  const [command] = commands;
  if (command?.kind !== "add") return "U";
  return checkRule(command.rule) === 0 ? "ok" : "K";
}

t.test("every field, list and operator is taken or refused as recorded (AUD-45)", async (t) => {
  const rows = readFileSync(MATRIX, "utf8").trim().split("\n");
  t.equal(rows.length, 43);
  for (const row of rows) {
    const [field = "", ...cells] = (row.split("|")[0] ?? "").trim().split(/\s+/);
    const value = VALUES[field] ?? "1";
    const lists = cells.filter((cell) => cell.includes(":")).map((cell) => cell.split(":"));
    t.equal(lists.length, 5, field);
    for (const [list = "", wanted] of lists) {
      t.equal(verdict(list, `${field}=${value}`), wanted, `${field} on ${list}`);
    }
    const only = ["msgtype", "fstype"].indexOf(field);
    const list = ["user", "filesystem"][only] ?? "exit";
    const operators = OPERATORS.map((op) => verdict(list, field + op + value)).join(" ");
    const marks = cells.at(-1) ?? "";
    // auditctl refuses a key with nothing before it; the marks are of one that has a call.
    if (field === "key") {
      const loaded = OPERATORS.map((op) => checkRule(keyRule(op)) === 0).join();
      t.equal(loaded, [...marks].map((mark) => mark === "+").join(), field);
    } else {
      t.equal(operators, [...marks].map((mark) => (mark === "+" ? "ok" : mark)).join(" "), field);
    }
  }
});

function keyRule(symbol: string): Rule {
  const index = OPERATORS.indexOf(symbol);
  const { EQUAL, NOT_EQUAL, GREATER, GREATER_OR_EQUAL, LESS, LESS_OR_EQUAL, MASK, TEST } =
    RuleOperator;
  const op = [EQUAL, NOT_EQUAL, GREATER, GREATER_OR_EQUAL, LESS, LESS_OR_EQUAL, MASK, TEST][index];
  return withFields({ field: FieldNumber.FILTERKEY, op: op ?? 0, value: 1, text: "k" });
}

function withFields(...fields: readonly RuleField[]): Rule {
  return { ...rule("-a always,exit"), fields };
}

function text(field: number, value: string): RuleField {
  return { field, op: RuleOperator.EQUAL, value: value.length, text: value };
}

function number(field: number, value: number): RuleField {
  return { field, op: RuleOperator.EQUAL, value };
}

t.test("values that the kernel refuses", async (t) => {
  const { EINVAL } = Errno;
  t.equal(checkRule(withFields(number(FieldNumber.LOGINUID_SET, 2))), EINVAL);
  t.equal(checkRule(withFields(number(FieldNumber.LOGINUID_SET, 1))), 0);
  t.equal(checkRule(withFields(number(FieldNumber.PERM, 16))), EINVAL);
  t.equal(checkRule(withFields(number(FieldNumber.FILETYPE, 1))), EINVAL);
  t.equal(checkRule(withFields(number(FieldNumber.FIELD_COMPARE, 26))), EINVAL);
  t.equal(checkRule(withFields(number(FieldNumber.SADDR_FAM, 46))), EINVAL);
  t.equal(checkRule(withFields(number(FieldNumber.SADDR_FAM, 45))), 0);
  t.equal(checkRule(withFields(number(FieldNumber.UID, 0xffffffff))), EINVAL);
  t.equal(checkRule(withFields(number(99, 0))), EINVAL, "a field that is not known");
  t.equal(
    checkRule(withFields({ field: FieldNumber.PID, op: 0x10, value: 1 })),
    EINVAL,
    "an operator that is not known",
  );
});

t.test("texts, their lengths and what a path looks like", async (t) => {
  const { EINVAL, ENAMETOOLONG } = Errno;
  const { WATCH, DIR, EXE, FILTERKEY, SUBJ_TYPE } = FieldNumber;
  t.equal(checkRule(withFields(text(WATCH, "etc"))), EINVAL);
  t.equal(checkRule(withFields(text(WATCH, "/etc/"))), EINVAL);
  t.equal(checkRule(withFields(text(DIR, "/etc/"))), 0);
  t.equal(checkRule(withFields(text(EXE, "/bin/"))), EINVAL);
  t.equal(checkRule(withFields(text(SUBJ_TYPE, ""))), EINVAL);
  t.equal(checkRule(withFields({ ...text(SUBJ_TYPE, "abc"), value: 2 })), EINVAL);
  t.equal(checkRule(withFields(text(FILTERKEY, "k".repeat(256)))), 0);
  t.equal(checkRule(withFields(text(FILTERKEY, "k".repeat(257)))), EINVAL);
  t.equal(checkRule(withFields(text(SUBJ_TYPE, "s".repeat(4096)))), 0);
  t.equal(checkRule(withFields(text(SUBJ_TYPE, "s".repeat(4097)))), ENAMETOOLONG);
});

t.test("one object, one executable and one key in a rule; requests have a size", async (t) => {
  const { EINVAL } = Errno;
  const { WATCH, DIR, INODE, EXE, FILTERKEY, SUBJ_TYPE } = FieldNumber;
  t.equal(checkRule(withFields(text(WATCH, "/a"), text(DIR, "/b"))), EINVAL);
  t.equal(checkRule(withFields(text(DIR, "/a"), number(INODE, 1))), EINVAL);
  t.equal(checkRule(withFields(text(EXE, "/a"), text(EXE, "/a"))), EINVAL);
  t.equal(checkRule(withFields(text(FILTERKEY, "a"), text(FILTERKEY, "a"))), EINVAL);
  const long = text(SUBJ_TYPE, "s".repeat(4096));
  t.equal(checkRule(withFields(long)), 0);
  t.equal(checkRule(withFields(long, long)), EINVAL);
});

t.test("a rule has 64 fields and 64 mask words at most", async (t) => {
  const many = Array(64).fill(number(FieldNumber.PID, 1));
  t.equal(checkRule(withFields(...many)), 0);
  t.equal(checkRule(withFields(...many, number(FieldNumber.PID, 1))), Errno.EINVAL);
  t.equal(checkRule({ ...withFields(), syscalls: new Uint32Array(63) }), Errno.EINVAL);
});

t.test("CID-69, CID-70: contid takes = and != and eight bytes", async (t) => {
  const contid = { field: FieldNumber.CONTID, op: RuleOperator.EQUAL, value: 8, contid: 4n };
  t.equal(checkRule(withFields(contid)), 0);
  for (const op of Object.values(RuleOperator)) {
    const takes = op === RuleOperator.EQUAL || op === RuleOperator.NOT_EQUAL;
    t.equal(checkRule(withFields({ ...contid, op })), takes ? 0 : Errno.EINVAL);
  }
  t.equal(checkRule(withFields({ ...contid, value: 4 })), Errno.EINVAL);
  t.equal(checkRule(withFields(number(FieldNumber.CONTID, 8))), Errno.EINVAL);
});

t.test("AUD-48, AUD-49: a watch needs its directory, a tree itself", async (t) => {
  const check = (words: string): number => checkRulePaths(rule(words), MACHINE.stat);
  t.equal(check("-w /etc/none"), 0);
  t.equal(check("-w /none"), 0);
  t.equal(check("-w /none/x"), Errno.ENOENT);
  t.equal(check("-w /etc/passwd/x"), Errno.ENOTDIR);
  t.equal(check("-a always,exit -F dir=/etc"), 0);
  t.equal(check("-a always,exit -F dir=/none"), Errno.ENOENT);
  t.equal(check("-a always,exit -F exe=/none/sh"), Errno.ENOENT);
  t.equal(check("-a always,exit -F subj_type=/none/sh"), 0);
});
