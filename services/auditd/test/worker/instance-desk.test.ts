import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { AuditdInstance, InstanceLog } from "@cauditd/auditd";
import {
  ControlClient,
  encodeRequest,
  type KeyStore,
  MemoryKeys,
  memoryTransport,
} from "@cauditd/bus";
import { type InstanceAnswer, type InstanceState, restoreState } from "@cauditd/kernel";
import { AuditError, Errno, ruleToPayload } from "@cauditd/libaudit";
import t, { type Test } from "tap";
import { instanceDesk } from "../../src/worker/instance-desk.ts";
import { KeptState } from "../../src/worker/kept-state.ts";
import { encode, simpleEvents } from "../frames.ts";
import { HandBus, Told } from "../hand-bus.ts";
import { rule } from "../rules.ts";

const subject = { pid: 1, uid: 0, auid: 1000, ses: 3 };

async function rig(t: Test) {
  const told = new Told();
  const log = await InstanceLog.open(join(t.testdir(), "audit.log"), { log: told });
  const served = new AuditdInstance({ name: "web", scope: "4", log, told });
  const bus = new HandBus();
  await served.start(bus);
  t.teardown(() => served.stop());
  const kept: InstanceState[] = [];
  const notes: string[] = [];
  const noted: string[] = [];
  let refuse: Error | undefined;
  const desk = instanceDesk({
    served,
    told,
    keep: async (state) => {
      if (refuse !== undefined) throw refuse;
      kept.push(state);
    },
    note: async ({ id }) => {
      if (refuse !== undefined) throw refuse;
      noted.push(id);
    },
    answered: () => undefined,
    signal: async (signal) => void notes.push(signal),
    end: async () => void notes.push("end"),
  });
  const client = new ControlClient(memoryTransport(desk, "dispatcher"));
  const fail = (error: Error): void => {
    refuse = error;
  };
  return { served, bus, kept, notes, noted, told, client, fail };
}

t.test("a change is kept before it is answered, a question is not", async (t) => {
  const { served, kept, client } = await rig(t);
  const asked = { rate_limit: 9 };
  const answer = (await client.request("status-set", { asked, subject })) as InstanceAnswer;
  t.equal(answer.errno, 0);
  t.match(kept, [{ status: { rate_limit: 9 } }]);
  t.match(await client.request("status"), { result: { rate_limit: 9 } });
  await client.request("status-set", { asked, subject });
  t.equal(kept.length, 1, "nothing has changed");
  t.equal(served.instance.status.rate_limit, 9);
});

t.test("a change that cannot be kept has not been made", async (t) => {
  const { served, client, fail } = await rig(t);
  fail(new AuditError(Errno.ESTALE, "keep"));
  const asked = { rate_limit: 9 };
  await t.rejects(client.request("status-set", { asked, subject }), { code: "ESTALE" });
  t.equal(served.instance.status.rate_limit, 0);
});

t.test("a place is answered when it is in the log, or not in time", async (t) => {
  const { bus, client } = await rig(t);
  bus.deliver(1, encode("4", 1, simpleEvents(2)));
  await client.request("reached", { epoch: "one", sequence: 1 });
  const far = client.request("reached", { epoch: "one", sequence: 2 });
  await t.rejects(far, { code: "ETIMEDOUT" });
});

t.test("signals and the end go to the process", async (t) => {
  const { notes, noted, client } = await rig(t);
  await client.request("signal", { signal: "USR1" });
  await client.request("end");
  t.same(notes, ["USR1", "end"]);
  t.equal(noted.length, 1, "the signal");
});

t.test(
  "a signal that is not noted has been carried out, but for an owner that is none",
  async (t) => {
    const { notes, told, client, fail } = await rig(t);
    fail(new AuditError(Errno.ETIMEDOUT, "keep"));
    await client.request("signal", { signal: "HUP" });
    t.match(told.texts, [/is not noted/]);
    fail(new AuditError(Errno.ESTALE, "keep"));
    await t.rejects(client.request("signal", { signal: "HUP" }), { code: "ESTALE" });
    t.same(notes, ["HUP", "HUP"]);
  },
);

