import { Errno } from "@cauditd/libaudit";
import t from "tap";
import { errorName, outcome, ScenarioWorld } from "../../src/scenario/scenario-world.ts";

t.test("time goes on from step to step", async (t) => {
  const world = new ScenarioWorld();
  const before = world.kernel.now();
  world.tick();
  t.equal(world.kernel.now() - before, 100);
});

t.test("a task that was never born, or that has exited, does not act", async (t) => {
  const world = new ScenarioWorld({ mainline: true });
  t.ok(world.kernel.policy.mainline);
  t.equal(world.actor("init"), world.kernel.init);
  t.throws(() => world.task("nobody"), { code: "ESRCH" });
  world.kernel.init.state = "zombie";
  t.throws(() => world.actor("init"), { code: "ESRCH" });
});

t.test("outcomes are ok or the name of an error", async (t) => {
  t.same(outcome(0), ["ok"]);
  t.same(outcome(Errno.EPERM), ["EPERM"]);
  t.equal(errorName(4000), "errno 4000");
});
