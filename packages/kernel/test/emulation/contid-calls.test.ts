import { Errno } from "@cauditd/libaudit";
import t from "tap";
import { isLive } from "../../src/container/container-object.ts";
import {
  readCapcontid,
  readContid,
  setCapcontid,
  setContid,
} from "../../src/emulation/contid-calls.ts";
import type { EmulatedKernel } from "../../src/emulation/emulated-kernel.ts";
import { exec, exit, reap, thread, unshare } from "../../src/emulation/task-calls.ts";
import type { Task } from "../../src/task/task.ts";
import { child, contained, emulate, records, recordsOf, said } from "./host.ts";

function set(kernel: EmulatedKernel, task: Task, text: string | bigint, by: Task): string {
  return said(setContid(kernel, { task, text: String(text), by }));
}

/** Everything that a refused call must not change. */
function state(kernel: EmulatedKernel): string {
  const { containers, netns } = kernel;
  return JSON.stringify([
    containers.created,
    containers.dropped,
    containers
      .all()
      .map((c) => [String(c.contid), c.generation, c.members.size, c.nested, c.holds, isLive(c)]),
    netns.chains(kernel.tasks.initNetns).map((chain) => chain.map(String)),
    kernel.tasks.within(kernel.tasks.initPidns).map((task) => [task.chain.map(String), task.auid]),
  ]);
}

t.test("CID-1, CID-2, CID-3: unset, set once, recorded", async (t) => {
  const kernel = emulate();
  const task = child(kernel);
  t.same(readContid(kernel, task, kernel.init), { errno: 0, text: "18446744073709551615" });
  records(kernel);
  t.equal(set(kernel, task, 123456n, kernel.init), "ok");
  t.same(records(kernel).slice(0, 2), [
    "CONTAINER_OP op=set opid=2 contid=123456 old-contid=-1",
    "SYSCALL arch=c000003e syscall=1 success=yes exit=6 a0=1 a1=55d0c0de2000 a2=6 a3=0 items=0 " +
      "ppid=0 pid=1 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 " +
      'tty=(none) ses=4294967295 comm="init" exe="/sbin/init" key=(null)',
  ]);
  t.same(readContid(kernel, task, kernel.init), { errno: 0, text: "123456" });
});

t.test("CID-38, CID-125: refusals change nothing; who is understood leaves a record", async (t) => {
  const kernel = emulate();
  const engine = child(kernel);
  const fresh = child(kernel, engine);
  const labelled = contained(kernel, 7n, engine);
  const nobody = child(kernel, kernel.init, { capabilities: 0n });
  const own = child(kernel, nobody);
  const parent = child(kernel, engine);
  child(kernel, parent);
  const dead = child(kernel, engine);
  exit(kernel, dead);
  const unaudited = child(kernel, engine, { audited: false });
  const threaded = child(kernel, engine);
  const second = thread(kernel, "second", threaded);
  const cases: [string, Task, string, Task, boolean, number?][] = [
    ["ESRCH", dead, "5", engine, false],
    ["EINVAL", fresh, "5", engine, false, 1],
    ["EINVAL", fresh, "abc", engine, false],
    ["ERANGE", fresh, "18446744073709551616", engine, false],
    ["ENOPROTOOPT", unaudited, "5", engine, false],
    ["EINVAL", fresh, "18446744073709551615", engine, true],
    ["EPERM", own, "5", nobody, true],
    ["EBUSY", parent, "5", engine, true],
    ["EBUSY", threaded, "5", engine, true],
    ["EBUSY", second, "5", engine, true],
    ["EXDEV", fresh, "5", fresh, true],
    ["EXDEV", child(kernel), "5", engine, true],
    ["EEXIST", labelled, "8", engine, true],
    ["EEXIST", labelled, "7", engine, true],
    ["ENOTUNIQ", fresh, "7", kernel.init, true],
  ];
  for (const [errno, task, text, by, recorded, offset = 0] of cases) {
    const before = state(kernel);
    records(kernel);
    t.equal(said(setContid(kernel, { task, text, by, offset })), errno, `${errno} ${text}`);
    t.equal(state(kernel), before);
    const made = recordsOf(kernel, "CONTAINER_OP");
    t.equal(made.length, recorded ? 1 : 0, `${errno} ${text}`);
  }
});

t.test("CID-18: once its child is reaped, a task may get a contid", async (t) => {
  const kernel = emulate();
  const task = child(kernel);
  const inner = child(kernel, task);
  t.equal(set(kernel, task, 5n, kernel.init), "EBUSY");
  exit(kernel, inner);
  t.equal(set(kernel, task, 5n, kernel.init), "EBUSY");
  reap(kernel, inner);
  t.equal(set(kernel, task, 5n, kernel.init), "ok");
});

