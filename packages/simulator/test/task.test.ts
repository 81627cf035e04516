import fc from "fast-check";
import t from "tap";
import { containerInit, containerPrograms } from "../src/catalog.ts";
import { Population } from "../src/population.ts";
import type { Task } from "../src/task.ts";
import { PidTable } from "../src/task.ts";

function container(): { population: Population; init: Task } {
  const population = new Population([{ name: "web", contid: 1n, uid: 33 }], {});
  return { population, init: population.init(population.running("web")) };
}

function child(population: Population, parent: Task): Task {
  const task = population.fork(parent, 5);
  if (task === undefined) throw new Error("expected room for a task");
  return task;
}

t.test("pids go up, wrap at the limit and skip those in use", async (t) => {
  const pids = new PidTable(305);
  t.same(
    [pids.allocate(), pids.allocate(), pids.allocate(), pids.allocate()],
    [301, 302, 303, 304],
  );
  t.equal(pids.allocate(), 0, "none is left");
  pids.release(302);
  pids.release(302);
  t.equal(pids.allocate(), 302);
  t.equal(pids.allocate(), 0, "a second release counts nothing");
});

t.test("a pid limit out of range is refused", async (t) => {
  for (const pidMax of [301, 4194305, 400.5, Number.NaN]) {
    t.throws(() => new PidTable(pidMax), RangeError);
  }
});

t.test("no pid is given to two living tasks", async () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 60 }), { maxLength: 300 }), (choices) => {
      const pids = new PidTable(330);
      const living: number[] = [];
      for (const choice of choices) {
        const at = choice % 2 === 0 ? living.length : choice % (living.length + 1);
        const [gone] = living.splice(at, 1);
        if (gone !== undefined) {
          pids.release(gone);
          continue;
        }
        const pid = pids.allocate();
        if (living.includes(pid) || (pid === 0) !== (living.length === 29)) return false;
        if (pid !== 0) living.push(pid);
      }
      return true;
    }),
  );
});

t.test("AUD 4.4: the task's part of SYSCALL has the kernel's field order", async (t) => {
  const { init } = container();
  t.equal(
    init.fields,
    ` ppid=${init.ppid} pid=${init.pid} auid=4294967295 uid=33 gid=33 euid=33 suid=33 fsuid=33` +
      " egid=33 sgid=33 fsgid=33 tty=(none) ses=4294967295" +
      ' comm="tini" exe="/sbin/tini"',
  );
});

t.test("a child has its parent's name and program until it calls execve", async (t) => {
  const { population, init } = container();
  init.rename("a b");
  const task = child(population, init);
  t.match(task.fields, ` ppid=${init.pid} pid=${task.pid} `);
  t.match(task.fields, ' comm=612062 exe="/sbin/tini"');
  const [program = containerInit] = containerPrograms;
  task.execute(program);
  t.match(task.fields, ' comm="python3.11" exe="/usr/bin/python3.11"');
  t.ok(task.started);
});

t.test("PROCTITLE keeps the command line of the task's first event", async (t) => {
  const { population, init } = container();
  const [program = containerInit] = containerPrograms;
  const early = child(population, init);
  t.equal(early.proctitle, containerInit.proctitle);
  early.execute(program);
  t.equal(early.proctitle, containerInit.proctitle);
  const late = child(population, init);
  late.execute(program);
  t.equal(late.proctitle, program.proctitle);
});

t.test("an orphan goes to the first task of its container", async (t) => {
  const { population, init } = container();
  const parent = child(population, init);
  const orphan = child(population, parent);
  t.match(orphan.fields, ` ppid=${parent.pid} `);
  population.exit(parent);
  t.equal(orphan.ppid, init.pid);
  t.match(orphan.fields, ` ppid=${init.pid} `);
});

t.test("login changes the identity, and children inherit it", async (t) => {
  const { population, init } = container();
  const task = child(population, init);
  task.login({ auid: 1000, uid: 5, ses: 3, tty: "pts0" });
  t.match(task.fields, " auid=1000 uid=5 ");
  t.match(child(population, task).fields, " tty=pts0 ses=3 ");
});

t.test("a certain pid is taken once, and given to nobody else", async (t) => {
  const pids = new PidTable(304);
  t.same([pids.take(302), pids.take(302), pids.take(7)], [true, false, true]);
  for (const pid of [0, 1, 304, 2.5, Number.NaN]) t.notOk(pids.take(pid), `${pid}`);
  t.same([pids.allocate(), pids.allocate(), pids.allocate()], [301, 303, 0]);
  pids.release(302);
  pids.release(7);
  t.same([pids.allocate(), pids.allocate()], [302, 0], "a low one is for no task");
});
