import { Arch, parseRuleArguments, ruleToPayload } from "@cauditd/libaudit";
import t from "tap";
import { controlOf, type FakeNode } from "./fake-node.ts";

/** The payload of a rule, as a client sends it. */
function rule(text: string): string {
  const { commands } = parseRuleArguments(text.split(" "), {
    arch: Arch.X86_64,
    resolver: { uid: () => undefined, gid: () => undefined },
    stat: () => "other",
  });
  const [command] = commands;
  if (command === undefined || !("rule" in command)) throw new Error(text);
  return Buffer.from(ruleToPayload(command.rule)).toString("base64");
}

function listed(node: FakeNode, name: string): readonly string[] {
  for (const [container, instance] of node.instances) {
    if ((container?.name ?? "host") === name) return instance.rules.text;
  }
  throw new Error(name);
}

const EXEC = "-a always,exit -S execve -F key=exec";
const TASK = "-a never,task";

t.test("CID-88: a tenant rules its own instance, and no other", async (t) => {
  const { control, node } = await controlOf();
  await control.handle("web", "rules-add", { scope: "web", rule: rule(TASK) });
  t.same(listed(node, "web"), ["-a never,task", "-a always,exit -S all"]);
  for (const scope of ["db", "8", "host", "nobody"]) {
    for (const [verb, body] of [
      ["rules-add", { rule: rule(TASK) }],
      ["rules-delete-all", {}],
      ["rules-replace", { rules: [] }],
      ["status-set", { enabled: 0 }],
      ["lost-reset", {}],
      ["status", {}],
      ["rules", {}],
      ["features", {}],
      ["features-set", {}],
      ["signal", { signal: "HUP" }],
    ] as const) {
      await t.rejects(
        control.handle("web", verb, { scope, ...body }),
        { code: "EPERM" },
        `${verb} ${scope}`,
      );
    }
  }
  t.same(listed(node, "db"), ["-a always,exit -S all"]);
  t.ok(node.recorded.slice(1).every((one) => one.in === "web" && one.record.endsWith(" res=0")));
  t.equal(node.recorded.length, 41, "each refusal is recorded where the caller is");
});

t.test("AUD-119: a change is recorded in its scope and above, accepted or refused", async (t) => {
  const { control, node } = await controlOf();
  await control.handle("root", "rules-add", { scope: "db", rule: rule(EXEC) });
  const again = control.handle("db", "rules-add", { scope: "8", rule: rule(EXEC) });
  await t.rejects(again, { code: "EEXIST" });
  await control.handle("db", "rules-delete", { scope: "8", rule: rule(EXEC) });
  const gone = control.handle("db", "rules-delete", { scope: "8", rule: rule(EXEC) });
  await t.rejects(gone, { code: "ENOENT" });
  t.same(
    node.recorded.map((one) => `${one.in} ${one.chain} ${one.record}`),
    [
      'db  CONFIG_CHANGE auid=4294967295 ses=4294967295 op=add_rule key="exec" list=4 res=1',
      'db 8 CONFIG_CHANGE auid=1000 ses=3 op=add_rule key="exec" list=4 res=0',
      'db 8 CONFIG_CHANGE auid=1000 ses=3 op=remove_rule key="exec" list=4 res=1',
      'db 8 CONFIG_CHANGE auid=1000 ses=3 op=remove_rule key="exec" list=4 res=0',
    ],
  );
});

t.test("floor rules come first, and the tenant sees them but cannot remove them", async (t) => {
  const { control, node } = await controlOf();
  const floor = { scope: "web", floor: true };
  await control.handle("root", "rules-add", { ...floor, rule: rule(EXEC) });
  await control.handle("web", "rules-add", { scope: "web", rule: rule(`-A${TASK.slice(2)}`) });
  const never = rule("-A never,exit -S execve");
  await control.handle("web", "rules-add", { scope: "web", rule: never });
  t.same(listed(node, "web"), [
    "-a never,task",
    "-a always,exit -S execve -F key=exec",
    "-a never,exit -S execve",
    "-a always,exit -S all",
  ]);
  const page = await control.handle("web", "rules", { scope: "web" });
  t.match(page, { next: null, rules: [{ floor: false }, { floor: true }, { floor: false }, {}] });
  const remove = control.handle("web", "rules-delete", { scope: "web", rule: rule(EXEC) });
  await t.rejects(remove, { code: "EPERM" });
  await control.handle("web", "rules-delete-all", { scope: "web" });
  t.same(listed(node, "web"), ["-a always,exit -S execve -F key=exec"]);
  for (const [verb, body] of [
    ["rules-add", { rule: rule(TASK) }],
    ["rules-delete", { rule: rule(EXEC) }],
    ["rules-delete-all", {}],
    ["rules-replace", { rules: [] }],
  ] as const) {
    await t.rejects(control.handle("web", verb, { ...floor, ...body }), { code: "EPERM" });
  }
  await t.rejects(control.handle("root", "rules-add", { ...floor, rule: rule(EXEC) }), {
    code: "EEXIST",
  });
  await control.handle("root", "rules-delete", { ...floor, rule: rule(EXEC) });
  await control.handle("root", "rules-replace", { ...floor, rules: [rule(TASK)] });
  await control.handle("root", "rules-delete-all", { ...floor, key: "x" });
  t.same(listed(node, "web"), ["-a never,task"]);
  await control.handle("root", "rules-delete-all", floor);
  t.same(listed(node, "web"), []);
});

