import { AuditError } from "@cauditd/libaudit";
import t from "tap";
import { TaskTable } from "../../src/task/task-table.ts";

t.test("orphans go to the first task of their pid namespace", async (t) => {
  const table = new TaskTable();
  const shim = table.fork("shim", table.init);
  shim.childPidns = table.newPidns(shim.pidns, table.initUserns);
  const root = table.fork("root", shim);
  const a = table.fork("a", root);
  const b = table.fork("b", a);
  table.end(a);
  t.equal(b.realParent, root);
  t.ok(root.children.has(b));
  t.equal(a.state, "zombie");
  t.ok(root.children.has(a), "it waits to be reaped");
  table.end(shim);
  t.equal(root.realParent, table.init);
});

t.test("with the first task of a pid namespace everybody inside goes", async (t) => {
  const table = new TaskTable();
  const shim = table.fork("shim", table.init);
  shim.childPidns = table.newPidns(shim.pidns, table.initUserns);
  const root = table.fork("root", shim);
  const a = table.fork("a", root);
  const thread = table.thread("a2", a);
  t.same(
    table.dying(root).map(({ name }) => name),
    ["a2", "a", "root"],
  );
  for (const task of [thread, a, root]) table.end(task);
  t.equal(thread.state, "gone");
  t.throws(() => table.fork("late", shim), { code: "ENOMEM" });
});

t.test("a pid is free again when its task was reaped, not before", async (t) => {
  const table = new TaskTable();
  const a = table.fork("a", table.init, 50);
  t.throws(() => table.fork("b", table.init, 50), { code: "EEXIST" });
  t.equal(table.reap(a), 10, "ECHILD while it runs");
  table.end(a);
  t.throws(() => table.fork("b", table.init, 50), AuditError);
  t.equal(table.reap(a), 0);
  t.equal(table.fork("b", table.init, 50).pid, 50);
  t.equal(a.state, "gone");
});

t.test("no task is born without a pid, and the failed birth leaves nothing", async (t) => {
  const table = new TaskTable(4);
  table.fork("a", table.init);
  table.fork("b", table.init);
  t.throws(() => table.fork("c", table.init), { code: "EAGAIN" });
  t.equal(table.init.children.size, 2);
});

t.test("who has exited has no children, and other namespaces no threads", async (t) => {
  const table = new TaskTable();
  const a = table.fork("a", table.init);
  table.end(a);
  t.throws(() => table.fork("b", a), { code: "ESRCH" });
  table.init.childPidns = table.newPidns(table.initPidns, table.initUserns);
  t.throws(() => table.thread("c", table.init), { code: "EINVAL" });
});

t.test("a tracer waits for its tracee first, then the real parent does", async (t) => {
  const table = new TaskTable();
  const shell = table.fork("shell", table.init);
  const debuggee = table.fork("debuggee", shell);
  const tracer = table.fork("tracer", table.init);
  table.attach(debuggee, tracer);
  t.equal(debuggee.parent, tracer);
  t.equal(debuggee.realParent, shell);
  t.ok(debuggee.descendsFrom(shell));
  t.notOk(debuggee.descendsFrom(tracer), "descent is that of real parents");
  table.end(debuggee);
  t.equal(table.reap(debuggee, shell), 10, "ECHILD while it is traced");
  t.equal(table.reap(debuggee, tracer), 0);
  t.equal(debuggee.state, "zombie");
  t.equal(table.reap(debuggee), 0);
  t.equal(debuggee.state, "gone");
});

t.test("when a tracer exits, its tracees are their real parents' again", async (t) => {
  const table = new TaskTable();
  const tracer = table.fork("tracer", table.init);
  const traced = table.fork("traced", table.init);
  table.attach(traced, tracer);
  table.end(tracer);
  t.equal(traced.parent, table.init);
  t.equal(tracer.tracees.size, 0);
});

t.test("an orphan that is traced gets a real parent, and keeps its tracer", async (t) => {
  const table = new TaskTable();
  const parent = table.fork("parent", table.init);
  const traced = table.fork("traced", parent);
  const tracer = table.fork("tracer", table.init);
  table.attach(traced, tracer);
  table.end(parent);
  t.equal(traced.realParent, table.init);
  t.equal(traced.parent, tracer);
});
