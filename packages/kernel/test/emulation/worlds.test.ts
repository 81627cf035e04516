// Random worlds: hundreds of tasks, thousands of steps, and what must hold after each.
import fc from "fast-check";
import t from "tap";
import {
  changedByRefusal,
  gaps,
  leftovers,
  loops,
  outsiders,
  play,
  shownAncestors,
} from "./world.ts";

const SEED = 20210112;
const STEPS = 3000;

const world = play(SEED, STEPS);
const lines = [...world.logs.values()].flatMap((log) => log.lines);

t.test(`a world of seed ${SEED} is as large as it has to be`, async (t) => {
  const running = world.tasks.filter(({ state }) => state === "running").length;
  t.ok(running >= 200, `${running} tasks`);
  t.ok(world.kernel.containers.created >= 30, `${world.kernel.containers.created} containers`);
  t.ok(world.logs.size >= 10, `${world.logs.size} scopes`);
  t.ok(lines.length > 5000, `${lines.length} lines`);
  const nested = [...world.logs.values()].filter(({ chain }) => chain.length > 1);
  t.ok(nested.length >= 5, `${nested.length} nested scopes`);
  t.ok(
    nested.some(({ lines: seen }) => seen.length > 50),
    "their daemons get something",
  );
});

t.test("CID-93: no byte of a scope's log holds a contid of a proper ancestor", async (t) => {
  t.same(shownAncestors(world), []);
});

t.test("CID-90, CID-91, CID-95: no event is outside its scopes", async (t) => {
  t.same(outsiders(world), []);
});

t.test("CID-96: serials have no gap but what was lost or waits", async (t) => {
  t.same(gaps(world), []);
});

t.test("CID-47: no chain has a contid twice, each goes on as its parent's", async (t) => {
  t.same(loops(world), []);
});

t.test("CID-35: when all have exited every container has ended, and nothing is left", async (t) => {
  world.end();
  t.same(leftovers(world), []);
});

t.test("CID-38: in any world a refused call changes nothing", async () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => changedByRefusal(play(seed, 150), 60).length === 0),
    { numRuns: 20 },
  );
});
