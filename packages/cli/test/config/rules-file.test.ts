import { formatRule } from "@cauditd/libaudit";
import t from "tap";
import { type LoadedRules, loadRules, readRules } from "../../src/config/rules-file.ts";
import { thisMachine } from "../../src/node/machine.ts";
import { problemsOf } from "../problems.ts";

const context = thisMachine();

function load(text: string, paths = false): LoadedRules {
  return loadRules(Buffer.from(text, "latin1"), context, { name: "a.rules", paths });
}

function listed({ rules }: LoadedRules): string[] {
  return rules.map((rule) => formatRule(rule, { arch: context.arch }));
}

t.test("requests are carried out line by line, as auditctl -R does", (t) => {
  const text =
    "# rules\n-D\n-b 8192\n-a always,exit -F arch=b64 -S open -k a\n" +
    "-a always,exit -F arch=b64 -S close -k b\n" +
    "-d always,exit -F arch=b64 -S open -k a\n-A always,exit -F arch=b64 -S read -k c\n";
  const loaded = load(text);
  t.same(loaded.complaints, []);
  t.equal(loaded.failed, false);
  t.same(listed(loaded), [
    "-a always,exit -F arch=b64 -S read -F key=c",
    "-a always,exit -F arch=b64 -S close -F key=b",
  ]);
  t.end();
});

t.test("the first error ends it, with auditctl's words and the line", (t) => {
  const loaded = load(
    "-a always,exit -F arch=b64 -S open\n" +
      "-a always,exit -F arch=b64 -F nofield=1 -S open\n-w /etc/x\n",
  );
  t.equal(loaded.failed, true);
  t.same(loaded.complaints, [
    "-F unknown field: nofield",
    "There was an error in line 2 of a.rules",
  ]);
  t.equal(loaded.rules.length, 1);
  t.end();
});

t.test("what the kernel refuses is an error of its line too (AUD-50, AUD-55)", (t) => {
  const twice = load("-a always,exit -F arch=b64 -S open\n-a always,exit -F arch=b64 -S open\n");
  t.same(twice.complaints, [
    "Error sending add rule data request (Rule exists)",
    "There was an error in line 2 of a.rules",
  ]);
  const missing = load("-d always,exit -F arch=b64 -S open\n");
  t.match(missing.complaints[0], /No such file or directory/);
  t.end();
});

t.test("-c goes on and fails, -i goes on and does not (AUD-6, AUD-7)", (t) => {
  const lines = "-a always,exit -F arch=b64 -S nocall\n-a always,exit -F arch=b64 -S open\n";
  const going = load(`-c\n${lines}`);
  t.equal(going.failed, true);
  t.equal(going.rules.length, 1);
  const ignoring = load(`-i\n${lines}`);
  t.equal(ignoring.failed, false);
  t.equal(ignoring.rules.length, 1);
  t.match(ignoring.complaints[1], /line 2/);
  t.end();
});

t.test("watched paths are looked for only when asked", (t) => {
  const dir = t.testdir({});
  const text = `-w ${dir}/none/file -p wa\n`;
  t.equal(load(text).failed, false);
  t.match(load(text, true).complaints[0], /No such file or directory/);
  t.end();
});

t.test("a file that cannot be used is an error that names it", async (t) => {
  const dir = t.testdir({ "bad.rules": "-w relative\n", "good.rules": "-w /etc/x -p wa\n" });
  t.match(await problemsOf(() => readRules(`${dir}/none`, context)), [`${dir}/none: no such file`]);
  const problems = await problemsOf(() => readRules(`${dir}/bad.rules`, context));
  t.match(problems, [/bad\.rules:1: The path must start with '\/'/]);
  t.equal((await readRules(`${dir}/good.rules`, context)).length, 1);
});
