import { join } from "node:path";
import {
  type Bus,
  type Delivery,
  decodeFrame,
  type Frame,
  FrameError,
  type Subscription,
} from "@cauditd/bus";
import { Instance, type ScopeAccount } from "@cauditd/kernel";
import { FrameRenderer } from "./frame-renderer.ts";
import { LogWriter } from "./log-writer.ts";

/** Unacknowledged frames that an instance holds: the one being written and those behind it. */
const WINDOW = 4;

/** Where an instance's problems are told. */
export interface AuditdLog {
  warn(details: object, text: string): void;
  error(details: object, text: string): void;
}

/** One instance: the frames of its scope from the bus, through its rules, into its log. */
export class AuditdInstance {
  /** The container's name, or `host`. */
  readonly name: string;
  readonly instance: Instance;
  readonly #renderer: FrameRenderer;
  readonly #log: AuditdLog;
  readonly #writer: LogWriter;
  #subscription: Subscription | undefined;
  /** Frames are handled one after the other. */
  #tail: Promise<void> = Promise.resolve();
  #stopping = false;
  /** Sequence of the last frame that was taken. */
  #sequence = 0;
  /** Frames refused because they were no frames, or not this scope's. */
  #refused = 0;
  #failure: Error | undefined;
  /** A frame is being handled. */
  #busy = false;
  /** Woken after every frame. */
  readonly #waiting: (() => void)[] = [];

  constructor(name: string, scope: string, writer: LogWriter, log: AuditdLog) {
    this.name = name;
    this.instance = new Instance(scope);
    this.#renderer = new FrameRenderer(this.instance);
    this.#writer = writer;
    this.#log = log;
  }

  /** What became of the events that reached this instance. */
  get account(): Readonly<ScopeAccount> {
    return this.instance.account;
  }

  /** Frames that were refused. */
  get refused(): number {
    return this.#refused;
  }

  /** Path of the log. */
  get path(): string {
    return this.#writer.path;
  }

  /** The first write error; the log gets nothing behind it. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /**
   * Resolves when the frame of this sequence is in the log.
   * @throws the write error, when the log cannot be written any more
   */
  async reached(sequence: number): Promise<void> {
    while (this.#sequence < sequence || this.#busy) {
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Subscribes to the scope. Errors as Bus.subscribe. */
  async start(bus: Bus): Promise<void> {
    const scope = this.instance.scope;
    this.#subscription = await bus.subscribe(
      scope,
      { window: WINDOW },
      (delivery) => {
        if (this.#stopping) return;
        this.#tail = this.#tail.then(() => this.#handle(delivery));
      },
      (error) => {
        this.#fail(error);
        this.#log.error({ scope, err: error }, "the subscription of the scope failed");
      },
    );
  }

  /**
   * Finishes and acknowledges the frames at hand, ends the subscription and closes the log.
   * Frames that come meanwhile stay on the bus.
   */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#tail;
    await this.#subscription?.close();
    await this.#writer.close();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async #handle(delivery: Delivery): Promise<void> {
    this.#busy = true;
    await this.#take(delivery);
    this.#busy = false;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async #take(delivery: Delivery): Promise<void> {
    let frame: Frame;
    try {
      frame = this.#check(delivery);
    } catch (error) {
      this.#refused++;
      this.#log.error({ scope: this.instance.scope, err: error }, "frame refused");
      delivery.ack();
      return;
    }
    if (frame.sequence <= this.#sequence) {
      // Delivered again after its acknowledgement was lost: it is in the log already.
      delivery.ack();
      return;
    }
    if (this.#failure !== undefined) return;
    this.#sequence = frame.sequence;
    if (frame.lost > 0) this.instance.lose(frame.lost, "bus");
    try {
      const { bytes, events } = this.#renderer.render(frame);
      await this.#write(bytes, events);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.#refused++;
      this.#log.error({ scope: this.instance.scope, err: error }, "frame refused");
    }
    delivery.ack();
  }

  #check(delivery: Delivery): Frame {
    const frame = decodeFrame(delivery.frame);
    if (frame.scope !== this.instance.scope) {
      throw new FrameError("scope", `${frame.scope} on the queue of ${this.instance.scope}`);
    }
    if (frame.sequence !== delivery.sequence) {
      throw new FrameError("sequence", `${frame.sequence} on place ${delivery.sequence}`);
    }
    return frame;
  }

  async #write(bytes: Buffer, events: number): Promise<void> {
    try {
      await this.#writer.write(bytes);
      this.instance.written(events);
    } catch (error) {
      this.instance.failed(events, "disk");
      this.#fail(error as Error);
      this.#log.error({ path: this.path, err: error }, "cannot write the log");
    }
  }
}

/** Hosts instances: one for each scope that it is told to serve. */
export class Auditd {
  readonly #bus: Bus;
  readonly #folder: string;
  readonly #log: AuditdLog;
  readonly #instances: Map<string, AuditdInstance> = new Map();

  /** @param folder the instances' logs are `folder/<name>/audit.log` */
  constructor(bus: Bus, folder: string, log: AuditdLog) {
    this.#bus = bus;
    this.#folder = folder;
    this.#log = log;
  }

  /** The instances, by scope, in the order in which they were started. */
  get instances(): ReadonlyMap<string, AuditdInstance> {
    return this.#instances;
  }

  /**
   * Starts the instance of a scope.
   * @param name the container's name, or `host`: its log's folder
   * @param scope `host`, or the decimal contid
   */
  async serve(name: string, scope: string): Promise<AuditdInstance> {
    const writer = await LogWriter.open(join(this.#folder, name, "audit.log"));
    const served = new AuditdInstance(name, scope, writer, this.#log);
    this.#instances.set(scope, served);
    await served.start(this.#bus);
    return served;
  }

  /** Stops every instance; the frames at hand are finished first. */
  async stop(): Promise<void> {
    await Promise.all([...this.#instances.values()].map((served) => served.stop()));
  }
}
