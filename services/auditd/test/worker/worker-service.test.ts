import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Bus, MemoryBus, MemoryKeys, SCOPES_KEY } from "@cauditd/bus";
import { encodeScopes } from "@cauditd/kernel";
import t, { type Test } from "tap";
import { lifeText, WorkerService } from "../../src/worker/worker-service.ts";
import { encode, simpleEvents } from "../frames.ts";
import { Told } from "../hand-bus.ts";

const TTL = 30_000;

class Host {
  readonly bus: Bus = new MemoryBus({ frames: 8, bytes: 100_000 });
  readonly #workers = new MemoryKeys({ ttl: TTL, now: () => performance.now() });
  readonly #owners = new MemoryKeys();
  readonly #host = new MemoryKeys();
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  async register(...names: string[]): Promise<void> {
    const scopes = names.map((name, i) => ({ scope: String(i), name, generation: 1 }));
    await this.#host.open().create(SCOPES_KEY, encodeScopes(scopes));
  }

  start(t: Test, name: string): WorkerService {
    const service = new WorkerService({
      name,
      ttl: TTL,
      bus: this.bus,
      stores: {
        workers: this.#workers.open(),
        owners: this.#owners.open(),
        host: this.#host.open(),
      },
      folder: this.folder,
      optionsOf: () => ({}),
      told: new Told(),
    });
    t.teardown(() => service.stop());
    return service;
  }
}

/** Resolves when the scope's queue is empty: what was in it is in the log. */
async function taken(bus: Bus, scope: string): Promise<void> {
  while ((await bus.state(scope)).frames > 0) await new Promise(setImmediate);
}

t.test("a worker serves what is registered, and frees it when it stops", async (t) => {
  const host = new Host(t.testdir());
  await host.register("web");
  await host.bus.publish("0", 1, encode("0", 1, simpleEvents(3)));
  const a = host.start(t, "a");
  await taken(host.bus, "0");
  t.equal(a.auditd.instances.get("0")?.instance.status.pid, process.pid);
  await a.stop();
  await host.bus.publish("0", 2, encode("0", 2, simpleEvents(2)));
  host.start(t, "b");
  await taken(host.bus, "0");
  const log = readFileSync(join(host.folder, "web/audit.log"), "latin1");
  t.equal(log.split("\n").length - 1, 5);
});

t.test("the name of a life is made of letters and digits", async (t) => {
  let next = 0;
  t.equal(
    lifeText(() => next++),
    "01234567",
  );
});
