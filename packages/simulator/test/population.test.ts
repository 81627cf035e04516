import t from "tap";
import type { ContainerSpec, PopulationOptions } from "../src/population.ts";
import { Population } from "../src/population.ts";
import { Random } from "../src/random.ts";

const web: ContainerSpec = { name: "web", contid: 1n };
const db: ContainerSpec = { name: "db", contid: 2n };

t.test("registrations name the init of each container and the container around it", async (t) => {
  const inner: ContainerSpec = { name: "inner", contid: 3n, parent: 1n };
  const population = new Population([web, db, inner], {});
  const [first, second, third] = population.registrations();
  t.match(first, { name: "web", contid: 1n });
  t.notOk(first !== undefined && "parent" in first);
  t.match(second, { name: "db", contid: 2n });
  t.match(third, { name: "inner", contid: 3n, parent: 1n });
  for (const spec of [web, db, inner]) {
    const home = population.running(spec.name);
    const registered = population.registrations().find((entry) => entry.name === spec.name);
    t.equal(registered?.pid, population.init(home).pid);
    t.equal(population.init(home).innerPid, 1, "it is pid 1 inside");
  }
  t.same(population.nested(population.running("web")), [population.running("inner")]);
});

t.test(
  "the parent of an init is a shim outside: on the host, or in the container around",
  async (t) => {
    const population = new Population([web, { name: "inner", contid: 3n, parent: 1n }], {});
    const outer = population.running("web");
    const pids = (home: typeof outer): number[] => home.tasks.map((task) => task.pid);
    t.ok(pids(population.host).includes(population.init(outer).ppid));
    t.ok(pids(outer).includes(population.init(population.running("inner")).ppid));
  },
);

t.test("names, contids, parents, weights and sizes out of range are refused", async (t) => {
  const refused: readonly (readonly [ContainerSpec[], PopulationOptions])[] = [
    [[web, { ...db, name: "web" }], {}],
    [[{ ...web, name: "host" }], {}],
    [[{ ...web, name: "" }], {}],
    [[web, { ...db, contid: 1n }], {}],
    [[{ ...web, contid: -1n }], {}],
    [[{ ...web, contid: 2n ** 64n - 1n }], {}],
    [[{ ...web, parent: 2n }, db], {}],
    [[{ ...web, weight: 0 }], {}],
    [[{ ...web, weight: Number.NaN }], {}],
    [[{ ...web, weight: Number.POSITIVE_INFINITY }], {}],
    [[web], { hostWeight: -1 }],
    [[web], { tasksPerContainer: -1 }],
    [[web], { pidMax: 100 }],
    [[web], { pidMax: 306 }],
  ];
  for (const [containers, options] of refused) {
    t.throws(() => new Population(containers, options), RangeError);
  }
  t.throws(
    () => new Population([], {}).running("web"),
    new RangeError('expected a running container, got "web"'),
  );
});

t.test("a refused container leaves no trace", async (t) => {
  const population = new Population([web], {});
  const before = population.host.tasks.length;
  t.throws(() => population.start({ ...db, weight: -1 }), RangeError);
  t.throws(() => population.start({ ...db, parent: 9n }), RangeError);
  t.equal(population.host.tasks.length, before);
  t.equal(population.registrations().length, 1);
  t.same([...population.totals().keys()], ["host", "web"]);
});

t.test("places are drawn by weight", async (t) => {
  const heavy: ContainerSpec = { ...db, weight: 6 };
  const population = new Population([web, heavy], { hostWeight: 1 });
  const random = new Random(1);
  const counts = new Map<string, number>();
  for (let i = 0; i < 8000; i++) {
    const { name } = population.draw(random);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  for (const [name, expected] of Object.entries({ host: 1000, web: 1000, db: 6000 })) {
    const count = counts.get(name) ?? 0;
    t.ok(Math.abs(count - expected) < 200, `${name}: ${count} of ${expected}`);
  }
});

t.test("a host weight of 0 keeps the host silent", async (t) => {
  const population = new Population([web], { hostWeight: 0 });
  const random = new Random(2);
  const names = new Set(Array.from({ length: 500 }, () => population.draw(random).name));
  t.same([...names], ["web"]);
});

t.test("fork fails when the container is full, and works again after an exit", async (t) => {
  const population = new Population([web], { tasksPerContainer: 2 });
  const init = population.init(population.running("web"));
  const child = population.fork(init, 1);
  t.ok(population.fork(init, 1));
  t.equal(population.fork(init, 1), undefined);
  if (child !== undefined) population.exit(child);
  t.equal(population.fork(init, 1)?.innerPid, 4, "pids inside go on");
});

t.test("fork fails when no pid is left", async (t) => {
  const population = new Population([web], { pidMax: 308 });
  t.equal(population.fork(population.init(population.host), 1)?.pid, 307);
  t.equal(population.fork(population.init(population.host), 1), undefined);
});

t.test("a container has the pid that is given; the others have none that is given", async (t) => {
  const population = new Population(
    [web, { ...db, pid: 302 }, { name: "c", contid: 9n, pid: 7 }],
    {},
  );
  const pids = new Map(population.registrations().map(({ name, pid }) => [name, pid]));
  t.equal(pids.get("db"), 302);
  t.equal(pids.get("c"), 7);
  const all = population.homes().flatMap(({ tasks }) => tasks.map(({ pid }) => pid));
  t.equal(new Set(all).size, all.length, "no pid twice");
  population.start({ name: "late", contid: 10n, pid: 400 });
  t.equal(population.init(population.running("late")).pid, 400);
  for (const pid of [1, 400, 1.5, 5_000_000]) {
    t.throws(() => population.start({ name: "more", contid: 11n, pid }), RangeError);
  }
  t.throws(
    () =>
      new Population(
        [
          { ...web, pid: 400 },
          { ...db, pid: 400 },
        ],
        {},
      ),
    RangeError,
  );
  const high = new Population([{ ...web, pid: 4_000_000 }], {});
  t.equal(high.registrations()[0]?.pid, 4_000_000);
});