/** An owner of the scope, over the store that it takes over, and its rules. */
async function owner(t: Test, folder: string, store: KeyStore) {
  const told = new Told();
  const log = await InstanceLog.open(join(folder, "audit.log"), { log: told });
  const served = new AuditdInstance({ name: "web", scope: "4", log, told });
  await served.start(new HandBus());
  t.teardown(() => served.stop());
  const state = await KeptState.take(store, { scope: "4", generation: 1 });
  if (state.state !== undefined) restoreState(served.instance, state.state);
  const signals: string[] = [];
  const desk = instanceDesk({
    served,
    told,
    keep: (now, answer) => state.keep(now, answer),
    note: (answer) => state.note(answer),
    answered: (id) => state.answered(id),
    signal: async (signal) => void signals.push(signal),
    end: async () => undefined,
  });
  const ask = (verb: string, bytes: Uint8Array) =>
    desk.answer({ principal: "dispatcher", verb }, bytes);
  return { served, ask, signals, state };
}

const EXEC = rule("-a", "always,exit", "-F", "arch=b64", "-S", "execve", "-k", "exec");
const RULE = Buffer.from(ruleToPayload(EXEC)).toString("base64");

t.test(
  "what an owner has done and not answered, the next one answers and does not do",
  async (t) => {
    const [keys, folder] = [new MemoryKeys(), t.testdir({})];
    const request = (id: string, body: object): Uint8Array =>
      encodeRequest({ id, expires: Date.now() + 60_000, body });
    const add = request("a", { rule: RULE, floor: false, subject });
    const reset = request("r", { counter: "lost", subject });
    const first = await owner(t, mkdtempSync(join(folder, "o")), keys.open());
    const before = [await first.ask("rule-add", add), await first.ask("counter-reset", reset)];
    t.match(before, [{ errno: 0, result: { errno: 0 } }, { errno: 0 }]);

    const second = await owner(t, mkdtempSync(join(folder, "o")), keys.open());
    const rules = second.served.instance.rules.listed.length;
    t.same([await second.ask("rule-add", add), await second.ask("counter-reset", reset)], before);
    t.equal(second.served.instance.rules.listed.length, rules, "the rule is there once");
    const other = request("a", { rule: RULE, floor: true, subject });
    const third = await owner(t, mkdtempSync(join(folder, "o")), keys.open());
    t.match(await third.ask("rule-add", other), { errno: Errno.EINVAL, error: /used before/ });
    const again = request("c", { rule: RULE, floor: false, subject });
    t.match(await third.ask("rule-add", again), { result: { errno: Errno.EEXIST } });
  },
);

t.test("a signal that an owner has carried out, the next one does not carry out", async (t) => {
  const [keys, folder] = [new MemoryKeys(), t.testdir({})];
  const expires = Date.now() + 60_000;
  const signal = (id: string, signal: string): Uint8Array =>
    encodeRequest({ id, expires, body: { signal } });
  const next = () => owner(t, mkdtempSync(join(folder, "o")), keys.open());
  const first = await next();
  const answer = await first.ask("signal", signal("a", "USR1"));
  t.match(answer, { errno: 0, result: null });
  t.same(first.signals, ["USR1"]);
  const second = await next();
  t.equal(second.state.state, undefined, "the configuration holds as before");
  t.same(await second.ask("signal", signal("a", "USR1")), answer);
  t.same(second.signals, []);
  t.match(await second.ask("signal", signal("b", "USR1")), { errno: 0 });
  const third = await next();
  t.match(await third.ask("signal", signal("b", "HUP")), { errno: Errno.EINVAL });
  t.same([second.signals, third.signals], [["USR1"], []]);
  t.match(await first.ask("signal", signal("c", "USR1")), { errno: Errno.ESTALE });
});
