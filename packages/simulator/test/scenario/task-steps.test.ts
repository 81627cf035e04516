import t from "tap";
import { run } from "./run.ts";

t.test("steps about tasks answer a pid, ok, or an error", async (t) => {
  const text = `task a parent=init caps=none uid=5 gid=6 auid=7
thread a2 of=a
unshare a pid
setns a net of=init
caps a CAP_SYS_ADMIN
unshare a user
exit a2
unshare a user
exec a /bin/sh
syscall a openat exit=-2 path=/x a0=0xffffff9c
syscall a 39
kill a,init HUP by=init
packet a
reap a
exit a
reap a
task b pid=2
task c pid=2
syscall c getpid`;
  const ok = ["ok"];
  const lines = [["2"], ["3"], ["EPERM"], ["EPERM"], ok, ["EINVAL"], ok, ok, ok, ok, ok, ok, ok];
  t.same(run(text), [...lines, ["ECHILD"], ok, ok, ["2"], ["EEXIST"], ["ESRCH"]]);
});

t.test("ptrace makes another parent, who is to reap first", async (t) => {
  const text = `task a
task b
ptrace a attach by=b
exit a
reap a by=init
reap a
reap a by=b
reap a by=init
ptrace b detach`;
  const result = [["ok"], ["ok"], ["ECHILD"], ["ok"], ["ECHILD"], ["ok"], ["ESRCH"]];
  t.same(run(text), [["2"], ["3"], ...result]);
});

t.test("words that are none are refused", async (t) => {
  for (const bad of ["task", "task a uid=x", "task a audited=maybe", "syscall init nothing"]) {
    t.throws(() => run(bad), bad);
  }
  for (const bad of [
    "kill init NOPE",
    "unshare init mount",
    "setns init pid of=no",
    "caps init X",
  ]) {
    t.throws(() => run(bad), bad);
  }
});
