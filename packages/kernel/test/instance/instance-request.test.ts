import { carryOut, Instance, type InstanceRequest } from "@cauditd/kernel";
import { Errno, ruleToPayload } from "@cauditd/libaudit";
import t from "tap";
import { rule } from "../rules.ts";
import { ROOT as subject } from "./subject.ts";

const payload = (text: string): string => Buffer.from(ruleToPayload(rule(text))).toString("base64");
const WATCH = payload("-a always,exit -F arch=b64 -S execve -k exec");

function ask(instance: Instance, request: InstanceRequest) {
  return carryOut(instance, request);
}

t.test("AUD-98: switching off is prepared, and done when its record is written", async (t) => {
  const instance = new Instance("4");
  const answer = ask(instance, { verb: "status-set", asked: { enabled: 0 }, subject });
  t.match(answer, { errno: 0, switchesOff: true });
  t.equal(answer.records.length, 1);
  t.equal(instance.status.enabled, 1);
  t.match(ask(instance, { verb: "switch-off" }), { errno: 0, records: [] });
  t.equal(instance.status.enabled, 0);
});

t.test("a lock that came meanwhile is not switched off", async (t) => {
  const instance = new Instance("4");
  ask(instance, { verb: "status-set", asked: { enabled: 0 }, subject });
  ask(instance, { verb: "status-set", asked: { enabled: 2 }, subject });
  ask(instance, { verb: "switch-off" });
  t.equal(instance.status.enabled, 2);
});

t.test("rules come and go, the admin's and the host's", async (t) => {
  const instance = new Instance("4");
  const add = { verb: "rule-add", rule: WATCH, subject } as const;
  t.equal(ask(instance, { ...add, floor: false }).errno, 0);
  t.match(ask(instance, { ...add, floor: false }), { errno: Errno.EEXIST });
  t.equal(ask(instance, { ...add, floor: true }).errno, 0);
  t.match(ask(instance, { ...add, floor: true }), { errno: Errno.EEXIST, unrecorded: true });
  const page = ask(instance, { verb: "rules", from: 0 }).result as { rules: { floor: boolean }[] };
  t.same(
    page.rules.map(({ floor }) => floor),
    [true, false, false],
  );
  const all = { verb: "rules-delete-all", key: "exec", subject } as const;
  t.equal(ask(instance, { ...all, floor: false }).records.length, 1);
  t.equal(ask(instance, { ...all, floor: true }).errno, 0);
  t.equal(instance.rules.listed.length, 1);
  const replace = { verb: "rules-replace", rules: [WATCH, WATCH], floor: false, subject } as const;
  t.match(ask(instance, replace), { errno: Errno.EEXIST, refused: 1 });
});

t.test("a payload that is no rule is refused, wherever it comes from", async (t) => {
  const instance = new Instance("4");
  const bad = { rule: "AAAA", floor: false, subject };
  t.match(ask(instance, { verb: "rule-add", ...bad }), { errno: Errno.EINVAL, unrecorded: true });
  const list = { verb: "rules-replace", rules: [WATCH, "!"], floor: false, subject } as const;
  t.match(ask(instance, list), { errno: Errno.EINVAL, refused: 1 });
});

t.test("what is asked for is told as plain data", async (t) => {
  const instance = new Instance("4");
  instance.offer();
  t.match(ask(instance, { verb: "summary" }).result, { enabled: 1, rules: 1, serial: 1, lost: 0 });
  t.match(ask(instance, { verb: "status" }).result, { enabled: 1, backlog: 1, overflow: "newest" });
  const asked = { loginuid_immutable: { on: true } };
  t.equal(ask(instance, { verb: "features-set", asked, subject }).errno, 0);
  t.match(ask(instance, { verb: "features" }).result, { loginuid_immutable: { on: true } });
  instance.status.lost = 7;
  const reset = { verb: "counter-reset", counter: "lost", subject } as const;
  t.equal(ask(instance, reset).value, 7);
  for (const verb of ["summary", "status", "features"] as const) {
    const { result } = ask(instance, { verb });
    t.same(JSON.parse(JSON.stringify(result)), result);
  }
});
