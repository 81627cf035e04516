import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import {
  bootId,
  descendantsHere,
  seesHostTasks,
  startOf,
  taskHere,
} from "../../src/source/tasks-here.ts";

interface Task {
  readonly tgid?: number;
  readonly threads?: number;
  readonly state?: string;
  readonly ppid?: number;
  readonly children?: string;
}

/** A /proc with these tasks. */
function proc(t: Test, tasks: Readonly<Record<number, Task>>): string {
  const root = t.testdir({});
  for (const [pid, task] of Object.entries(tasks)) {
    const { tgid = pid, threads = 1, state = "S (sleeping)", ppid = 1, children } = task;
    const folder = join(root, pid);
    mkdirSync(join(folder, "task", pid), { recursive: true });
    const status = `Name:\ta\nState:\t${state}\nTgid:\t${tgid}\nThreads:\t${threads}\n`;
    writeFileSync(join(folder, "status"), status);
    const zeros = "0 ".repeat(17);
    writeFileSync(join(folder, "stat"), `${pid} (a) b) S ${ppid} ${zeros}777${pid} 0\n`);
    if (children !== undefined) writeFileSync(join(folder, "task", pid, "children"), children);
  }
  return root;
}

t.test("CID-15, CID-17, CID-19: a task is gone, busy or free, as /proc has it", async (t) => {
  const root = proc(t, {
    10: { children: "" },
    11: { children: "12 13 " },
    12: { threads: 2 },
    13: { tgid: 12, threads: 2 },
    14: { state: "Z (zombie)" },
    15: {},
  });
  const states = [10, 11, 12, 13, 14, 15, 16].map((pid) => taskHere(pid, root));
  t.same(states, ["free", "busy", "busy", "busy", "gone", "free", "gone"]);
});

t.test("of this machine's own tasks the same is said", async (t) => {
  const child = spawn("cat");
  t.teardown(() => child.kill());
  await once(child, "spawn");
  const pid = child.pid as number;
  t.equal(taskHere(process.pid), "busy");
  t.equal(taskHere(pid), "free");
  t.ok(descendantsHere(process.pid).includes(pid));
  t.match(startOf(pid), /^\d+$/);
  t.match(bootId(), /^[0-9a-f-]{36}$/);
  child.kill();
  await once(child, "exit");
  t.equal(taskHere(pid), "gone");
});

t.test("a start tells one task from the next of its pid, whatever its name is", async (t) => {
  const root = proc(t, { 10: {} });
  t.equal(startOf(10, root), "77710");
  t.equal(startOf(11, root), undefined);
});

t.test("descendants are found down to the last", async (t) => {
  const root = proc(t, { 10: {}, 11: { ppid: 10 }, 12: { ppid: 11 }, 13: { ppid: 12 }, 20: {} });
  t.same(descendantsHere(10, root), [11, 12, 13]);
  t.same(descendantsHere(20, root), []);
});

t.test("pids mean the host's tasks in the initial pid namespace only", async (t) => {
  const root = t.testdir({ self: { ns: {} } });
  t.equal(seesHostTasks(root), false);
  symlinkSync("pid:[4026532211]", join(root, "self/ns/pid"));
  t.equal(seesHostTasks(root), false);
  const other = t.testdir({ self: { ns: {} } });
  symlinkSync("pid:[4026531836]", join(other, "self/ns/pid"));
  t.equal(seesHostTasks(other), true);
  t.equal(bootId(root), "");
});
