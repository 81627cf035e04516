import { DEFAULT_RULE, InstanceRules, InstanceStatus } from "@cauditd/kernel";
import { Arch, Errno, type Rule } from "@cauditd/libaudit";
import t from "tap";
import { rule } from "../rules.ts";
import { ROOT } from "./subject.ts";

const A = "-a always,exit -S all -F pid=1";
const B = "-a never,exit -S all -F pid=2";
const FLOOR = "-a always,exit -S all -F pid=3 -F key=floor";

function rulesOf(...lines: readonly string[]): { status: InstanceStatus; rules: InstanceRules } {
  const status = new InstanceStatus();
  const rules = new InstanceRules(status, Arch.X86_64);
  rules.load(lines.map(rule));
  return { status, rules };
}

t.test("an instance that was given no rules has the default rule, removable", async (t) => {
  const rules = new InstanceRules(new InstanceStatus(), Arch.X86_64);
  t.same(rules.text, [DEFAULT_RULE]);
  t.equal(rules.isDefault, true);
  t.equal(rules.delete(rule(DEFAULT_RULE), ROOT).errno, 0);
  t.same(rules.text, []);
  t.equal(rules.isDefault, false);
  t.equal(rules.add(rule(DEFAULT_RULE), ROOT).errno, 0);
  t.equal(rules.isDefault, false, "now it was given");
});

t.test("AUD-119: adding and removing make records, also when it is refused", async (t) => {
  const { rules } = rulesOf();
  const watch = rule("-w /etc/x -p wa -k k");
  const body = (op: string, res: number): string =>
    `auid=1000 ses=3 op=${op} key="k" list=4 res=${res}`;
  const steps: readonly [
    () => { errno: number; records: readonly { body: string }[] },
    number,
    string,
  ][] = [
    [() => rules.add(watch, ROOT), 0, body("add_rule", 1)],
    [() => rules.add(watch, ROOT), Errno.EEXIST, body("add_rule", 0)],
    [() => rules.delete(watch, ROOT), 0, body("remove_rule", 1)],
    [() => rules.delete(watch, ROOT), Errno.ENOENT, body("remove_rule", 0)],
  ];
  for (const [act, errno, expected] of steps) {
    const { errno: found, records } = act();
    t.equal(found, errno);
    t.same(
      records.map((record) => record.body),
      [expected],
    );
  }
});

t.test("a malformed rule is refused without a record", async (t) => {
  const { rules } = rulesOf();
  const bad: Rule = { ...rule(A), syscalls: new Uint32Array(1) };
  t.same(rules.add(bad, ROOT), { errno: Errno.EINVAL, value: 0, records: [] });
  t.same(rules.delete(bad, ROOT), { errno: Errno.EINVAL, value: 0, records: [] });
});

t.test("AUD-99: locked, rules stay as they are", async (t) => {
  const { status, rules } = rulesOf(A);
  status.enabled = 2;
  for (const [op, act] of [
    ["add_rule", () => rules.add(rule(B), ROOT)],
    ["remove_rule", () => rules.delete(rule(A), ROOT)],
    ["remove_rule", () => rules.deleteAll("", ROOT)],
  ] as const) {
    const { errno, records } = act();
    t.equal(errno, Errno.EPERM);
    t.equal(records[0]?.body, `pid=10 uid=0 auid=1000 ses=3 op=${op} audit_enabled=2 res=0`);
  }
  t.equal(rules.deleteAll("nosuch", ROOT).errno, 0, "nothing to remove");
  const replaced = rules.replace([rule(B)], ROOT);
  t.equal(replaced.errno, Errno.EPERM);
  t.equal(replaced.records[0]?.body, "auid=1000 ses=3 op=replace_rules rules=1 res=0");
  t.same(rules.text, [A]);
});

t.test("while auditing is off changes make no records", async (t) => {
  const { status, rules } = rulesOf();
  status.enabled = 0;
  t.same(rules.add(rule(A), ROOT).records, []);
  t.same(rules.replace([rule(B)], ROOT).records, []);
  t.same(rules.deleteAll("", ROOT).records, []);
  t.same(rules.text, []);
});

t.test("AUD-57: -D -k removes the rules whose key contains the text", async (t) => {
  const { rules } = rulesOf("-w /etc/x -k abc", "-w /etc/y -k b", A);
  const { records } = rules.deleteAll("b", ROOT);
  t.equal(records.length, 2);
  t.same(rules.text, [A]);
});

t.test("a replacement is taken whole or not at all", async (t) => {
  const { rules } = rulesOf(A);
  const before = rules.version;
  const refused = rules.replace([rule(B), rule(B)], ROOT);
  t.match(refused, { errno: Errno.EEXIST, refused: 1 });
  t.same(rules.text, [A]);
  t.equal(rules.version, before);
  t.match(rules.replace([rule(B)], ROOT), { errno: 0, refused: -1 });
  t.same(rules.text, [B]);
  t.not(rules.version, before);
});

t.test(
  "the host's floor comes first and its tenant can neither remove nor precede it",
  async (t) => {
    const { status, rules } = rulesOf(A);
    t.match(rules.setFloor([rule(FLOOR)], ROOT), { errno: 0, refused: -1 });
    t.same(rules.text, [FLOOR, A], "its tenant sees it");
    rules.add(rule(B.replace("-a", "-A")), ROOT);
    t.same(rules.text, [FLOOR, B, A]);
    const { errno, records } = rules.delete(rule(FLOOR), ROOT);
    t.equal(errno, Errno.EPERM);
    t.match(records[0]?.body, /op=remove_rule key="floor" list=4 res=0$/);
    t.equal(rules.add(rule(FLOOR), ROOT).errno, Errno.EEXIST);
    t.equal(rules.deleteAll("", ROOT).errno, 0, "-D is no error");
    rules.replace([], ROOT);
    t.same(rules.text, [FLOOR]);
    status.enabled = 2;
    t.match(rules.setFloor([], ROOT), { errno: 0 });
    t.same(rules.text, [], "the tenant's lock does not bind the host");
  },
);

t.test("with a floor the default rule alone does not let everything through unread", async (t) => {
  const rules = new InstanceRules(new InstanceStatus(), Arch.X86_64);
  rules.setFloor([rule(FLOOR)], ROOT);
  t.equal(rules.isDefault, false);
  t.same(rules.text, [FLOOR, DEFAULT_RULE]);
  t.same(
    rules.floor.map(({ list }) => list),
    ["exit"],
  );
});
