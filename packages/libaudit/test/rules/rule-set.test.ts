import { Arch, Errno, formatRule, RuleSet } from "@cauditd/libaudit";
import fc from "fast-check";
import t from "tap";
import { FORMAT, rule, takenRule } from "../rule-machine.ts";

function setOf(...lines: readonly string[]): RuleSet {
  const rules = new RuleSet(Arch.X86_64);
  for (const text of lines) rules.add(rule(text));
  return rules;
}

function listed(rules: RuleSet): string[] {
  return rules.rules().map((one) => formatRule(one, FORMAT));
}

t.test("AUD-50: the same rule twice is EEXIST, in another order it is another", async (t) => {
  const rules = setOf("-w /etc/passwd -p wa -k k");
  t.equal(rules.add(rule("-w /etc/passwd -p wa -k k")), Errno.EEXIST);
  const spelled = "-a exit,always -F path=/etc/passwd -F perm=aw -F key=k";
  t.equal(rules.add(rule(spelled)), Errno.EEXIST);
  t.equal(rules.add(rule("-w /etc/passwd -p wa -k other")), 0);
  t.equal(rules.add(rule("-a exit,always -F perm=wa -F path=/etc/passwd -k k")), 0);
  t.equal(rules.add(rule("-a never,exit -F path=/etc/passwd -F perm=wa -F key=k")), 0);
  t.equal(rules.size, 4);
});

t.test("AUD-51, AUD-52: -A puts at the head, also what is there", async (t) => {
  const rules = setOf("-a always,exit -F pid=1", "-A always,exit -F pid=2");
  t.same(listed(rules), ["-a always,exit -S all -F pid=2", "-a always,exit -S all -F pid=1"]);
  t.equal(rules.add(rule("-A always,exit -F pid=1")), 0);
  t.equal(rules.add(rule("-a always,exit -F pid=2")), Errno.EEXIST);
  t.equal(rules.size, 3);
  t.equal(rules.list("exit")[0]?.prepend, false);
});

t.test("has finds a rule that is the same, prepended or not", async (t) => {
  const rules = setOf("-a always,exit -F pid=1");
  t.equal(rules.has(rule("-A always,exit -F pid=1")), true);
  t.equal(rules.has(rule("-a always,exit -F pid=2")), false);
});

t.test("AUD-55, AUD-56: only the same rule is deleted", async (t) => {
  const rules = setOf("-w /etc/passwd -p wa -k k");
  t.equal(rules.delete(rule("-W /etc/passwd")), Errno.ENOENT);
  t.equal(rules.delete(rule("-d exit,always -F path=/etc/passwd -F perm=wa -F key=k")), 0);
  t.equal(rules.size, 0);
  t.equal(rules.delete(rule("-d always,exit -F uid=-1")), Errno.EINVAL);
  t.equal(rules.delete(rule("-d always,task")), Errno.ENOENT);
});

t.test("AUD-57: -D takes all rules, or those whose key has a text", async (t) => {
  const rules = setOf("-w /a -k one", "-w /b -k two", "-a always,task");
  t.same(
    rules.deleteAll("on").map((one) => formatRule(one, FORMAT)),
    ["-w /a -p rwxa -k one"],
  );
  t.same(listed(rules), ["-a always,task", "-w /b -p rwxa -k two"]);
  t.equal(rules.deleteAll().length, 2);
  t.equal(rules.size, 0);
});

t.test("AUD-58: rules are in the order of their lists' numbers", async (t) => {
  const rules = setOf(
    "-a never,filesystem -F fstype=tracefs",
    "-a always,exclude -F msgtype=CWD",
    "-a always,exit",
    "-a always,task",
    "-a always,user",
  );
  t.same(
    rules.rules().map(({ list }) => list),
    ["user", "task", "exit", "exclude", "filesystem"],
  );
});

t.test("all rules are replaced or none", async (t) => {
  const rules = setOf("-w /a");
  const two = [rule("-w /b"), rule("-a always,exit -F uid=-1"), rule("-w /c")];
  t.same(rules.replaceAll(two), { index: 1, errno: Errno.EINVAL });
  t.same(rules.replaceAll([rule("-w /b"), rule("-w /b")]), { index: 1, errno: Errno.EEXIST });
  t.same(listed(rules), ["-w /a -p rwxa"]);
  t.equal(rules.replaceAll([rule("-w /b"), rule("-w /c")]), undefined);
  t.same(listed(rules), ["-w /b -p rwxa", "-w /c -p rwxa"]);
});

t.test("AUD-29: class bits are kept as calls, and compare so", async (t) => {
  const rules = setOf("-a always,exit -F arch=b64 -S 2039");
  t.same(listed(rules), ["-a always,exit -F arch=b64 -S kill,tkill,tgkill"]);
  t.equal(rules.add(rule("-a always,exit -F arch=b64 -S kill,tkill,tgkill")), Errno.EEXIST);
});

t.test("a rule that was added can be deleted, and leaves what was there", async () => {
  fc.assert(
    fc.property(fc.array(takenRule, { maxLength: 6 }), takenRule, (before, one) => {
      const rules = new RuleSet(Arch.X86_64);
      for (const other of before) rules.add(other);
      const texts = listed(rules);
      const kept = { ...one, prepend: false };
      const added = rules.add(kept) === 0;
      const deleted = rules.delete(kept) === 0;
      return deleted && (!added || listed(rules).join("\n") === texts.join("\n"));
    }),
  );
});
