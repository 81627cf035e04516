import { formatRule } from "@cauditd/libaudit";
import t from "tap";
import {
  type InstanceRulesMap,
  readInstanceRules,
  readRulesFiles,
} from "../../src/config/instance-rules.ts";
import { thisMachine } from "../../src/node/machine.ts";
import { problemsOf } from "../problems.ts";

const context = thisMachine();
const NAMES = ["host", "web", "db"];

function keysOf(rules: InstanceRulesMap): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, list] of rules) {
    found[name] = list.map((rule) => formatRule(rule, { arch: context.arch })).join(";");
  }
  return found;
}

t.test("one file is for every instance", async (t) => {
  const dir = t.testdir({ "a.rules": "-w /etc/x -p wa\n" });
  const rules = await readInstanceRules({ rules: `${dir}/a.rules` }, NAMES, context);
  const watch = "-w /etc/x -p wa";
  t.same(keysOf(rules), { host: watch, web: watch, db: watch });
});

t.test("a folder has NAME.rules or NAME/audit.rules; the others have none", async (t) => {
  const dir = t.testdir({
    "web.rules": "-w /etc/web -p r\n",
    db: { "audit.rules": "-w /etc/db -p r\n" },
    "stranger.rules": "this is not looked at\n",
  });
  const rules = await readInstanceRules({ rulesDir: dir }, NAMES, context);
  t.same(keysOf(rules), { web: "-w /etc/web -p r", db: "-w /etc/db -p r" });
  t.equal((await readInstanceRules({}, NAMES, context)).size, 0);
});

t.test("all problems are told at once, each with its file", async (t) => {
  const dir = t.testdir({ "web.rules": "-w web\n", "db.rules": "-z\n" });
  const problems = await problemsOf(() => readInstanceRules({ rulesDir: dir }, NAMES, context));
  t.ok(problems?.some((problem) => problem.includes("web.rules")));
  t.ok(problems?.some((problem) => problem.includes("db.rules")));
  const none = await problemsOf(() =>
    readInstanceRules({ rulesDir: `${dir}/none` }, NAMES, context),
  );
  t.match(none, [/none: expected a folder/]);
  const files = new Map([["web", `${dir}/missing`]]);
  t.match(await problemsOf(() => readRulesFiles(files, context)), [/missing: no such file/]);
});
