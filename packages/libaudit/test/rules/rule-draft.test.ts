import { hasAllSyscalls, hasSyscall } from "@cauditd/libaudit";
import t from "tap";
import { rule } from "../rule-machine.ts";

t.test("a rule without -S is sent with all calls, on the task list with none", async (t) => {
  for (const list of ["exit", "user", "exclude"]) {
    const { syscalls } = rule(`-a always,${list}`);
    t.ok(
      syscalls.every((word) => word === 0xffffffff),
      list,
    );
  }
  t.ok(rule("-a always,task").syscalls.every((word) => word === 0));
});

t.test("calls are those of the arch before them", async (t) => {
  const { syscalls } = rule("-a always,exit -F arch=b32 -S openat");
  t.equal(hasSyscall(syscalls, 295), true);
  t.equal(hasAllSyscalls(syscalls), false);
});

t.test("only -A asks for the head of a list", async (t) => {
  t.equal(rule("-A always,exit").prepend, true);
  t.equal(rule("-a always,exit").prepend, false);
  t.equal(rule("-d always,exit").prepend, false);
});
