import { deepStrictEqual as deepEqual } from "node:assert/strict";
import { ruleToPayload } from "@cauditd/libaudit";
import t from "tap";
import { line, rule } from "../rule-machine.ts";

t.test("AUD-11: list and action come in either order", async () => {
  deepEqual(ruleToPayload(rule("-a exit,always")), ruleToPayload(rule("-a always,exit")));
});

t.test("AUD-12: possible after a list sends nothing, before it it is a bad keyword", async (t) => {
  const ignored = line("-a exit,possible -F uid=0");
  t.equal(ignored.code, 0);
  t.equal(ignored.stderr, "Append rule - possible is deprecated\n");
  t.same(ignored.kinds, []);
  t.equal(line("-d exit,possible").stderr, "Delete rule - possible is deprecated\n");
  t.equal(line("-a possible,exit").stderr, "Append rule - bad keyword possible,exit\n");
});

t.test("AUD-13, AUD-14: lists that are not known are bad keywords", async (t) => {
  for (const place of ["always,entry", "always,foo", "always", "exit,exit", "always,exit,", ","]) {
    t.equal(line(`-a ${place}`).stderr, `Append rule - bad keyword ${place}\n`);
  }
  t.equal(line("-A always,foo").stderr, "Add rule - bad keyword always,foo\n");
  t.equal(line("-d Always,exit").stderr, "Delete rule - bad keyword Always,exit\n");
});

t.test("a line makes one rule", async (t) => {
  const text = "Multiple rule insert/delete operations are not allowed\n";
  t.equal(line("-a always,exit -a always,exit").stderr, `${text}\n`);
  t.equal(line("-a always,exit -d always,exit").stderr, text);
  t.equal(line("-S open -a always,task").stderr, "Syscall auditing requested for task list\n");
});

t.test("a watch may get its list and action again, list first", async (t) => {
  t.equal(line("-w /etc/passwd -a exit,never").code, 0);
  t.equal(line("-w /etc/passwd -a never,exit").code, 255);
});
