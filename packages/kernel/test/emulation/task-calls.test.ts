import t from "tap";
import { setContid } from "../../src/emulation/contid-calls.ts";
import { startDaemon } from "../../src/emulation/daemon-calls.ts";
import {
  exec,
  exit,
  nextSession,
  reap,
  syscall,
  thread,
  unshare,
} from "../../src/emulation/task-calls.ts";
import { child, contained, emulate, records, recordsOf, said } from "./host.ts";

t.test(
  "CID-33, CID-34: the last exit of a container, and only that, ends in a drop record",
  async (t) => {
    const kernel = emulate();
    const a = contained(kernel, 1n);
    const b = child(kernel, a);
    records(kernel);
    exit(kernel, b);
    t.same(recordsOf(kernel, "CONTAINER_OP"), []);
    exit(kernel, a);
    const lines = records(kernel);
    t.same(
      lines.map((line) => line.split(" ", 1)[0]),
      ["CONTAINER_ID", "SYSCALL", "PROCTITLE", "CONTAINER_OP"],
    );
    t.equal(lines.at(-1), "CONTAINER_OP op=drop opid=2 contid=-1 old-contid=1");
    t.notMatch(lines[1], /success=/, "a call that does not return has no result");
  },
);

t.test("CID-26, CID-50, CID-113: what a child inherits", async (t) => {
  const kernel = emulate();
  const a = contained(kernel, 1n);
  a.auid = 1000;
  a.ses = 7;
  a.capcontid = true;
  const b = child(kernel, a);
  t.same([b.chain, b.auid, b.ses, b.capcontid], [[1n], 1000, 7, false]);
  const c = child(kernel, a, { auid: 5, uid: 6, gid: 7 });
  t.same([c.auid, c.uid, c.gid, c.ses], [5, 6, 7, 1]);
});

t.test("a pid namespace ends with its first task, its containers with it", async (t) => {
  const kernel = emulate();
  const shim = child(kernel);
  unshare(kernel, shim, "pid");
  const root = child(kernel, shim);
  setContid(kernel, { task: root, text: "3", by: kernel.init });
  const a = child(kernel, root);
  thread(kernel, "second", a);
  records(kernel);
  t.equal(said(exit(kernel, root)), "ok");
  t.equal(recordsOf(kernel, "CONTAINER_OP").length, 1);
  t.equal(a.state, "gone");
  t.equal(root.state, "zombie");
  t.equal(kernel.containers.find(3n), undefined);
  t.equal(said(exit(kernel, root)), "ESRCH");
  t.equal(said(reap(kernel, root)), "ok");
});

t.test("exec ends the other threads and is recorded with its arguments", async (t) => {
  const kernel = emulate();
  const a = child(kernel);
  const second = thread(kernel, "second", a);
  exec(kernel, a, "/usr/bin/id");
  t.equal(second.state, "gone");
  const lines = records(kernel);
  t.equal(lines[1], 'EXECVE argc=1 a0="/usr/bin/id"');
  t.match(lines[0], / comm="id" exe="\/usr\/bin\/id" /);
});

t.test("a daemon that exits is no longer registered", async (t) => {
  const kernel = emulate();
  const daemon = child(kernel);
  startDaemon(kernel, daemon);
  exit(kernel, daemon);
  t.equal(kernel.scopes.host.daemon, undefined);
  t.equal(kernel.scopes.host.instance.status.pid, 0);
  t.equal(said(startDaemon(kernel, kernel.init)), "ok");
});

t.test("who has exited does nothing more, and sessions never have the unset ID", async (t) => {
  const kernel = emulate();
  const a = child(kernel);
  exit(kernel, a);
  t.equal(said(exec(kernel, a, "/x")), "ESRCH");
  t.equal(said(syscall(kernel, a, { number: 39, exit: 0 })), "ESRCH");
  t.equal(said(unshare(kernel, a, "user")), "ESRCH");
  kernel.session = 0xffff_fffe;
  t.equal(nextSession(kernel), 0);
});

t.test("CID-27: a thread that executes takes the place of its process", async (t) => {
  const kernel = emulate();
  const process = contained(kernel, 1n);
  const second = thread(kernel, "second", process);
  second.capcontid = true;
  second.capabilities = 1n;
  unshare(kernel, second, "net");
  records(kernel);
  t.equal(said(exec(kernel, second, "/bin/new")), "ok");
  t.same([process.state, second.state, process.exe], ["running", "gone", "/bin/new"]);
  t.same([process.capcontid, process.capabilities, process.chain], [true, 1n, [1n]]);
  const lines = records(kernel);
  t.equal(lines[0], "CONTAINER_ID record=1 contid=1");
  t.match(lines[1], / pid=2 .* exe="\/bin\/new" /);
  t.equal(said(exec(kernel, second, "/bin/late")), "ESRCH");
});

t.test("the first task of the host cannot exit", async (t) => {
  const kernel = emulate();
  t.equal(said(exit(kernel, kernel.init)), "EPERM");
  t.equal(kernel.init.state, "running");
});
