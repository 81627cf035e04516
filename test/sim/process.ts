// A process of the simulation: it begins, may die by itself, and is started again by the world.
import type { NatsConnection } from "nats";
import { JetStreamBus } from "../../packages/bus/src/nats/jetstream-bus.ts";
import { NatsStream } from "../../packages/bus/src/nats/nats-bus.ts";
import { NatsKeyStore } from "../../packages/bus/src/nats/nats-key-store.ts";
import { TIMEOUT_MS } from "./connection.ts";
import { HOST } from "./input.ts";
import type { World } from "./world.ts";

export const URL = "nats://simulated";
/** Frames of a scope that the server keeps. */
const FRAMES = 6;
/** Virtual ms after which a frame that is not acknowledged comes again; the server's own here. */
const ACK_WAIT_MS = 400;

/** Virtual ms that the server holds a pull; far less than the real ones, as of every wait here. */
const PULL_MS = 1000;

/** One life of a process. */
export abstract class SimProcess {
  readonly who: number;
  readonly name: string;
  protected readonly world: World;
  /** Resolves when it has begun; rejects when it could not. */
  #began: Promise<void> = Promise.resolve();

  constructor(world: World, who: number, name: string) {
    this.world = world;
    this.who = who;
    this.name = name;
  }

  /** Begins; what it throws is the end of the process, which is started again. */
  start(): void {
    this.#began = this.world.scheduler.run(this.who, "begins", () => this.begin());
    this.#began.catch((error: unknown) => this.world.died(this, error));
  }

  /** Ends it as SIGTERM does. */
  async stop(): Promise<void> {
    await this.#began;
    await this.world.scheduler.run(this.who, "ends", () => this.end());
  }

  protected abstract begin(): Promise<void>;
  protected abstract end(): Promise<void>;

  protected connect(): NatsConnection {
    return this.world.connect(this.who);
  }

  /** The bus over the server. */
  protected async bus(epoch: string): Promise<JetStreamBus> {
    const settings = { url: URL, servers: [], tls: false, login: {}, name: this.name };
    const limits = { frames: FRAMES, bytes: 1 << 20 };
    const stream = new NatsStream(this.connect(), this.connect(), {
      ...{ ...settings, inboxPrefix: undefined, ca: undefined, host: HOST, limits, epoch },
      ...{ storage: "file", timeout: TIMEOUT_MS, ackWait: ACK_WAIT_MS },
    });
    await stream.open();
    return new JetStreamBus(stream, { limits, epoch, timeout: TIMEOUT_MS, pull: PULL_MS });
  }

  /** A bucket of the key store. */
  protected async bucket(bucket: string, ttl?: number): Promise<NatsKeyStore> {
    const options = { url: URL, bucket, ttl, timeout: TIMEOUT_MS };
    const store = new NatsKeyStore(this.connect(), URL, options);
    await store.open();
    return store;
  }
}