t.test("CID-27: threads share it and exec keeps it", async (t) => {
  const kernel = emulate();
  const task = contained(kernel, 5n);
  t.same(thread(kernel, "second", task).chain, [5n]);
  exec(kernel, task, "/bin/true");
  t.same(task.chain, [5n]);
});

t.test(
  "CID-28 to CID-32: who registered it puts tasks in, nobody else, and not its pid",
  async (t) => {
    const kernel = emulate();
    const owner = child(kernel, kernel.init, { pid: 500 });
    contained(kernel, 5n, owner);
    t.equal(set(kernel, child(kernel, owner), 5n, owner), "ok");
    t.equal(kernel.containers.created, 1);
    const other = child(kernel);
    t.equal(set(kernel, child(kernel, other), 5n, other), "ENOTUNIQ");
    exit(kernel, owner);
    reap(kernel, owner);
    const again = child(kernel, kernel.init, { pid: 500 });
    t.equal(set(kernel, child(kernel, again), 5n, again), "ENOTUNIQ");
  },
);

t.test("CID-40 to CID-43, CID-122: nesting", async (t) => {
  const kernel = emulate();
  const b = contained(kernel, 1n);
  const c = child(kernel, b);
  records(kernel);
  t.equal(set(kernel, c, 4n, b), "ok");
  t.same(records(kernel).slice(0, 2), [
    "CONTAINER_OP op=set opid=3 contid=4 old-contid=1",
    "CONTAINER_ID record=1 contid=1",
  ]);
  const d = child(kernel, c);
  t.equal(set(kernel, d, 2n, c), "ok");
  t.same(d.chain, [2n, 4n, 1n]);
  t.equal(set(kernel, c, 9n, kernel.init), "EBUSY");
  t.equal(set(kernel, d, 9n, kernel.init), "EEXIST");
});

t.test("CID-46, CID-119: under v11's own rules an ancestor can get lost", async (t) => {
  const kernel = emulate({ policy: { strict: false } });
  const b = child(kernel);
  const c = child(kernel, b);
  t.equal(set(kernel, c, 5n, kernel.init), "ok");
  records(kernel);
  t.equal(set(kernel, c, 6n, b), "ok");
  t.same(c.chain, [6n]);
  t.same(recordsOf(kernel, "CONTAINER_OP"), [
    "CONTAINER_OP op=set opid=3 contid=6 old-contid=5",
    "CONTAINER_OP op=drop opid=3 contid=-1 old-contid=5",
  ]);
  t.equal(kernel.containers.find(5n), undefined);
});

t.test("CID-93: a contid that was tried for is not shown where it is an ancestor's", async (t) => {
  const kernel = emulate();
  const outer = contained(kernel, 77n);
  const inner = contained(kernel, 4n, outer);
  unshare(kernel, inner, "user");
  const task = child(kernel, inner);
  records(kernel, 4n);
  t.equal(set(kernel, task, 77n, inner), "EPERM");
  t.same(recordsOf(kernel, "CONTAINER_OP", 4n), [
    "CONTAINER_OP op=set opid=4 contid=? old-contid=4",
  ]);
  t.match(recordsOf(kernel, "CONTAINER_OP").at(-1), / contid=77 old-contid=4,\^77$/);
});

t.test("CID-50 to CID-56: capcontid", async (t) => {
  const kernel = emulate();
  const holder = child(kernel);
  unshare(kernel, holder, "user");
  const write = (task: Task, text: string, by: Task, offset = 0): string =>
    said(setCapcontid(kernel, { task, text, by, offset }));
  records(kernel);
  t.equal(write(holder, "1", kernel.init), "ok");
  t.same(recordsOf(kernel, "SET_CAPCONTID"), ["SET_CAPCONTID opid=2 capcontid=1 old-capcontid=0"]);
  const task = child(kernel, holder);
  t.same(readCapcontid(kernel, task, kernel.init), { errno: 0, text: "0" });
  t.equal(write(task, "1", holder), "ok");
  t.equal(write(holder, "1", holder), "EXDEV");
  t.equal(write(task, "2", holder), "EINVAL");
  t.equal(write(task, "x", holder), "EINVAL");
  t.equal(write(task, "4294967296", holder), "ERANGE");
  t.equal(write(task, "1", holder, 3), "EINVAL");
  t.equal(set(kernel, task, 5n, holder), "ok");
  t.equal(write(holder, "0", kernel.init), "ok");
  t.equal(set(kernel, child(kernel, holder), 6n, holder), "EPERM");
  t.same(readContid(kernel, task, holder), { errno: Errno.EPERM });
});
