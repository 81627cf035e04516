// A worker as a process of the simulation: the real code over a modelled server and disk.
import type { Bus, Lease } from "@cauditd/bus";
import { NatsTenantStreams } from "../../packages/bus/src/stream/nats-tenant-streams.ts";
import { AuditdInstance } from "../../services/auditd/src/auditd-instance.ts";
import { FrameInlet } from "../../services/auditd/src/frame-inlet.ts";
import type { Disk, DiskFile } from "../../services/auditd/src/io/disk.ts";
import { InstanceLog } from "../../services/auditd/src/io/instance-log.ts";
import { StreamPublisher } from "../../services/auditd/src/stream/stream-publisher.ts";
import { Membership, type Owned } from "../../services/auditd/src/worker/membership.ts";
import { type ServedScope, Worker } from "../../services/auditd/src/worker/worker.ts";
import { Told } from "../../services/auditd/test/hand-bus.ts";
import { streamsOf, TIMEOUT_MS } from "./connection.ts";
import { HOST } from "./input.ts";
import { SimProcess, URL } from "./process.ts";
import type { Scheduler } from "./scheduler.ts";

/** How long a life goes on without being renewed, virtual ms. */
export const TTL_MS = 600;
/** Bytes of a stream's buffer: few, so that the log is read as well. */
const BUFFER_BYTES = 1000;

/** One life of a worker's process. */
export class WorkerProcess extends SimProcess {
  #worker: Worker | undefined;
  #bus: Bus | undefined;
  #streams: NatsTenantStreams | undefined;
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;

  protected async begin(): Promise<void> {
    const { world, name, who } = this;
    this.#bus = world.spoilt(await this.bus(`w${who}`));
    const connection = this.connect();
    const options = { url: URL, host: HOST, timeout: TIMEOUT_MS };
    this.#streams = new NatsTenantStreams(connection, await streamsOf(connection), URL, options);
    const membership = new Membership({
      name,
      nextLife: () => String(who),
      workers: await this.bucket("cauditd_h1_workers", TTL_MS),
      owners: await this.bucket("cauditd_h1_owners"),
      scopes: await this.bucket("cauditd_h1_host"),
      ttl: TTL_MS,
      now: () => world.scheduler.now,
      today: () => world.today(),
    });
    const serve = (owned: Owned, lease: Lease) => this.#serve(owned, lease);
    this.#worker = new Worker({ membership, serve, told: new Told() });
    this.#everyNow(this.#worker);
    this.#checks(this.#worker);
  }

  /** Hands everything on, and ends. */
  protected async end(): Promise<void> {
    await this.#worker?.drain();
    this.#stopped = true;
    await this.#looking;
    await this.#worker?.leave().catch(() => undefined);
    await this.#bus?.close();
  }

  #everyNow(worker: Worker): void {
    if (this.#stopped) return;
    this.#looking = worker.look();
    void this.#looking.then(() => {
      this.world.scheduler.after(this.who, "look", TTL_MS / 3, () => this.#everyNow(worker));
    });
  }

  #checks(worker: Worker): void {
    this.world.scheduler.after(this.who, "check", TTL_MS / 6, () => {
      worker.check();
      if (!this.#stopped) this.#checks(worker);
    });
  }

  /** As Auditd.serve: first the frames are claimed, then the stream, then the log is opened. */
  async #serve({ name, scope, token }: Owned, lease: Lease): Promise<ServedScope> {
    const { world } = this;
    const { mutant } = world;
    const [bus, streams] = [this.#bus, this.#streams];
    if (bus === undefined || streams === undefined) throw new Error("it has not begun");
    // Late acknowledgements are heeded: only the reader's own look at its lease is left.
    const blind = { token: lease.token, holds: () => true };
    const late = mutant === "claim behind the opening";
    const claim = late || mutant === "acks count for ever" ? blind : lease;
    const open = () => FrameInlet.open(bus, scope, claim);
    let inlet = late ? undefined : await open();
    const told = new Told();
    const limits = { bytes: 1 << 24, age: 0 };
    const to = { streams, limits, consumers: [], buffer: BUFFER_BYTES };
    const stream = await StreamPublisher.open({ ...to, scope, told, lease });
    const path = `/logs/${name}/audit.log`;
    const disk = view(world.scheduler, this.who, world.diskOf(this.who));
    const log = await InstanceLog.open(path, {
      disk,
      settings: world.settings,
      lock: world.lockOf(this.who),
      token,
      now: () => world.scheduler.now,
      log: told,
    }).catch(async (error: unknown) => {
      await Promise.all([inlet?.close(), stream.abandon()]);
      throw error;
    });
    const serial = await stream.start({ disk, path, serial: log.recovered?.serial });
    inlet ??= await open();
    if (mutant === "frames are not known again" && log.recovered !== undefined) {
      Object.assign(log, { recovered: { ...log.recovered, epoch: "another", source: undefined } });
    }
    const served = new AuditdInstance({ name, scope, log, told, stream, serial });
    served.begin(inlet);
    return {
      over: () => served.over,
      release: () => served.stop(),
      abandon: () => served.abandon(),
    };
  }
}

type Call = (...given: unknown[]) => unknown;

/** Steps that change nothing: mostly they are not a turn of their own. */
const LOOKS: ReadonlySet<string> = new Set(["readAt", "status", "close", "linked"]);
/** Of so many of them, one is. */
const LOOKS_IN_A_TURN = 3;

/** A disk whose steps have their turns; a crash leaves a write in part. */
function view<T extends Disk | DiskFile>(scheduler: Scheduler, who: number, of: T): T {
  const calls = new Map<string | symbol, unknown>();
  return new Proxy(of, {
    get(target, name) {
      const known = calls.get(name);
      if (known !== undefined) return known;
      const found: unknown = Reflect.get(target, name);
      if (typeof found !== "function") return found;
      const call = stepOf(scheduler, who, target, String(name), found);
      calls.set(name, call);
      return call;
    },
  });
}

function stepOf(scheduler: Scheduler, who: number, of: object, name: string, does: unknown) {
  return async (...given: unknown[]): Promise<unknown> => {
    if (!LOOKS.has(name) || scheduler.draw(LOOKS_IN_A_TURN) === 0) {
      const [bytes, ...where] = given;
      const torn = (): void => {
        if (!(bytes instanceof Uint8Array)) return;
        const part = bytes.subarray(0, scheduler.draw(bytes.length));
        void Reflect.apply(does as Call, of, [part, ...where]);
      };
      const writes = name === "append" || name === "writeAt";
      await scheduler.turn(who, name, writes ? torn : undefined);
    }
    const result: unknown = await Reflect.apply(does as Call, of, given);
    return name === "open" ? view(scheduler, who, result as DiskFile) : result;
  };
}
