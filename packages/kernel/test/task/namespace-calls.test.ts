import { ALL_CAPABILITIES, NO_CAPABILITIES } from "@cauditd/libaudit";
import t from "tap";
import { setns, unshare } from "../../src/task/namespace-calls.ts";
import type { Task } from "../../src/task/task.ts";
import { TaskTable } from "../../src/task/task-table.ts";
import { said } from "../emulation/host.ts";

const now = (enter: () => void): void => enter();

function world(): { table: TaskTable; task: Task } {
  const table = new TaskTable();
  const task = table.fork("a", table.init);
  return { table, task };
}

t.test("a new user namespace needs no right and gives every capability inside it", async (t) => {
  const { table, task } = world();
  task.capabilities = NO_CAPABILITIES;
  t.equal(said(unshare(table, task, "user", now)), "ok");
  t.equal(task.capabilities, ALL_CAPABILITIES);
  t.equal(task.userns.parent, table.initUserns);
  t.equal(said(unshare(table, task, "net", now)), "ok");
  t.equal(task.netns.owner, task.userns);
});

t.test("the others need CAP_SYS_ADMIN", async (t) => {
  const { table, task } = world();
  task.capabilities = NO_CAPABILITIES;
  t.equal(said(unshare(table, task, "net", now)), "EPERM");
  t.equal(said(unshare(table, task, "pid", now)), "EPERM");
});

t.test("a new pid namespace is that of the children", async (t) => {
  const { table, task } = world();
  t.equal(said(unshare(table, task, "pid", now)), "ok");
  t.equal(task.pidns, table.initPidns);
  t.equal(table.fork("b", task).pidIn(task.childPidns), 1);
  t.equal(said(unshare(table, task, "pid", now)), "EINVAL");
});

t.test("a process with threads does not change its user namespace", async (t) => {
  const { table, task } = world();
  table.thread("a2", task);
  t.equal(said(unshare(table, task, "user", now)), "EINVAL");
});

t.test("setns leads inwards only", async (t) => {
  const { table, task } = world();
  const shim = table.fork("shim", table.init);
  unshare(table, shim, "user", now);
  unshare(table, shim, "pid", now);
  unshare(table, shim, "net", now);
  const root = table.fork("root", shim);
  t.equal(said(setns(task, "pid", root, now)), "ok");
  t.equal(table.fork("in", task).pidIn(root.pidns), 2);
  t.equal(said(setns(task, "net", root, now)), "ok");
  t.equal(task.netns, root.netns);
  t.equal(said(setns(task, "user", root, now)), "ok");
  t.equal(task.userns, root.userns);
  t.equal(said(setns(task, "user", root, now)), "EINVAL", "it is there");
  t.equal(said(setns(root, "net", table.init, now)), "EPERM");
  t.equal(said(setns(root, "user", table.init, now)), "EPERM");
  t.equal(said(setns(table.init, "pid", task, now)), "ok");
});

t.test("setns into a pid namespace that lies outside is EINVAL", async (t) => {
  const { table, task } = world();
  task.childPidns = table.newPidns(table.initPidns, table.initUserns);
  const inner = table.fork("inner", task);
  t.equal(said(setns(inner, "pid", table.init, now)), "EINVAL");
  table.end(inner);
  t.equal(said(setns(task, "pid", inner, now)), "ESRCH");
});
