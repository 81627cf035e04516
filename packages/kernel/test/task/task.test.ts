import t from "tap";
import { TaskTable } from "../../src/task/task-table.ts";

t.test(
  "CID-107: a pid is that of the namespace that looks; 0 where it cannot be seen",
  async (t) => {
    const table = new TaskTable();
    const shim = table.fork("shim", table.init);
    shim.childPidns = table.newPidns(shim.pidns, table.initUserns);
    const root = table.fork("root", shim);
    t.equal(root.pidIn(table.initPidns), 3);
    t.equal(root.pidIn(root.pidns), 1);
    t.equal(shim.pidIn(root.pidns), 0);
    const other = table.newPidns(shim.pidns, table.initUserns);
    t.equal(root.pidIn(other), 0);
  },
);

t.test("descent goes along real parents, and nobody descends from itself", async (t) => {
  const table = new TaskTable();
  const a = table.fork("a", table.init);
  const b = table.fork("b", a);
  const thread = table.thread("b2", b);
  t.ok(b.descendsFrom(a) && b.descendsFrom(table.init) && thread.descendsFrom(a));
  t.notOk(a.descendsFrom(b) || a.descendsFrom(a) || thread.descendsFrom(b));
});

t.test("comm is the program's name, cut to 15 bytes", async (t) => {
  const table = new TaskTable();
  table.init.exe = "/usr/bin/a-name-that-is-long";
  t.equal(table.init.comm, "a-name-that-is-");
});
