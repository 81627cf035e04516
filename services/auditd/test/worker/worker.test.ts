import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Auditd } from "@cauditd/auditd";
import { type Lease, MemoryBus, MemoryKeys, SCOPES_KEY } from "@cauditd/bus";
import { encodeScopes } from "@cauditd/kernel";
import t from "tap";
import { Membership, type Owned } from "../../src/worker/membership.ts";
import { type ServedScope, Worker } from "../../src/worker/worker.ts";
import { encode, simpleEvents } from "../frames.ts";
import { Told } from "../hand-bus.ts";

const TTL = 3000;

/** The stores of a host, and its clock. */
class Host {
  now = 0;
  readonly #workers = new MemoryKeys({ ttl: TTL, now: () => this.now });
  readonly #owners = new MemoryKeys();
  readonly #scopes = new MemoryKeys();
  #life = 0;

  async register(...scopes: string[]): Promise<void> {
    const store = this.#scopes.open();
    const bytes = encodeScopes(
      scopes.map((scope) => ({ scope, name: `c${scope}`, generation: 1 })),
    );
    const old = await store.get(SCOPES_KEY);
    if (old === undefined) await store.create(SCOPES_KEY, bytes);
    else await store.update(SCOPES_KEY, bytes, old.revision);
  }

  member(name: string): Membership {
    return new Membership({
      name,
      nextLife: () => String(++this.#life),
      workers: this.#workers.open(),
      owners: this.#owners.open(),
      scopes: this.#scopes.open(),
      ttl: TTL,
      now: () => this.now,
    });
  }
}

/** A worker whose scopes only note what is done with them. */
function noting(host: Host, name: string) {
  const notes: string[] = [];
  const leases = new Map<string, Lease>();
  const over = new Set<string>();
  let refuse: Error | undefined;
  /** Called by each release; it lasts as long as this says. */
  let releasing = async (): Promise<void> => undefined;
  const told = new Told();
  const serve = async ({ scope }: Owned, lease: Lease): Promise<ServedScope> => {
    if (refuse !== undefined) throw refuse;
    notes.push(`serve ${scope}`);
    over.delete(scope);
    leases.set(scope, lease);
    return {
      over: () => over.has(scope),
      release: async () => {
        notes.push(`release ${scope}`);
        await releasing();
      },
      abandon: async () => {
        notes.push(`abandon ${scope}`);
      },
    };
  };
  const worker = new Worker({ membership: host.member(name), serve, told });
  const look = async (): Promise<string[]> => {
    notes.length = 0;
    await worker.look();
    return [...notes].sort();
  };
  const set = {
    refuse: (error: Error | undefined) => {
      refuse = error;
    },
    releasing: (act: () => Promise<void>) => {
      releasing = act;
    },
  };
  return { worker, look, notes, leases, over, told, set };
}

t.test("a scope that has ended by itself is begun anew", async (t) => {
  const host = new Host();
  await host.register("1", "2");
  const a = noting(host, "a");
  await a.look();
  await a.worker.settled();
  a.over.add("2");
  await a.look();
  await a.worker.settled();
  t.same(a.notes, ["abandon 2", "serve 2"]);
  t.same(a.worker.scopes, ["1", "2"]);
});

t.test("a worker serves what it owns, once", async (t) => {
  const host = new Host();
  await host.register("1", "2");
  const a = noting(host, "a");
  await a.look();
  t.same(a.worker.scopes, ["1", "2"]);
  t.same(await a.look(), []);
  await host.register("1", "2", "3");
  await a.look();
  t.same(a.worker.scopes, ["1", "2", "3"]);
});

t.test("a scope that is not registered any more is let go", async (t) => {
  const host = new Host();
  await host.register("1", "2");
  const a = noting(host, "a");
  await a.look();
  await host.register("2");
  t.same(await a.look(), ["release 1"]);
  await a.worker.settled();
  t.same(a.worker.scopes, ["2"]);
});

t.test("a scope moves only when the one that had it has let go", async (t) => {
  const host = new Host();
  const all = Array.from({ length: 12 }, (_, index) => String(index));
  await host.register(...all);
  const [a, b] = [noting(host, "a"), noting(host, "b")];
  await a.look();
  t.equal(a.worker.scopes.length, 12);
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  a.set.releasing(() => opened);
  await b.look();
  t.same(b.worker.scopes, [], "the other one has them all");
  await a.look();
  await b.look();
  t.same(b.worker.scopes, [], "they are still being let go");
  open();
  await a.worker.settled();
  await a.look();
  await b.look();
  t.ok(b.worker.scopes.length > 1);
  t.same([...a.worker.scopes, ...b.worker.scopes].sort(), [...all].sort());
});

t.test("when the lease is over everything is dropped, and its rights with it", async (t) => {
  const host = new Host();
  await host.register("1", "2");
  const a = noting(host, "a");
  await a.look();
  await a.worker.settled();
  const lease = a.leases.get("1");
  t.ok(lease?.holds());
  host.now += TTL;
  t.notOk(lease?.holds());
  a.notes.length = 0;
  a.worker.check();
  t.same(a.worker.scopes, []);
  await a.worker.settled();
  t.same(a.notes.sort(), ["abandon 1", "abandon 2"]);
  t.same(await a.look(), [], "that life is over");
  t.notOk(a.worker.connected);
  await a.look();
  t.same(a.worker.scopes, ["1", "2"], "another one begins");
  t.notOk(lease?.holds(), "and does not give the old rights back");
  await a.worker.settled();
  t.ok((a.leases.get("1")?.token ?? 0) > (lease?.token ?? 0));
});

/** A worker whose only scope cannot be served. */
async function refusing() {
  const host = new Host();
  await host.register("1");
  const a = noting(host, "a");
  a.set.refuse(new Error("no space"));
  await a.look();
  await a.worker.settled();
  return { host, a };
}

t.test("a scope that cannot be served is tried again, and said", async (t) => {
  const { a } = await refusing();
  t.same(a.worker.scopes, []);
  await a.look();
  await a.worker.settled();
  t.same(a.told.texts, ["the scope cannot be served"], "but not at each attempt");
  t.match(a.worker.failures, [{ failure: "no space" }]);
  a.set.refuse(undefined);
  await a.look();
  await a.worker.settled();
  t.same(a.worker.scopes, ["1"]);
  t.same(a.worker.failures, []);
  t.same(a.told.texts, ["the scope cannot be served", "the scope is served again"]);
});

t.test("a scope that cannot be served is no failure of a worker that has it no more", async (t) => {
  const { host, a } = await refusing();
  t.equal(a.worker.failures.length, 1);
  await host.register();
  await a.look();
  t.same(a.worker.failures, []);
});

t.test("a worker that stops frees its scopes at once, also one that is being begun", async (t) => {
  const host = new Host();
  await host.register("1", "2");
  const [a, b] = [noting(host, "a"), noting(host, "b")];
  await a.look();
  await a.worker.drain();
  await a.worker.leave();
  t.same(a.notes.filter((note) => note.startsWith("release")).sort(), ["release 1", "release 2"]);
  await b.look();
  t.same(b.worker.scopes, ["1", "2"]);
});

t.test("CID-97: instances move between two workers without a loss or a double", async (t) => {
  const host = new Host();
  const scopes = ["1", "2", "3", "4", "5", "6"];
  await host.register(...scopes);
  const bus = new MemoryBus({ frames: 64, bytes: 1_000_000 }, randomUUID());
  const folder = t.testdir();
  const start = (name: string) => {
    const auditd = new Auditd(bus, folder, new Told());
    const serve = async (owned: Owned, lease: Lease): Promise<ServedScope> => {
      await auditd.serve(owned.name, owned.scope, { lease });
      return {
        release: () => auditd.release(owned.scope),
        abandon: () => auditd.abandon(owned.scope),
      };
    };
    const worker = new Worker({ membership: host.member(name), serve, told: new Told() });
    const look = async (): Promise<void> => {
      await worker.look();
      await worker.settled();
    };
    return { worker, look };
  };
  let sequence = 0;
  const publish = async (): Promise<void> => {
    sequence++;
    for (const scope of scopes) {
      const frame = encode(scope, sequence, simpleEvents(3, sequence * 10));
      await bus.publish(scope, sequence, frame);
    }
  };
  const a = start("a");
  await a.look();
  await publish();
  const b = start("b");
  for (const worker of [b, a, b, a, b]) {
    await publish();
    await worker.look();
  }
  t.ok(a.worker.scopes.length > 0 && b.worker.scopes.length > 0, "both have some");
  await publish();
  // The first one loses its lease in the middle of its work; the other takes over.
  host.now += TTL - 1;
  await b.look();
  host.now += 1;
  a.worker.check();
  await a.worker.settled();
  await publish();
  await b.look();
  t.equal(b.worker.scopes.length, scopes.length);
  for (const scope of scopes) {
    while ((await bus.state(scope)).frames > 0) await new Promise(setImmediate);
  }
  await b.worker.drain();
  for (const scope of scopes) {
    const lines = readFileSync(join(folder, `c${scope}`, "audit.log"), "latin1").split("\n");
    const serials = lines.slice(0, -1).map((line) => Number(/:(\d+)\):/.exec(line)?.[1]));
    t.same(
      serials,
      Array.from({ length: sequence * 3 }, (_, index) => index + 1),
      scope,
    );
  }
});
