import fc from "fast-check";
import t from "tap";
import { assigned, place } from "../../src/worker/placement.ts";

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
  const falls = assigned(new Set(all), workers);
  const theirs = all.filter((scope) => falls.get(scope) === "b_1");
  t.ok(theirs.length >= 19 && theirs.length <= 31, `${theirs.length} of 50`);
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

t.test(
  "a worker that starts again is given the same scopes, also beside its last life",
  async (t) => {
    const scopes = new Set(Array.from({ length: 100 }, (_, i) => String(i)));
    const names = (falls: ReadonlyMap<string, string>): string[][] =>
      [...falls].map(([scope, worker]) => [scope, worker.slice(0, 1)]);
    const before = names(assigned(scopes, new Set(["a_x", "b_y"])));
    t.same(names(assigned(scopes, new Set(["b_y", "a_z"]))), before);
    const both = assigned(scopes, new Set(["a_x", "b_y", "a_z"]));
    t.same(names(both), before);
    t.equal(new Set(both.values()).size, 2, "one of the lives gets them all");
  },
);

const name = fc.stringMatching(/^[a-z]{1,8}_[a-z0-9]{1,4}$/);
const workerNames = fc.uniqueArray(name, { maxLength: 7, selector: (w) => w.split("_")[0] });
const scopeNames = fc.uniqueArray(fc.bigInt({ min: 0n, max: 2n ** 64n - 2n }).map(String), {
  maxLength: 60,
});

t.test("every scope falls to one worker, and to none many more than to another", async (t) => {
  const run = fc.property(workerNames, scopeNames, (workers, scopes) => {
    const falls = assigned(new Set(scopes), new Set(workers));
    const again = assigned(new Set(scopes.toReversed()), new Set(workers.toReversed()));
    if (workers.length === 0) return falls.size === 0;
    const share = scopes.length / workers.length;
    const most = Math.max(Math.ceil(share), Math.floor(1.25 * share));
    const loads = workers.map((one) => [...falls.values()].filter((w) => w === one).length);
    return (
      scopes.every((scope) => workers.includes(falls.get(scope) ?? "")) &&
      scopes.every((scope) => falls.get(scope) === again.get(scope)) &&
      loads.every((load) => load <= most)
    );
  });
  t.doesNotThrow(() => fc.assert(run));
  for (const scopes of [
    ["host", "1001", "1002"],
    ["host", "1", "2", "3"],
  ]) {
    for (const workers of [
      ["a_1", "b_1"],
      ["worker-a_1", "worker-b_1"],
    ]) {
      const used = new Set(assigned(new Set(scopes), new Set(workers)).values());
      t.equal(used.size, 2, "two workers are not one that works and one that waits");
    }
  }
});

t.test("few scopes move when a worker joins, and hardly one when a scope comes", async (t) => {
  const scopes = Array.from({ length: 60 }, (_, i) => String(7919 * i));
  const workers = ["a_1", "b_1", "c_1"];
  const before = assigned(new Set(scopes), new Set(workers));
  const joined = assigned(new Set(scopes), new Set([...workers, "d_1"]));
  const moved = scopes.filter((scope) => joined.get(scope) !== before.get(scope));
  t.ok(moved.length >= 12 && moved.length <= 22, `${moved.length} of 60, 15 would be ideal`);
  let most = 0;
  for (let n = 0; n < 60; n++) {
    const grown = assigned(new Set([...scopes, `x${n}`]), new Set(workers));
    const others = scopes.filter((scope) => grown.get(scope) !== before.get(scope));
    most = Math.max(most, others.length);
  }
  t.ok(most <= 2, `${most} of 60`);
});
