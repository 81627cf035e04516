import { carryOut, Instance, restoreState, stateOf } from "@cauditd/kernel";
import { ruleToPayload } from "@cauditd/libaudit";
import t from "tap";
import { rule } from "../rules.ts";
import { ROOT as subject } from "./subject.ts";

const payload = (text: string): string => Buffer.from(ruleToPayload(rule(text))).toString("base64");

t.test("an instance is set as another one was, over JSON", async (t) => {
  const first = new Instance("4");
  const watch = payload("-a always,exit -F arch=b64 -S execve -k exec");
  carryOut(first, { verb: "rule-add", rule: watch, floor: false, subject });
  carryOut(first, { verb: "rule-add", rule: watch, floor: true, subject });
  carryOut(first, { verb: "status-set", asked: { rate_limit: 9, enabled: 2 }, subject });
  const asked = { loginuid_immutable: { on: true, lock: true } };
  carryOut(first, { verb: "features-set", asked, subject });
  const second = new Instance("4");
  t.ok(restoreState(second, JSON.parse(JSON.stringify(stateOf(first)))));
  t.same(stateOf(second), stateOf(first));
  t.same(second.rules.text, first.rules.text);
  t.equal(second.status.enabled, 2);
});

t.test("an instance that was given no rules has the default rule again", async (t) => {
  const second = new Instance("4");
  t.ok(restoreState(second, stateOf(new Instance("4"))));
  t.ok(second.rules.isDefault);
  t.same(second.rules.text, ["-a always,exit -S all"]);
});

t.test("a state with what is no rule changes nothing", async (t) => {
  const instance = new Instance("4");
  const state = { ...stateOf(instance), floor: ["AAAA"] };
  t.notOk(restoreState(instance, { ...state, status: { ...state.status, rate_limit: 5 } }));
  t.equal(instance.status.rate_limit, 0);
});
