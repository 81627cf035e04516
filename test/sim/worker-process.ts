// A worker as a process of the simulation: the real code over modelled stores, bus and disk.
import type { KeyStore, Lease } from "@cauditd/bus";
import { AuditError, Errno } from "@cauditd/libaudit";
import { AuditdInstance } from "../../services/auditd/src/auditd-instance.ts";
import { FrameInlet } from "../../services/auditd/src/frame-inlet.ts";
import type { Disk, DiskFile } from "../../services/auditd/src/io/disk.ts";
import { InstanceLog } from "../../services/auditd/src/io/instance-log.ts";
import { Membership, type Owned } from "../../services/auditd/src/worker/membership.ts";
import { type ServedScope, Worker } from "../../services/auditd/src/worker/worker.ts";
import { Told } from "../../services/auditd/test/hand-bus.ts";
import type { Scheduler } from "./scheduler.ts";
import type { World } from "./world.ts";

/** How long a life goes on without being renewed, virtual ms. */
export const TTL_MS = 300;

/** One life of a worker's process. */
export class WorkerProcess {
  readonly who: number;
  readonly name: string;
  readonly worker: Worker;
  readonly #world: World;
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(world: World, who: number, name: string) {
    this.who = who;
    this.name = name;
    this.#world = world;
    const { scheduler, keys } = world;
    const told = new Told();
    const membership = new Membership({
      name,
      nextLife: () => String(who),
      workers: this.#over(keys.workers.open()),
      owners: this.#over(keys.owners.open()),
      scopes: this.#over(keys.scopes.open()),
      ttl: TTL_MS,
      now: () => scheduler.now,
      today: () => world.today(),
    });
    const serve = (owned: Owned, lease: Lease) => this.#serve(owned, lease);
    this.worker = new Worker({ membership, serve, told });
    this.#everyNow();
    this.#checks();
  }

  /** Hands everything on, and ends. */
  async stop(): Promise<void> {
    await this.worker.drain();
    this.#stopped = true;
    await this.#looking;
    await this.worker.leave().catch(() => undefined);
  }

  #everyNow(): void {
    if (this.#stopped) return;
    this.#looking = this.worker.look();
    void this.#looking.then(() => {
      this.#world.scheduler.after(this.who, "look", TTL_MS / 3, () => this.#everyNow());
    });
  }

  #checks(): void {
    this.#world.scheduler.after(this.who, "check", TTL_MS / 6, () => {
      this.worker.check();
      if (!this.#stopped) this.#checks();
    });
  }

  /** A store over the network: requests and answers are late, or lost in a partition. */
  #over(store: KeyStore): KeyStore {
    const { scheduler } = this.#world;
    const call = async <T>(what: string, run: () => Promise<T>): Promise<T> => {
      await scheduler.turn(this.who, what);
      const cut = this.#world.isCut(this.who);
      const arrives = !cut || scheduler.draw(3) === 0;
      const result = arrives ? await run() : undefined;
      await scheduler.turn(this.who, `${what} answered`);
      if (cut || result === undefined) throw new AuditError(Errno.ETIMEDOUT, what);
      return result;
    };
    const box = async <T>(value: Promise<T>): Promise<{ value: T }> => ({ value: await value });
    return {
      get: async (key) => (await call(`get ${key}`, () => box(store.get(key)))).value,
      keys: async () => (await call("keys", () => box(store.keys()))).value,
      create: async (key, value) =>
        (await call(`create ${key}`, () => box(store.create(key, value)))).value,
      update: async (key, value, revision) =>
        (await call(`update ${key}`, () => box(store.update(key, value, revision)))).value,
      remove: async (key, revision) =>
        (await call(`remove ${key}`, () => box(store.remove(key, revision)))).value,
      close: () => store.close(),
    };
  }

  /** As Auditd.serve: first the frames are claimed, then the log is opened. */
  async #serve({ name, scope, token }: Owned, lease: Lease): Promise<ServedScope> {
    const world = this.#world;
    const { mutant } = world;
    const bus = world.busOf(this.who, scope);
    const open = () => FrameInlet.open(bus, scope, lease);
    let inlet = mutant === "claim behind the opening" ? undefined : await open();
    const log = await InstanceLog.open(`/logs/${name}/audit.log`, {
      disk: this.#disk(),
      settings: world.settings,
      lock: world.lockOf(this.who),
      token,
      now: () => world.scheduler.now,
      log: new Told(),
    }).catch(async (error: unknown) => {
      await inlet?.close();
      throw error;
    });
    inlet ??= await open();
    if (mutant === "frames are not known again" && log.recovered !== undefined) {
      Object.assign(log, { recovered: { ...log.recovered, epoch: "another" } });
    }
    const served = new AuditdInstance({ name, scope, log, told: new Told() });
    served.begin(inlet);
    return { release: () => served.stop(), abandon: () => served.abandon() };
  }

  /** The disk: each of its steps has its turn, and a crash leaves a write in part. */
  #disk(): Disk {
    return view(this.#world.scheduler, this.who, this.#world.diskOf(this.who));
  }
}

function view<T extends Disk | DiskFile>(scheduler: Scheduler, who: number, of: T): T {
  return new Proxy(of, {
    get(target, name) {
      const found: unknown = Reflect.get(target, name);
      if (typeof found !== "function") return found;
      return async (...given: unknown[]) => {
        const [bytes] = given;
        const torn = (): void => {
          if (name !== "append" || !(bytes instanceof Uint8Array)) return;
          const part = bytes.subarray(0, scheduler.draw(bytes.length));
          void Reflect.apply(found, target, [part]);
        };
        await scheduler.turn(who, String(name), torn);
        const result: unknown = await Reflect.apply(found, target, given);
        return name === "open" ? view(scheduler, who, result as DiskFile) : result;
      };
    },
  });
}
