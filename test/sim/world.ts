// A host of the simulation: two workers, their stores, the scopes' frames, and one disk.

import { type LogSettings, ROOT_MODES } from "@cauditd/auditd";
import { type Bus, MemoryKeys, SCOPES_KEY } from "@cauditd/bus";
import { encodeScopes } from "@cauditd/kernel";
import { AuditError, Errno } from "@cauditd/libaudit";
import type { Disk } from "../../services/auditd/src/io/disk.ts";
import type { Lock } from "../../services/auditd/src/io/folder-lock.ts";
import type { TakeLock } from "../../services/auditd/src/io/log-folder.ts";
import { encode, simpleEvents } from "../../services/auditd/test/frames.ts";
import { draws, FaultDisk } from "../../services/auditd/test/io/fault-disk.ts";
import { Scheduler } from "./scheduler.ts";
import { type QueueFault, ScopeQueue } from "./scope-queue.ts";
import { TTL_MS, WorkerProcess } from "./worker-process.ts";

/** What the code could do wrong, to see that the checks find it. */
export type Mutant =
  | QueueFault
  | "acknowledged before it is written"
  | "no lock and no takeover"
  | "frames are not known again"
  | "claim behind the opening"
  | "a disk that loses writes";

const QUEUE_FAULTS: readonly QueueFault[] = [
  "acks count for ever",
  "out of order",
  "foreign frame",
];

/** The scopes, and how many events their frames have. */
export const SCOPES = [
  { scope: "4", name: "web", frames: [3, 1, 7, 0, 12, 2, 9, 1, 4, 11] },
  { scope: "5", name: "db", frames: [1, 1, 5, 8, 2, 0, 3] },
] as const;

/** The frames of a scope. */
export function framesOf(index: number): Uint8Array[] {
  const found = SCOPES[index];
  if (found === undefined) return [];
  return found.frames.map((events, i) => {
    return encode(found.scope, i + 1, simpleEvents(events, index * 10_000 + i * 100));
  });
}

/** Everything there is in a round. */
export class World {
  readonly scheduler: Scheduler;
  readonly mutant: Mutant | undefined;
  readonly disk: FaultDisk = new FaultDisk();
  readonly settings: LogSettings;
  readonly keys: { workers: MemoryKeys; owners: MemoryKeys; scopes: MemoryKeys };
  readonly queues: ReadonlyMap<string, ScopeQueue>;
  readonly #locks: Map<string, number> = new Map();
  readonly #cut: Map<number, number> = new Map();
  /** The round comes to its end. */
  ending = false;
  #processes: WorkerProcess[] = [];
  #last = 0;
  #shift = 1_700_000_000_000;

  constructor(seed: number, mutant?: Mutant) {
    this.scheduler = new Scheduler(seed);
    this.mutant = mutant;
    const { scheduler } = this;
    this.disk.draw = draws(seed + 1);
    this.settings = {
      flush: seed % 2 === 0 ? "NONE" : "DATA",
      ...{ freq: 1, maxBytes: 500, sizeAction: "KEEP_LOGS", numLogs: 0, modes: ROOT_MODES },
    };
    const workers = new MemoryKeys({ ttl: TTL_MS, now: () => scheduler.now });
    this.keys = { workers, owners: new MemoryKeys(), scopes: new MemoryKeys() };
    const faults = new Set(QUEUE_FAULTS.filter((fault) => fault === mutant));
    this.queues = new Map(
      SCOPES.map(({ scope }, i) => {
        return [scope, new ScopeQueue(scheduler, framesOf(i), faults, framesOf(1 - i)[2])];
      }),
    );
  }

  get processes(): readonly WorkerProcess[] {
    return this.#processes;
  }

  async begin(): Promise<void> {
    const entries = SCOPES.map(({ scope, name }) => ({ scope, name, generation: 1 }));
    await this.keys.scopes.open().create(SCOPES_KEY, encodeScopes(entries));
    for (const name of ["a", "b"]) this.start(name);
  }

  /** Nothing goes wrong from here on; the processes that live. */
  end(): WorkerProcess[] {
    this.ending = true;
    this.scheduler.wake();
    this.#cut.clear();
    return this.#processes.filter(({ who }) => this.scheduler.lives(who));
  }

  /** Starts a worker's process. */
  start(name: string): void {
    if (this.ending) return;
    const process = new WorkerProcess(this, ++this.#last, name);
    this.#processes = [...this.#processes.filter((other) => other.name !== name), process];
  }

  /** kill -9, and a new process so much later. */
  kill(process: WorkerProcess, ms: number): void {
    this.scheduler.kill(process.who);
    this.scheduler.after(0, `start ${process.name}`, ms, () => this.start(process.name));
  }

  /** The machine loses its power; what was not synced is gone. */
  powerCut(): void {
    const all = this.#processes;
    for (const { who } of all) this.scheduler.kill(who);
    this.disk.powerCut();
    for (const { name } of all) {
      this.scheduler.after(0, `start ${name}`, 100, () => this.start(name));
    }
  }

  /** From here on for so long, nothing passes between a process and the server. */
  cut({ who }: WorkerProcess, ms: number): void {
    this.#cut.set(who, this.scheduler.now + ms);
  }

  isCut(who: number): boolean {
    return (this.#cut.get(who) ?? 0) > this.scheduler.now;
  }

  /** The time of day makes a step. */
  step(ms: number): void {
    this.#shift += ms;
  }

  today(): number {
    return this.#shift + this.scheduler.now;
  }

  busOf(who: number, scope: string): Bus {
    const queue = this.queues.get(scope);
    if (queue === undefined) throw new AuditError(Errno.ENOENT, scope);
    const bus = queue.bus(who) as Bus;
    if (this.mutant !== "acknowledged before it is written") return bus;
    const subscribe: Bus["subscribe"] = (name, options, onDelivery, onError) => {
      const early: typeof onDelivery = (delivery) => {
        delivery.ack();
        onDelivery({ ...delivery, ack: () => undefined });
      };
      return bus.subscribe(name, options, early, onError);
    };
    return { ...bus, subscribe };
  }

  diskOf(who: number): Disk {
    if (this.mutant !== "a disk that loses writes") return this.disk;
    const open: Disk["open"] = async (...given) => {
      const file = await this.disk.open(...given);
      const append = file.append.bind(file);
      file.append = async (bytes) =>
        this.scheduler.draw(30) === who ? bytes.length : append(bytes);
      return file;
    };
    return new Proxy(this.disk, {
      get: (target, name) => {
        if (name === "open") return open;
        const found: unknown = Reflect.get(target, name);
        return typeof found === "function" ? found.bind(target) : found;
      },
    });
  }

  lockOf(who: number): TakeLock {
    return async (folder, at): Promise<Lock> => {
      const holder = this.#locks.get(at);
      const free = holder === undefined || !this.scheduler.lives(holder);
      if (!free && this.mutant !== "no lock and no takeover") {
        throw new AuditError(Errno.EBUSY, `${folder}: in use by ${holder}`);
      }
      this.#locks.set(at, who);
      return {
        release: async () => {
          if (this.#locks.get(at) === who) this.#locks.delete(at);
        },
      };
    };
  }
}
