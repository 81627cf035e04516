import t from "tap";
import type { KeptContainer } from "../../src/config/registration-file.ts";
import { type Found, restore } from "../../src/config/restored.ts";

const web: KeptContainer = { name: "web", contid: 7n, owner: "local", tasks: [{ pid: 100 }] };
const inner: KeptContainer = { ...web, name: "in", contid: 8n, parent: 7n, tasks: [{ pid: 101 }] };

function found(more: Partial<Found> = {}): Found {
  return { configured: [], boot: "b", ...more };
}

t.test("what was registered is registered again, with what is nested in it", async (t) => {
  t.same(restore({ boot: "b", containers: [web, inner] }, found()), {
    containers: [web, inner],
    over: [],
    reasons: [],
  });
});

t.test("after a start of the machine every container is over", async (t) => {
  const restored = restore({ boot: "a", containers: [web, inner] }, found());
  t.same(restored.containers, []);
  t.same(restored.over, ["web", "in"]);
  t.same(restored.reasons, [
    "web (contid 7): its tasks are gone",
    "in (contid 8): the container around it is gone",
  ]);
});

t.test("the configuration comes first, and may be what others are nested in", async (t) => {
  const byName = { name: "web", contid: 70n, pid: 1 };
  const byContid = { name: "other", contid: 7n, pid: 1 };
  const one = restore({ boot: "b", containers: [web] }, found({ configured: [byName] }));
  t.same([one.containers, one.over], [[], []], "its log is another's, and stays");
  const two = restore({ boot: "b", containers: [web, inner] }, found({ configured: [byContid] }));
  t.same(two.containers, [inner]);
});

t.test("only tasks that run still are in it, and a pid's next task is not", async (t) => {
  const tasks = [
    { pid: 100, start: "5" },
    { pid: 102, start: "6" },
    { pid: 103, start: "7" },
  ];
  const starts = new Map([
    [100, "9"],
    [102, "6"],
  ]);
  const startOf = (pid: number): string | undefined => starts.get(pid);
  const kept = { boot: "b", containers: [{ ...web, tasks }] };
  t.same(restore(kept, found({ startOf })).containers[0]?.tasks, [{ pid: 102, start: "6" }]);
  starts.delete(102);
  t.same(restore(kept, found({ startOf })).over, ["web"]);
});
