import t from "tap";
import { Draft } from "../src/draft.ts";
import { Population } from "../src/population.ts";
import { Random } from "../src/random.ts";
import { pointer, syscall } from "../src/scene.ts";

t.test("a pointer is twelve hex digits in user space", async (t) => {
  const random = new Random(1);
  for (let i = 0; i < 100; i++) t.match(pointer(random), /^7f[0-9a-f]{10}$/);
});

t.test("AUD 4.4: SYSCALL is arch, call, items, the task, key", async (t) => {
  const population = new Population([], {});
  const event = new Draft(undefined, 1, 1000, 5);
  const scene = {
    random: new Random(1),
    event,
    fork: () => undefined,
    exit: () => {},
    nextSession: () => 1,
  };
  syscall(scene, population.init(population.host), "3 success=yes exit=0 a0=3 a1=0 a2=0 a3=0");
  t.same(event.records, [
    "type=SYSCALL msg=audit(1.000:5): arch=c000003e syscall=3 success=yes exit=0 a0=3 a1=0 a2=0 " +
      "a3=0 items=0 ppid=0 pid=1 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 " +
      'fsgid=0 tty=(none) ses=4294967295 comm="systemd" exe="/usr/lib/systemd/systemd" key=(null)',
  ]);
});
