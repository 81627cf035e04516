import { type KeyStore, MemoryKeys, SCOPES_KEY } from "@cauditd/bus";
import { encodeScopes } from "@cauditd/kernel";
import fc from "fast-check";
import t from "tap";
import { Membership } from "../../src/worker/membership.ts";

const TTL = 3000;

/** The stores of one host, with a clock. */
class Host {
  now = 0;
  today = 0;
  readonly workers = new MemoryKeys({ ttl: TTL, now: () => this.now });
  readonly owners = new MemoryKeys();
  readonly scopes = new MemoryKeys();
  #lives = 0;

  async register(...names: string[]): Promise<void> {
    const entries = names.map((name, i) => ({ scope: String(i + 1), name, generation: 1 }));
    const store = this.scopes.open();
    const bytes = encodeScopes(entries);
    const there = await store.get(SCOPES_KEY);
    if (there === undefined) await store.create(SCOPES_KEY, bytes);
    else await store.update(SCOPES_KEY, bytes, there.revision);
  }

  worker(name: string, wrap: (store: KeyStore) => KeyStore = (store) => store): Membership {
    return new Membership({
      name,
      nextLife: () => String(++this.#lives),
      workers: wrap(this.workers.open()),
      owners: wrap(this.owners.open()),
      scopes: wrap(this.scopes.open()),
      ttl: TTL,
      now: () => this.now,
      today: () => this.today,
    });
  }
}

const names = (orders: { serve: readonly { name: string }[] }): string[] =>
  orders.serve.map(({ name }) => name).sort();

t.test("a lone worker serves every scope, those too that come later", async (t) => {
  const host = new Host();
  const a = host.worker("a");
  t.same(names(await a.look()), []);
  await host.register("web", "db");
  t.same(names(await a.look()), ["db", "web"]);
  t.match(a.life, /^a_/);
});

t.test("a second worker gets its part once the first has stopped serving it", async (t) => {
  const host = new Host();
  const all = Array.from({ length: 20 }, (_, i) => `c${i}`);
  await host.register(...all);
  const [a, b] = [host.worker("a"), host.worker("b")];
  t.equal((await a.look()).serve.length, 20);
  t.equal((await b.look()).serve.length, 0);
  const orders = await a.look();
  t.equal(orders.serve.length + orders.release.length, 20);
  t.ok(orders.release.length > 3);
  t.equal((await b.look()).serve.length, 0, "nothing while the first serves it");
  for (const scope of orders.release) a.stopped(scope);
  t.equal((await a.look()).release.length, 0);
  t.equal((await b.look()).serve.length, orders.release.length);
});

t.test(
  "a dead worker's scopes are taken when its life has run out, with higher tokens",
  async (t) => {
    const host = new Host();
    await host.register("web");
    const a = host.worker("a");
    const first = (await a.look()).serve[0];
    const b = host.worker("b");
    host.now = TTL - 1;
    t.equal((await b.look()).serve.length, 0);
    host.now = TTL;
    t.notOk(a.valid);
    const second = (await b.look()).serve[0];
    t.ok((second?.token ?? 0) > (first?.token ?? 0));
    await t.rejects(a.look(), { code: "EOWNERDEAD" });
    t.same(names(await a.look()), [], "a new life owns nothing that another serves");
  },
);

t.test("a worker that leaves frees its scopes at once", async (t) => {
  const host = new Host();
  await host.register("web");
  const [a, b] = [host.worker("a"), host.worker("b")];
  t.same(names(await a.look()), ["web"]);
  await a.leave();
  t.notOk(a.valid);
  t.same(names(await b.look()), ["web"]);
});

/** The store, whose updates go another way. */
function updating(store: KeyStore, update: KeyStore["update"]): KeyStore {
  return {
    get: (key) => store.get(key),
    keys: () => store.keys(),
    create: (key, value) => store.create(key, value),
    remove: (key, revision) => store.remove(key, revision),
    close: () => store.close(),
    update,
  };
}

t.test("a renewal whose answer was lost does not end the life", async (t) => {
  const host = new Host();
  await host.register("web");
  let deaf = false;
  const a = host.worker("a", (store) =>
    updating(store, async (key, value, revision) => {
      const next = await store.update(key, value, revision);
      if (deaf) throw new Error("no answer");
      return next;
    }),
  );
  await a.look();
  deaf = true;
  await t.rejects(a.look(), { message: "no answer" });
  deaf = false;
  host.now = TTL - 1;
  t.same(names(await a.look()), ["web"]);
});

t.test("a life that was over while its renewal was under way stays over", async (t) => {
  const host = new Host();
  await host.register("web");
  let life: string | undefined;
  let answered = (): void => undefined;
  const late = (store: KeyStore): KeyStore =>
    updating(store, async (key, value, revision) => {
      const stored = await store.update(key, value, revision);
      if (key !== life) return stored;
      await new Promise<void>((resolve) => {
        answered = resolve;
      });
      return stored;
    });
  const a = host.worker("a", late);
  await a.look();
  life = a.life;
  host.now = TTL - 1;
  const look = a.look();
  await new Promise(setImmediate);
  host.now = TTL;
  t.notOk(a.valid, "what it should do now is not done");
  answered();
  await t.rejects(look, { code: "EOWNERDEAD" });
  t.notOk(a.valid);
  host.now = 2 * TTL;
  t.same(names(await a.look()), ["web"]);
  t.not(a.life, life);
});

t.test("no two workers own a scope at once, whatever is slow, lost or stopped", async (t) => {
  const step = fc.record({
    worker: fc.nat(2),
    // Some time passes; more than a lease for one that was stopped.
    pass: fc.oneof({ weight: 6, arbitrary: fc.nat(900) }, fc.constant(TTL + 1)),
    act: fc.oneof({ weight: 8, arbitrary: fc.constant("look") }, fc.constant("crash")),
  });
  const run = fc.asyncProperty(
    fc.scheduler(),
    fc.array(step, { minLength: 10, maxLength: 60 }),
    fc.infiniteStream(fc.nat(20)),
    async (s, steps, luck) => {
      const host = new Host();
      await host.register("a", "b", "c", "d");
      const slow = (store: KeyStore): KeyStore => {
        const call = <T>(work: () => Promise<T>): Promise<T> =>
          s.schedule(Promise.resolve()).then(async () => {
            host.now += (luck.next().value ?? 0) * 20;
            const value = await work();
            await s.schedule(Promise.resolve());
            if (luck.next().value === 0) throw new Error("no answer");
            return value;
          });
        return {
          get: (key) => call(() => store.get(key)),
          keys: () => call(() => store.keys()),
          create: (key, value) => call(() => store.create(key, value)),
          update: (key, value, revision) => call(() => store.update(key, value, revision)),
          remove: (key, revision) => call(() => store.remove(key, revision)),
          close: () => store.close(),
        };
      };
      const members = [0, 1, 2].map((i) => host.worker(`w${i}`, slow));
      const serving = members.map(() => new Map<string, number>());
      const tokens = new Map<string, number>();
      const check = (): void => {
        const owners = new Map<string, number>();
        members.forEach((member, i) => {
          if (!member.valid) return;
          for (const scope of serving[i]?.keys() ?? []) {
            if (owners.has(scope)) throw new Error(`scope ${scope} is served twice`);
            owners.set(scope, i);
          }
        });
      };
      const act = async (member: Membership, mine: Map<string, number>): Promise<void> => {
        // A process that has crashed does nothing more.
        if (!members.includes(member)) return;
        try {
          const orders = await member.look();
          for (const { scope, token } of orders.serve) {
            if (mine.get(scope) === token) continue;
            if (token <= (tokens.get(scope) ?? 0)) throw new Error("a token that was used");
            tokens.set(scope, token);
            mine.set(scope, token);
          }
          for (const scope of orders.release) {
            mine.delete(scope);
            member.stopped(scope);
          }
        } catch (error) {
          if ((error as { code?: string }).code === "EOWNERDEAD") mine.clear();
          else if ((error as Error).message !== "no answer") throw error;
        }
        check();
      };
      const busy = members.map(() => Promise.resolve());
      for (const { worker, pass, act: what } of steps) {
        host.now += pass;
        check();
        if (what === "crash") {
          members[worker] = host.worker(`w${worker}`, slow);
          serving[worker] = new Map();
          busy[worker] = Promise.resolve();
        } else {
          const [member, mine] = [members[worker], serving[worker]];
          if (member === undefined || mine === undefined) continue;
          busy[worker] = (busy[worker] as Promise<void>).then(() => act(member, mine));
        }
      }
      await s.waitFor(Promise.all(busy));
    },
  );
  await t.resolves(fc.assert(run, { numRuns: 60 }));
});

t.test("tokens rise also when the key store was lost", async (t) => {
  const host = new Host();
  await host.register("web");
  host.today = 1_700_000_000_000;
  const before = (await host.worker("a").look()).serve[0]?.token ?? 0;
  const next = new Host();
  await next.register("web");
  next.today = host.today + 1;
  t.ok(((await next.worker("a").look()).serve[0]?.token ?? 0) > before);
  t.ok(before > 1_700_000_000_000);
});
