import { FieldNumber, RuleOperator } from "@cauditd/libaudit";
import t from "tap";
import { PathFact } from "../../src/filter/path-fact.ts";
import {
  compare,
  compareBits,
  inodeOf,
  isNumeric,
  numericValue,
  Op,
  opOf,
  specialTest,
} from "../../src/filter/rule-test.ts";
import { type Call, path, rule, withFacts } from "../rules.ts";

t.test("bits with a sign compare as those without", (t) => {
  const values = [0, 1, 6, 0x7fffffff, 0x80000000, 0xfffffff3, 0xffffffff];
  for (const op of Object.values(Op)) {
    for (const left of values) {
      for (const right of values) {
        const found = compareBits(left | 0, op, right | 0);
        t.equal(found, compare(left, op, right), `${left} ${op} ${right}`);
      }
    }
  }
  t.end();
});

t.test("the eight operators compare as audit_comparator does", (t) => {
  const right = 6;
  const table: readonly (readonly [Op, readonly number[]])[] = [
    [Op.eq, [6]],
    [Op.ne, [2, 5, 7, 8]],
    [Op.gt, [7, 8]],
    [Op.ge, [6, 7, 8]],
    [Op.lt, [2, 5]],
    [Op.le, [2, 5, 6]],
    [Op.mask, [2, 5, 6, 7]],
    [Op.test, [6, 7]],
  ];
  for (const [op, expected] of table) {
    t.same(
      [2, 5, 6, 7, 8].filter((left) => compare(left, op, right)),
      expected,
      `operator ${op}`,
    );
  }
  t.ok(compare(0xffffffff, Op.test, 0xf0000000), "the highest bit is no sign");
  t.throws(() => opOf({ field: 1, op: 0, value: 0 }), RangeError);
  t.equal(opOf({ field: 1, op: RuleOperator.LESS, value: 0 }), Op.lt);
  t.end();
});

t.test("success is 1 or 2 inside, so success!=1 is failure", (t) => {
  const field = { field: FieldNumber.SUCCESS, op: RuleOperator.EQUAL };
  t.equal(numericValue({ ...field, value: 1 }), 1);
  t.equal(numericValue({ ...field, value: 0 }), 2);
  t.ok(isNumeric(FieldNumber.EXIT));
  t.notOk(isNumeric(FieldNumber.PERM));
  t.end();
});

/** Whether the one field of a rule that is no number holds for a call. */
function holds(options: string, call: Call, chain: readonly bigint[] = []): boolean | undefined {
  const fields = rule(`-a always,exit -S all ${options}`).fields;
  const test = specialTest(fields.at(-1) as (typeof fields)[number], 0);
  let answer: boolean | undefined;
  withFacts(call, (facts) => {
    answer = test?.({ facts, chain, inTree: () => false }, undefined);
  });
  return answer;
}

t.test("owners are those of any name; a name that was not found is owned by 0", (t) => {
  const call = { paths: [path("/a", 1, "NORMAL", { uid: 5, gid: 6 }), path("/b", undefined)] };
  t.equal(holds("-F obj_uid=5", call), true);
  t.equal(holds("-F obj_uid=0", call), true);
  t.equal(holds("-F obj_gid=7", call), false);
  t.equal(holds("-F obj_uid!=5", call), true);
  t.end();
});

t.test("filetype!= holds when no name has the type", (t) => {
  const both = { paths: [path("/a", 1), path("/d", 2, "PARENT", { mode: "040755" })] };
  t.equal(holds("-F filetype=dir", both), true);
  t.equal(holds("-F filetype!=dir", both), false);
  t.equal(holds("-F filetype!=socket", both), true);
  t.end();
});

t.test("devices are those of the name or those that it stands for; inodes are 32 bits", (t) => {
  const call = { paths: [path("/dev/x", 2 ** 32 + 9, "NORMAL", { dev: "00:05", rdev: "08:11" })] };
  t.equal(holds("-F devmajor=8", call), true);
  t.equal(holds("-F devminor=5", call), true);
  t.equal(holds("-F devminor=6", call), false);
  t.equal(holds("-F inode!=9", call), false);
  t.equal(inodeOf(new PathFact()), 0xffffffff);
  t.end();
});

t.test("-C compares two ids, or an id with the owner of any name", (t) => {
  const call = { fields: { uid: 5, euid: 6 }, paths: [path("/a", 1, "NORMAL", { uid: 6 })] };
  t.equal(holds("-C uid!=euid", call), true);
  t.equal(holds("-C uid=euid", call), false);
  t.equal(holds("-C euid=obj_uid", call), true);
  t.equal(holds("-C uid=obj_uid", call), false);
  t.end();
});

t.test("exe, address family, perm and contid", (t) => {
  t.equal(holds("-F exe=/bin/sh", {}), true);
  t.equal(holds("-F exe!=/bin/sh", {}), false);
  t.equal(holds("-F saddr_fam=2", { more: ["SOCKADDR saddr=02000035"] }), true);
  t.equal(holds("-F saddr_fam!=2", {}), false, "no address: no answer");
  t.equal(holds("-F perm=w", { syscall: 87 }), true);
  t.equal(holds("-F perm=r", { syscall: 87 }), false);
  t.equal(holds("-F contid=7", {}, [4n, 7n]), true);
  t.equal(holds("-F contid!=7", {}, [4n, 7n]), false);
  t.end();
});

t.test("a part of the task's label is compared as text", (t) => {
  const call = { fields: { subj: "user_u:user_r:user_t:s0-s3:c1" } };
  t.equal(holds("-F subj_user=user_u", call), true);
  t.equal(holds("-F subj_type=other_t", call), false);
  t.equal(holds("-F subj_sen=s0", call), true);
  t.equal(holds("-F subj_user=user_u", {}), false);
  t.end();
});
