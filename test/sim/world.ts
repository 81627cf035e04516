// A host of the simulation: its processes, the server, the network, and one disk.

import { type LogSettings, ROOT_MODES } from "@cauditd/auditd";
import type { Bus } from "@cauditd/bus";
import { AuditError, Errno } from "@cauditd/libaudit";
import type { NatsConnection } from "nats";
import type { Disk } from "../../services/auditd/src/io/disk.ts";
import type { Lock } from "../../services/auditd/src/io/folder-lock.ts";
import type { TakeLock } from "../../services/auditd/src/io/log-folder.ts";
import { draws, FaultDisk } from "../../services/auditd/test/io/fault-disk.ts";
import { connection } from "./connection.ts";
import { ConsumerProcess } from "./consumer-process.ts";
import { DispatcherProcess } from "./dispatcher-process.ts";
import type { Files } from "./files.ts";
import { clientError, JetStreamServer, type ServerFault } from "./jetstream.ts";
import { Network } from "./network.ts";
import type { SimProcess } from "./process.ts";
import { Scheduler } from "./scheduler.ts";
import { WorkerProcess } from "./worker-process.ts";

/** What the code could do wrong, to see that the checks find it. */
export type Mutant =
  | ServerFault
  | "acknowledged before it is written"
  | "no lock and no takeover"
  | "frames are not known again"
  | "claim behind the opening"
  | "a disk that loses writes"
  | "the source is read from its start"
  | "a consumer's state is lost";

const SERVER_FAULTS: readonly ServerFault[] = [
  "acks count for ever",
  "out of order",
  "foreign frame",
  "no fence",
];
/** Virtual ms until a process that has died by itself is started again. */
const AGAIN_MS = 50;

/** Everything there is in a round. */
export class World {
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly server: JetStreamServer;
  readonly mutant: Mutant | undefined;
  readonly disk: FaultDisk = new FaultDisk();
  readonly files: Files = new Map();
  readonly settings: LogSettings;
  readonly #locks: Map<string, number> = new Map();
  /** The round comes to its end: nothing goes wrong any more. */
  ending = false;
  /** Processes that are to stop are not started again. */
  stopping = false;
  /** An error that no process may end with. */
  broken: Error | undefined;
  #processes: SimProcess[] = [];
  #dispatched = false;
  #last = 0;
  #shift = 1_700_000_000_000;
  #outage = 0;

  constructor(seed: number, mutant?: Mutant) {
    this.scheduler = new Scheduler(seed);
    this.mutant = mutant;
    this.network = new Network(this.scheduler);
    const faults = new Set(SERVER_FAULTS.filter((fault) => fault === mutant));
    this.server = new JetStreamServer(this.scheduler, faults);
    this.disk.draw = draws(seed + 1);
    this.settings = {
      flush: seed % 2 === 0 ? "NONE" : "DATA",
      ...{
        freq: 1,
        maxBytes: 900 * (1 + (seed % 3)),
        sizeAction: "KEEP_LOGS",
        numLogs: 0,
        modes: ROOT_MODES,
      },
    };
  }

  get processes(): readonly SimProcess[] {
    return this.#processes;
  }

  /** The source is over, and every frame has been taken. */
  get isDone(): boolean {
    this.#dispatched ||= this.#processes.some(
      (one) => one instanceof DispatcherProcess && one.done,
    );
    return this.#dispatched && this.server.messages("CAUDITD_h1").length === 0;
  }

  begin(): void {
    for (const name of ["dispatcher", "a", "b", "consumer"]) this.start(name);
  }

  /** Nothing goes wrong from here on. */
  end(): void {
    this.ending = true;
    this.scheduler.wake();
    this.network.mend();
    this.server.full = false;
  }

  /** The processes that live, the dispatcher's last life among them if it has not ended. */
  get living(): readonly SimProcess[] {
    return this.#processes.filter(({ who }) => this.scheduler.lives(who));
  }

  /** Starts a process. */
  start(name: string): void {
    if (this.stopping) return;
    // Nobody would kill the one that is forgotten.
    if (this.living.some((one) => one.name === name)) this.broken ??= new Error(`two ${name}`);
    const who = ++this.#last;
    const kinds = { dispatcher: DispatcherProcess, consumer: ConsumerProcess };
    const Kind = kinds[name as keyof typeof kinds] ?? WorkerProcess;
    const process = new Kind(this, who, name);
    this.#processes = [...this.#processes.filter((other) => other.name !== name), process];
    process.start();
  }

  /** A process has ended by itself, with an error. */
  died(process: SimProcess, error: unknown): void {
    if (!this.scheduler.lives(process.who)) return;
    this.scheduler.hit(`ended by itself: ${process.name}`);
    this.#endOf(process, AGAIN_MS);
    const expected = error instanceof AuditError || isClientError(error);
    if (!expected) this.broken ??= error instanceof Error ? error : new Error(String(error));
  }

  /** kill -9, and a new process so much later. */
  kill(process: SimProcess, ms: number): void {
    if (process instanceof DispatcherProcess && process.done) return;
    this.scheduler.hit("crash");
    this.#endOf(process, ms);
  }

  #endOf(process: SimProcess, ms: number): void {
    this.scheduler.kill(process.who);
    this.scheduler.after(0, `start ${process.name}`, ms, () => this.start(process.name));
  }

  /** The machine loses its power; what was not synced is gone. The consumer's is another one. */
  powerCut(): void {
    this.scheduler.hit("power cut");
    // One that is away is started by what has ended it.
    const all = this.living.filter((one) => one instanceof WorkerProcess);
    for (const { who } of all) this.scheduler.kill(who);
    this.disk.powerCut();
    for (const { name } of all) {
      this.scheduler.after(0, `start ${name}`, 100, () => this.start(name));
    }
  }

  /** The server is killed, and back so much later, with what it has stored. */
  restartServer(ms: number): void {
    this.scheduler.hit("server restart");
    this.server.restart();
    this.#outage = this.scheduler.now + ms;
    for (const { who } of this.#processes) this.network.break(who, ms);
  }

  /** For so long the store has no room. */
  fillStore(ms: number): void {
    this.scheduler.hit("full store");
    this.server.full = true;
    this.scheduler.after(0, "room", ms, () => {
      this.server.full = false;
    });
  }

  connect(who: number): NatsConnection {
    if (!this.ending && this.#outage > this.scheduler.now) throw clientError("CONNECTION_REFUSED");
    return connection(this, who);
  }

  /** The time of day makes a step. */
  step(ms: number): void {
    this.scheduler.hit("clock step");
    this.#shift += ms;
  }

  today(): number {
    return Math.floor(this.#shift + this.scheduler.now);
  }

  /** The bus, or a worse one. */
  spoilt(bus: Bus): Bus {
    if (this.mutant !== "acknowledged before it is written") return bus;
    const subscribe: Bus["subscribe"] = (name, options, onDelivery, onError) => {
      const early: typeof onDelivery = (delivery) => {
        delivery.ack();
        onDelivery({ ...delivery, ack: () => undefined });
      };
      return bus.subscribe(name, options, early, onError);
    };
    return new Proxy(bus, {
      get: (target, name) => {
        if (name === "subscribe") return subscribe;
        const found: unknown = Reflect.get(target, name);
        return typeof found === "function" ? found.bind(target) : found;
      },
    });
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

function isClientError(error: unknown): boolean {
  return error instanceof Error && "code" in error;
}
