import fc from "fast-check";
import t from "tap";
import { place, preferred } from "../../src/worker/placement.ts";

const none = new Set<string>();
const owned = (...entries: [scope: string, worker: string, token: number][]) => ({
  token: Math.max(0, ...entries.map(([, , token]) => token)),
  owners: new Map(entries.map(([scope, worker, token]) => [scope, { worker, token }])),
});

t.test("a lone worker takes every scope, each with a token of its own", async (t) => {
  const scopes = new Set(["host", "1", "2"]);
  const workers = new Set(["a_1"]);
  const placed = place({ self: "a_1", workers, scopes, table: owned(), stopped: none });
  t.ok(placed.changed);
  t.same([...placed.table.owners.keys()].sort(), ["1", "2", "host"]);
  t.same(
    [...placed.table.owners.values()].map(({ token }) => token),
    [1, 2, 3],
  );
  const again = place({ self: "a_1", workers, scopes, table: placed.table, stopped: none });
  t.notOk(again.changed);
  t.same(again.release, []);
});

t.test("a scope whose owner lives is taken by nobody, one whose owner is dead is", async (t) => {
  const scopes = new Set(["1"]);
  const table = owned(["1", "b_1", 7]);
  const view = { self: "a_1", scopes, table, stopped: none };
  t.notOk(place({ ...view, workers: new Set(["a_1", "b_1"]) }).changed);
  const taken = place({ ...view, workers: new Set(["a_1"]) });
  t.same(taken.table.owners.get("1"), { worker: "a_1", token: 8 });
});

t.test("a scope that falls to another is released, and given up once it has stopped", async (t) => {
  const workers = new Set(["a_1", "b_1"]);
  const all = Array.from({ length: 50 }, (_, i) => String(i));
  const theirs = all.filter((scope) => preferred(scope, workers) === "b_1");
  t.ok(theirs.length > 10 && theirs.length < 40, `${theirs.length} of 50`);
  const table = owned(...all.map((scope, i): [string, string, number] => [scope, "a_1", i]));
  const view = { self: "a_1", workers, scopes: new Set(all), table };
  t.same(place({ ...view, stopped: none }).release, theirs);
  const given = place({ ...view, stopped: new Set(theirs.slice(0, 3)) });
  t.same(given.release, theirs.slice(3));
  t.equal(given.table.owners.size, 47);
});

t.test(
  "a scope that is not registered any more is released; of a dead owner, forgotten",
  async (t) => {
    const table = owned(["1", "a_1", 1], ["2", "c_1", 2]);
    const placed = place({
      self: "a_1",
      workers: new Set(["a_1"]),
      scopes: none,
      table,
      stopped: none,
    });
    t.same(placed.release, ["1"]);
    t.same([...placed.table.owners.keys()], ["1"]);
  },
);

t.test("a worker that starts again is given the same scopes", async (t) => {
  const scopes = Array.from({ length: 100 }, (_, i) => String(i));
  const before = scopes.filter((scope) => preferred(scope, new Set(["a_x", "b_y"])) === "a_x");
  const after = scopes.filter((scope) => preferred(scope, new Set(["b_y", "a_z"])) === "a_z");
  t.same(after, before);
});

t.test("only scopes that fall to a new worker move, and all workers agree", async (t) => {
  const name = fc.stringMatching(/^[a-z]{1,8}_[a-z0-9]{1,4}$/);
  const run = fc.property(
    fc.uniqueArray(name, { minLength: 2, maxLength: 6, selector: (w) => w.split("_")[0] }),
    fc.uniqueArray(fc.bigInt({ min: 0n, max: 2n ** 64n - 2n }).map(String), { maxLength: 30 }),
    ([joining, ...old], scopes) => {
      for (const scope of scopes) {
        const before = preferred(scope, new Set(old));
        const after = preferred(scope, new Set([joining as string, ...old.toReversed()]));
        if (after !== before && after !== joining) return false;
      }
      return true;
    },
  );
  t.doesNotThrow(() => fc.assert(run));
});
