// A worker as a process: its looks in time, and instances for the scopes that it owns.
import { randomInt } from "node:crypto";
import type { Bus, InstanceAnswers, KeyStore, Lease } from "@cauditd/bus";
import { restoreState } from "@cauditd/kernel";
import { type AuditdSignal, AuditError, Errno } from "@cauditd/libaudit";
import { Auditd, type ServeOptions } from "../auditd.ts";
import type { AuditdInstance } from "../auditd-instance.ts";
import type { AuditdLog } from "../auditd-instance-options.ts";
import { setAside } from "../io/set-aside.ts";
import { instanceDesk } from "./instance-desk.ts";
import { KeptState } from "./kept-state.ts";
import { Membership, type Owned } from "./membership.ts";
import { type ServedScope, Worker } from "./worker.ts";

/** The stores of a host that a worker uses. */
export interface WorkerStores {
  /** Its keys live for `ttl`. */
  readonly workers: KeyStore;
  readonly owners: KeyStore;
  readonly host: KeyStore;
  /** What instances are set to; without, a change is forgotten when an instance moves. */
  readonly state?: KeyStore;
}

/** What the process is made of. */
export interface WorkerServiceOptions {
  /** Stable over restarts; 1..48 of A-Z a-z 0-9 -. */
  readonly name: string;
  /** How long a life goes on without being renewed, ms. */
  readonly ttl: number;
  readonly bus: Bus;
  readonly stores: WorkerStores;
  /** The instances' logs are `folder/<name>/audit.log`. */
  readonly folder: string;
  /** How the instance of a name is served. */
  readonly optionsOf: (name: string) => Omit<ServeOptions, "lease">;
  readonly told: AuditdLog;
  /** Where the dispatcher asks instances; without, nobody does. */
  readonly answers?: InstanceAnswers;
  /** What a signal to an instance does; default: EOPNOTSUPP. */
  readonly signal?: (instance: AuditdInstance, signal: AuditdSignal) => Promise<void>;
}

const LIFE_LENGTH = 8;

/** Serves scopes until it is stopped. */
export class WorkerService {
  readonly auditd: Auditd;
  readonly worker: Worker;
  readonly #options: WorkerServiceOptions;
  readonly #watch: NodeJS.Timeout;
  /** Ends the pause between two looks. */
  #hurry: () => void = () => undefined;
  #stopped = false;
  readonly #looking: Promise<void>;

  constructor(options: WorkerServiceOptions) {
    this.#options = options;
    const { name, ttl, stores, bus, folder, told } = options;
    this.auditd = new Auditd(bus, folder, told);
    const membership = new Membership({
      name,
      ttl,
      nextLife: () => lifeText((bound) => randomInt(bound)),
      workers: stores.workers,
      owners: stores.owners,
      scopes: stores.host,
      now: () => performance.now(),
    });
    this.worker = new Worker({
      membership,
      serve: (owned, lease) => this.#serve(owned, lease),
      told,
      // Another worker waits for it.
      onReleased: () => this.#hurry(),
    });
    this.#watch = setInterval(() => this.worker.check(), ttl / 6);
    this.#looking = this.#look();
  }

  /** Finishes what is at hand, and frees the scopes for other workers at once. */
  async stop(): Promise<void> {
    await this.worker.drain();
    this.#stopped = true;
    this.#hurry();
    await this.#looking;
    clearInterval(this.#watch);
    // Without an answer the lease ends by itself.
    await this.worker.leave().catch((err: unknown) => {
      this.#options.told.warn({ err }, "the lease could not be ended");
    });
  }

  async #look(): Promise<void> {
    const { ttl } = this.#options;
    while (!this.#stopped) {
      await this.worker.look();
      if (this.#stopped) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ttl / 3);
        this.#hurry = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  async #serve(owned: Owned, lease: Lease): Promise<ServedScope> {
    const { name, scope } = owned;
    const { stores, folder, optionsOf } = this.#options;
    const kept = stores.state && (await KeptState.take(stores.state, owned));
    if (kept?.succeeds === true) await setAside(folder, name);
    const served = await this.auditd.serve(name, scope, {
      ...optionsOf(name),
      lease,
      prepare: (instance) => {
        if (kept?.state !== undefined) restoreState(instance, kept.state);
        instance.status.pid = process.pid;
      },
    });
    const silence = this.#answer(served, kept);
    return {
      over: () => served.over,
      release: async () => {
        silence();
        await this.auditd.release(scope);
      },
      abandon: async () => {
        silence();
        await this.auditd.abandon(scope);
      },
    };
  }

  /** Answers for an instance; the result ends that. */
  #answer(served: AuditdInstance, kept: KeptState | undefined): () => void {
    const { answers, folder, told, signal = unsupported } = this.#options;
    const { scope } = served.instance;
    const desk = instanceDesk({
      served,
      told,
      keep: async (state, answer) => await kept?.keep(state, answer),
      note: async (answer) => await kept?.note(answer),
      answered: (id) => kept?.answered(id),
      signal: (what) => signal(served, what),
      end: async () => {
        // Another one of this name may begin as soon as this is answered.
        await this.auditd.release(scope);
        await setAside(folder, served.name);
      },
    });
    return answers?.serve(scope, desk) ?? (() => undefined);
  }
}

async function unsupported(_: AuditdInstance, signal: AuditdSignal): Promise<never> {
  throw new AuditError(Errno.EOPNOTSUPP, `signal ${signal}`);
}

/** The name of a life: letters and digits. */
export function lifeText(random: (bound: number) => number): string {
  return Array.from({ length: LIFE_LENGTH }, () => random(36).toString(36)).join("");
}
