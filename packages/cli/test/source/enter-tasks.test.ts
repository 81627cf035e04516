import { spawn } from "node:child_process";
import { once } from "node:events";
import { Attributor } from "@cauditd/kernel";
import t from "tap";
import { enterTasks } from "../../src/source/enter-tasks.ts";

t.test("what runs below a container's task is in it, the innermost one first", async (t) => {
  const child = spawn("/bin/sh", ["-c", "sleep 60 & echo $!; wait"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const grandchild = Number(line.toString());
  t.teardown(() => {
    process.kill(grandchild);
    child.kill();
  });
  const outer = { name: "outer", contid: 1n, pid: process.pid };
  const inner = { name: "inner", contid: 2n, pid: child.pid as number, parent: 1n };
  for (const live of [true, false]) {
    const kernel = new Attributor();
    for (const one of [outer, inner]) kernel.register(one);
    const dispatcher = {
      containers: kernel.registry.containers,
      adopt: kernel.adopt.bind(kernel),
    };
    enterTasks(dispatcher, ({ pid }) => [pid], live);
    t.equal(kernel.containerOf(process.pid)?.name, "outer");
    t.equal(kernel.containerOf(inner.pid)?.name, "inner");
    t.equal(kernel.containerOf(grandchild)?.name, live ? "inner" : undefined);
  }
});
