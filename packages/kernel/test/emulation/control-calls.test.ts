import { Errno } from "@cauditd/libaudit";
import t from "tap";
import {
  changeRules,
  reach,
  resetCounter,
  setFeature,
  setFloor,
  setStatus,
  trim,
} from "../../src/emulation/control-calls.ts";
import { syscall, unshare } from "../../src/emulation/task-calls.ts";
import { rule } from "../rules.ts";
import { child, contained, emulate, records, recordsOf, said } from "./host.ts";

t.test("CID-98: a rule of one scope changes nothing in another", async (t) => {
  const kernel = emulate();
  const a = contained(kernel, 1n);
  const change = { kind: "add", rule: rule("-A never,exit -S getpid") } as const;
  t.equal(said(changeRules(kernel, a, 1n, change).errno), "ok");
  records(kernel);
  records(kernel, 1n);
  syscall(kernel, a, { number: 39, exit: 0 });
  t.same(records(kernel, 1n), []);
  t.equal(records(kernel).length, 3);
});

t.test(
  "a change is seen by the scope it is about and those around it, its admin only by his own",
  async (t) => {
    const kernel = emulate();
    const a = contained(kernel, 1n);
    records(kernel, 1n);
    setStatus(kernel, kernel.init, 1n, { rate_limit: 5 });
    const body = "op=set audit_rate_limit=5 old=0 auid=4294967295 ses=4294967295 res=1";
    t.same(records(kernel, 1n), [`CONFIG_CHANGE ${body}`], "nothing of the host's task");
    setStatus(kernel, a, 1n, { rate_limit: 6 });
    t.equal(records(kernel, 1n).length, 5, "with the tenant's own sendto");
  },
);

t.test("CID-86: a locked scope refuses, and says so", async (t) => {
  const kernel = emulate();
  const { init } = kernel;
  setStatus(kernel, init, undefined, { enabled: 2 });
  records(kernel);
  t.equal(said(setStatus(kernel, init, undefined, { enabled: 1 }).errno), "EPERM");
  const change = { kind: "add", rule: rule("-a always,exit -S getpid") } as const;
  t.equal(said(changeRules(kernel, init, undefined, change).errno), "EPERM");
  t.same(recordsOf(kernel, "CONFIG_CHANGE"), [
    "CONFIG_CHANGE op=set audit_enabled=1 old=2 auid=4294967295 ses=4294967295 res=0",
    "CONFIG_CHANGE pid=1 uid=0 auid=4294967295 ses=4294967295 op=add_rule audit_enabled=2 res=0",
  ]);
  t.equal(said(resetCounter(kernel, init, undefined, "lost").errno), "ok");
});

t.test(
  "who may not is refused before anything is looked at, and the attempt is recorded",
  async (t) => {
    const kernel = emulate();
    const a = contained(kernel, 1n);
    unshare(kernel, a, "user");
    contained(kernel, 2n);
    records(kernel, 1n);
    t.equal(reach(kernel, a, "status-read", 2n), Errno.EPERM);
    t.equal(reach(kernel, a, "status-read", 9n), Errno.EPERM);
    t.equal(reach(kernel, kernel.init, "status-read", 9n), Errno.ENOENT);
    t.equal(said(setStatus(kernel, a, 2n, { enabled: 0 }).errno), "EPERM");
    t.match(recordsOf(kernel, "SYSCALL", 1n)[0], / syscall=44 success=no exit=-1 /);
    t.same(records(kernel, 2n), []);
  },
);

t.test("features leave FEATURE_CHANGE with who asked, as each scope sees its pid", async (t) => {
  const kernel = emulate();
  const shim = contained(kernel, 1n);
  unshare(kernel, shim, "pid");
  const root = child(kernel, shim);
  setFeature(kernel, root, 1n, "loginuid_immutable", { on: true, lock: true });
  t.match(
    recordsOf(kernel, "FEATURE_CHANGE", 1n)[0],
    /^FEATURE_CHANGE {2}ppid=0 pid=1 auid=.* feature=loginuid_immutable old=0 new=1 .* res=1$/,
  );
  t.match(recordsOf(kernel, "FEATURE_CHANGE")[0], / ppid=2 pid=3 /);
});

t.test(
  "floor rules are the host's: a tenant can neither take them away nor set them",
  async (t) => {
    const kernel = emulate();
    const a = contained(kernel, 1n);
    unshare(kernel, a, "user");
    const floor = [rule("-a always,exit -S mount")];
    t.equal(said(setFloor(kernel, a, 1n, floor).errno), "EPERM");
    t.equal(said(setFloor(kernel, kernel.init, 1n, floor).errno), "ok");
    t.equal(said(changeRules(kernel, a, 1n, { kind: "delete-all", key: "" }).errno), "ok");
    t.equal(kernel.scopes.find(1n)?.instance.rules.listed.length, 1);
  },
);

t.test("CID-72: a kernel without contids says so, and refuses rules about them", async (t) => {
  const kernel = emulate({ policy: { mainline: true } });
  t.equal(kernel.featureBitmap & 0x80, 0);
  t.equal(emulate().featureBitmap & 0x80, 0x80);
  const change = { kind: "add", rule: rule("-a always,exit -S getpid -F contid=5") } as const;
  t.equal(said(changeRules(kernel, kernel.init, undefined, change).errno), "EINVAL");
  const { init } = emulate();
  t.equal(said(changeRules(emulate(), init, undefined, change).errno), "ok");
});

t.test("AUD-96: the call that turns auditing on is not recorded, the next one is", async (t) => {
  const kernel = emulate();
  kernel.scopes.host.instance.status.enabled = 0;
  setStatus(kernel, kernel.init, undefined, { enabled: 1 });
  t.same(records(kernel), []);
  setStatus(kernel, kernel.init, undefined, { failure: 0 });
  t.match(records(kernel)[0], /audit_failure=0/);
});

t.test("AUD-100: a trim is answered, and recorded, also while the scope is locked", async (t) => {
  const kernel = emulate();
  setStatus(kernel, kernel.init, undefined, { enabled: 2 });
  records(kernel);
  t.equal(trim(kernel, kernel.init, undefined).errno, 0);
  t.match(records(kernel)[0], /^CONFIG_CHANGE pid=1 uid=0 auid=\d+ ses=\d+ op=trim res=1$/);
});
