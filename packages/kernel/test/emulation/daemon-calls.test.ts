import { RecordType } from "@cauditd/libaudit";
import t from "tap";
import { daemonRecord, startDaemon, stopDaemon } from "../../src/emulation/daemon-calls.ts";
import { unshare } from "../../src/emulation/task-calls.ts";
import { DEFAULT_POLICY } from "../../src/rights/credentials.ts";
import { child, contained, emulate, recordsOf, said } from "./host.ts";

t.test("CID-84, CID-85: one daemon; it alone may say that it goes", async (t) => {
  const kernel = emulate();
  const daemon = child(kernel);
  t.equal(said(startDaemon(kernel, daemon, { ownPid: false })), "EINVAL");
  t.equal(said(startDaemon(kernel, daemon)), "ok");
  t.equal(said(startDaemon(kernel, kernel.init)), "EEXIST");
  t.equal(said(stopDaemon(kernel, kernel.init)), "EACCES");
  t.equal(said(stopDaemon(kernel, daemon)), "ok");
  const tail = "auid=4294967295 ses=4294967295";
  t.same(recordsOf(kernel, "CONFIG_CHANGE"), [
    `CONFIG_CHANGE op=set audit_pid=2 old=0 ${tail} res=1`,
    `CONFIG_CHANGE op=set audit_pid=1 old=2 ${tail} res=0`,
    `CONFIG_CHANGE op=set audit_pid=0 old=2 ${tail} res=0`,
    `CONFIG_CHANGE op=set audit_pid=0 old=2 ${tail} res=1`,
  ]);
});

t.test(
  "CID-87, CID-88: each scope has its own, with the right in its own user namespace",
  async (t) => {
    const kernel = emulate();
    const one = contained(kernel, 1n);
    unshare(kernel, one, "user");
    const two = contained(kernel, 2n);
    t.equal(said(startDaemon(kernel, kernel.init)), "ok");
    t.equal(said(startDaemon(kernel, one)), "ok");
    t.equal(said(startDaemon(kernel, two)), "ok");
    const second = child(kernel, one);
    t.equal(said(startDaemon(kernel, second)), "EEXIST");
    second.capabilities = 0n;
    t.equal(said(startDaemon(kernel, second)), "EPERM");
    const free = child(kernel);
    unshare(kernel, free, "user");
    t.equal(said(startDaemon(kernel, free)), "ECONNREFUSED");
    const policy = { ...DEFAULT_POLICY, mainline: true };
    t.equal(said(startDaemon(kernel, one, { policy })), "ECONNREFUSED");
  },
);

t.test("a registered daemon has the pid of its own namespace in the status", async (t) => {
  const kernel = emulate();
  const shim = contained(kernel, 1n);
  unshare(kernel, shim, "pid");
  const root = child(kernel, shim);
  startDaemon(kernel, root);
  t.equal(kernel.scopes.find(1n)?.instance.status.pid, 1);
  t.match(recordsOf(kernel, "CONFIG_CHANGE", 1n).at(-1), / audit_pid=1 old=0 /);
  t.match(recordsOf(kernel, "CONFIG_CHANGE").at(-1), / audit_pid=3 old=0 /);
});

t.test("a daemon's own records come through even while auditing is off", async (t) => {
  const kernel = emulate();
  kernel.scopes.host.instance.status.enabled = 0;
  daemonRecord(kernel, kernel.init, RecordType.DAEMON_ROTATE, [
    "op=rotate-logs pid=",
    {
      pid: kernel.init,
    },
  ]);
  t.same(recordsOf(kernel, "DAEMON_ROTATE"), ["DAEMON_ROTATE op=rotate-logs pid=1"]);
});
