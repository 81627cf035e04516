import { FieldNumber } from "@cauditd/libaudit";
import fc from "fast-check";
import t from "tap";
import { Op, type TestContext } from "../../src/filter/rule-test.ts";
import { buildTree, type CompiledRule, firstMatch } from "../../src/filter/rule-tree.ts";
import { withFacts } from "../rules.ts";

function compiled(position: number, numeric: readonly number[], exe?: string): CompiledRule {
  const special =
    exe === undefined ? [] : [({ facts: { call } }: TestContext) => call.exe() === exe];
  const rule = { position, number: position + 1, always: true, key: undefined, exe, special };
  return { ...rule, numeric: Int32Array.from(numeric) };
}

t.test("many rules that ask for one value of a field are divided by it", (t) => {
  const rules = Array.from({ length: 100 }, (_, i) => compiled(i, [FieldNumber.UID, Op.eq, i]));
  const tree = buildTree(rules);
  t.equal(tree.field, FieldNumber.UID);
  t.equal(tree.byNumber.size, 100);
  t.same(tree.rules, []);
  t.equal(buildTree(rules.slice(0, 4)).field, -1, "a few are tried one by one");
  const programs = Array.from({ length: 20 }, (_, i) => compiled(i, [], `/bin/${i}`));
  t.equal(buildTree(programs).field, FieldNumber.EXE);
  t.end();
});

t.test("a divided tree finds the rule that a list finds", (t) => {
  const fields = [FieldNumber.UID, FieldNumber.EUID, FieldNumber.LOGINUID];
  const numeric = fc.array(
    fc.tuple(fc.constantFrom(...fields), fc.constantFrom(Op.eq, Op.ne), fc.nat({ max: 3 })),
    { maxLength: 2 },
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(numeric, fc.constantFrom(undefined, "/bin/sh", "/bin/no")), {
        maxLength: 60,
      }),
      fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 3 }), fc.nat({ max: 3 })),
      (shapes, [uid, euid, auid]) => {
        const rules = shapes.map(([tests, exe], i) => compiled(i, tests.flat(), exe));
        withFacts({ fields: { uid, euid, auid } }, (facts) => {
          const context = { facts, chain: [], inTree: () => false };
          const list = { ...buildTree([]), first: 0, rules };
          const expected = firstMatch(list, 1000, context);
          t.equal(firstMatch(buildTree(rules), 1000, context), expected);
          const limit = 20;
          const near = expected !== undefined && expected.position < limit ? expected : undefined;
          t.equal(firstMatch(buildTree(rules), limit, context), near);
        });
      },
    ),
    { numRuns: 200 },
  );
  t.end();
});
