import { parseRuleArguments } from "@cauditd/libaudit";
import t from "tap";
import { line, MACHINE, run } from "../rule-machine.ts";

t.test("a value may stand in the word of its option, and letters together", async (t) => {
  t.equal(line("-aalways,exit -Fuid=0").list, "-a always,exit -S all -F uid=0\n");
  t.same(line("-tv").kinds, ["trim"]);
  t.equal(line("-Zq").stderr, "Option   is invalid\n");
});

t.test("words without an option are found behind all options", async (t) => {
  const refused = line("-a always,exit word -F uid=0");
  t.equal(refused.stderr, "parameter passed without an option given\n");
  t.equal(refused.list, "No rules\n");
  t.same(line("word"), { code: 255, stderr: "", list: "No rules\n", kinds: [] });
  t.equal(line("-- -l").stderr, "parameter passed without an option given\n");
  t.equal(line("-a always,exit word -- -t").code, 255);
});

t.test("a long option may be shortened while it is unique", async (t) => {
  const value = { kind: "set", field: "backlog_wait_time", value: 7 };
  t.same(parseRuleArguments(["--backlog", "7"], MACHINE).commands, [value]);
  t.same(parseRuleArguments(["--back=7"], MACHINE).commands, [value]);
  t.equal(line("--reset").stderr, "Option --reset is invalid\n");
  t.equal(line("--reset-lost=1").stderr, "Option --reset-lost=1 is invalid\n");
  t.equal(line("--signal").stderr, "Option --signal is invalid\n");
  t.same(line("--reset-l").kinds, ["reset"]);
});

t.test("an option without its value is named", async (t) => {
  t.equal(line("-a always,exit -p").stderr, "Option -p is invalid\n");
  t.equal(run(["-Z"]).stderr, "Option -Z is invalid\n");
  t.equal(run([]).code, 1);
});
