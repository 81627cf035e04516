import t from "tap";
import { isUsernsWithin, PidNamespace } from "../../src/task/namespaces.ts";
import { TaskTable } from "../../src/task/task-table.ts";

t.test("pids are given in turn, and taken again once they are free", async (t) => {
  const { init, initUserns } = new TaskTable();
  const pidns = new PidNamespace(9, undefined, initUserns, 4);
  t.same([pidns.give(init), pidns.give(init), pidns.give(init)], [1, 2, 3]);
  t.equal(pidns.give(init), 0, "none is free");
  pidns.free(2);
  t.equal(pidns.give(init), 2);
  t.equal(pidns.take(3, init), 0, "it is taken");
  t.equal(pidns.take(4, init), 0, "it is too high");
  t.equal(pidns.find(1), init);
  t.equal(pidns.find(4), undefined);
});

t.test("namespaces lie inside others and inside themselves", async (t) => {
  const table = new TaskTable();
  const outer = table.newPidns(table.initPidns, table.initUserns);
  const inner = table.newPidns(outer, table.initUserns);
  t.ok(inner.isWithin(table.initPidns) && inner.isWithin(outer) && inner.isWithin(inner));
  t.notOk(outer.isWithin(inner));
  const userns = table.newUserns(table.initUserns);
  t.ok(isUsernsWithin(userns, table.initUserns));
  t.notOk(isUsernsWithin(table.initUserns, userns));
});