t.test("rules are replaced at once, or not at all", async (t) => {
  const { control, node } = await controlOf();
  const scope = "web";
  await control.handle("web", "rules-replace", { scope, rules: [rule(TASK), rule(EXEC)] });
  t.same(listed(node, "web"), ["-a never,task", "-a always,exit -S execve -F key=exec"]);
  const twice = { scope, rules: [rule(EXEC), rule(EXEC)] };
  await t.rejects(control.handle("web", "rules-replace", twice), {
    code: "EEXIST",
    message: /rule 2$/,
  });
  t.same(listed(node, "web"), ["-a never,task", "-a always,exit -S execve -F key=exec"]);
});

t.test("what is no rule is refused, and a path of the host that is not there", async (t) => {
  const { control } = await controlOf();
  for (const bad of ["", "AAAA", Buffer.alloc(1040).fill(255).toString("base64")]) {
    await t.rejects(control.handle("root", "rules-add", { rule: bad }), { code: "EINVAL" });
  }
  const watch = rule("-w /no/such/file -p wa");
  await t.rejects(control.handle("root", "rules-add", { rule: watch }), { code: "ENOENT" });
  await control.handle("root", "rules-add", { rule: rule("-w /etc/passwd -p wa") });
  await control.handle("root", "rules-add", { scope: "web", rule: watch });
});

t.test("a tenant sees the quota and the policy that the host has set for it", async (t) => {
  const { control, node } = await controlOf();
  const [instance] = [...node.instances.values()].filter(({ scope }) => scope === "7");
  if (instance === undefined) throw new Error("no instance");
  t.match(await control.handle("web", "status", { scope: "web" }), {
    overflow: "newest",
    quota: null,
    backlog_peak: 0,
  });
  instance.overflow = "oldest";
  instance.setQuota({ rate: 10, burst: 50 });
  t.match(await control.handle("web", "status", { scope: "web" }), {
    overflow: "oldest",
    quota: { rate: 10, burst: 50 },
  });
});

t.test("AUD-98, AUD-99, CID-86: status, lock, counters and features", async (t) => {
  const { control, node } = await controlOf();
  await control.handle("web", "status-set", { scope: "web", backlog_limit: 5, rate_limit: 6 });
  t.match(await control.handle("web", "status", { scope: "web" }), {
    enabled: 1,
    backlog_limit: 5,
    rate_limit: 6,
  });
  await control.handle("web", "status-set", { scope: "web", enabled: 0 });
  t.match(node.recorded.at(-1), { in: "web", record: /op=set audit_enabled=0 old=1 .* res=1$/ });
  t.match(await control.handle("web", "status", { scope: "web" }), { enabled: 0 });
  await control.handle("web", "status-set", { scope: "web", enabled: 2 });
  await t.rejects(control.handle("web", "status-set", { scope: "web", enabled: 1 }), {
    code: "EPERM",
  });
  t.match(node.recorded.at(-1), { record: /op=set audit_enabled=1 old=2 .* res=0$/ });
  await t.rejects(control.handle("web", "rules-add", { scope: "web", rule: rule(TASK) }), {
    code: "EPERM",
  });
  t.match(node.recorded.at(-1), { record: /op=add_rule audit_enabled=2 res=0$/ });
  t.same(await control.handle("web", "lost-reset", { scope: "web" }), { value: 0 });
  t.same(await control.handle("web", "wait-time-reset", { scope: "web" }), { value: 0 });
  const immutable = { scope: "web", loginuid_immutable: { on: true, lock: true } };
  await control.handle("web", "features-set", immutable);
  t.same(await control.handle("web", "features", { scope: "web" }), {
    only_unset_loginuid: { on: false, locked: false },
    loginuid_immutable: { on: true, locked: true },
  });
  await control.handle("root", "signal", { scope: "web", signal: "USR1" });
  t.same(node.signals, ["web USR1"]);
});
