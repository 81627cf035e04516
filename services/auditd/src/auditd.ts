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
import { AuditError, Errno, type Rule } from "@cauditd/libaudit";
import { FrameRenderer } from "./frame-renderer.ts";
import { LogWriter } from "./log-writer.ts";

/** Unacknowledged frames that an instance holds: the one being written and those behind it. */
const WINDOW = 4;

/** The rules that an instance is given. */
export interface InstanceRules {
  /** In the order in which `auditctl -l` lists them. */
  readonly rules: readonly Rule[];
  /** Architecture of the machine, AUDIT_ARCH_*. */
  readonly arch: number;
}

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
  /** No frame comes any more: the subscription is over. */
  #ended = false;
  /** Sequence of the last frame that was dealt with. */
  #sequence = 0;
  /** Frames refused because they were no frames, or not this scope's. */
  #refused = 0;
  #failure: Error | undefined;
  /** The log could not be written: it gets nothing more. */
  #suspended = false;
  /** Woken after every frame, and at the end. */
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

  /**
   * The first error of the log or of the subscription. Behind a write error the log gets nothing
   * more; frames are taken on, so that nobody waits, and their events are lost (disk).
   */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /**
   * Resolves when the frame of this sequence is in the log, or was refused.
   * @throws the write error, once the frame is accounted for; the subscription's error, or
   * ESHUTDOWN after `stop`, when the frame does not come any more
   */
  async reached(sequence: number): Promise<void> {
    while (this.#sequence < sequence) {
      if (this.#ended) throw this.#failure ?? this.#stopped(sequence);
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
      (error) => this.#trouble(error),
    );
  }

  /**
   * Finishes and acknowledges the frames at hand, ends the subscription and closes the log.
   * Frames that come meanwhile stay on the bus.
   */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#tail;
    try {
      await this.#subscription?.close();
    } finally {
      this.#ended = true;
      this.#wake();
      await this.#writer.close();
    }
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #stopped(sequence: number): AuditError {
    const scope = this.instance.scope;
    return new AuditError(Errno.ESHUTDOWN, `frame ${sequence} of scope ${scope}: it was stopped`);
  }

  /** What the bus says of the subscription: EBADMSG is about one frame, the rest ends it. */
  #trouble(error: Error): void {
    if (error instanceof AuditError && error.errno === Errno.EBADMSG) {
      this.#refuse(error);
      return;
    }
    const scope = this.instance.scope;
    this.#log.error({ scope, err: error }, "the subscription of the scope failed");
    this.#failure ??= error;
    this.#ended = true;
    this.#wake();
  }

  #refuse(error: unknown): void {
    this.#refused++;
    this.#log.error({ scope: this.instance.scope, err: error }, "frame refused");
  }

  /** Never rejects: a bad frame must not stop those behind it. */
  async #handle(delivery: Delivery): Promise<void> {
    // A frame that comes again, because its acknowledgement was lost, has been dealt with.
    if (delivery.sequence > this.#sequence) {
      try {
        await this.#take(this.#check(delivery));
      } catch (error) {
        this.#refuse(error);
      }
      this.#sequence = delivery.sequence;
    }
    delivery.ack();
    this.#wake();
  }

  async #take(frame: Frame): Promise<void> {
    if (frame.lost > 0) this.instance.lose(frame.lost, "bus");
    const { bytes, events } = this.#renderer.render(frame);
    await this.#write(bytes, events);
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
    if (this.#suspended) {
      this.instance.failed(events, "disk");
      return;
    }
    try {
      await this.#writer.write(bytes);
      this.instance.written(events);
    } catch (error) {
      this.instance.failed(events, "disk");
      this.#suspended = true;
      this.#failure ??= error as Error;
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
   * @throws as LogWriter.open and Bus.subscribe: EBUSY for a scope that is served already
   */
  async serve(name: string, scope: string, rules?: InstanceRules): Promise<AuditdInstance> {
    const writer = await LogWriter.open(join(this.#folder, name, "audit.log"));
    const served = new AuditdInstance(name, scope, writer, this.#log);
    if (rules !== undefined) served.instance.setRules(rules.rules, rules.arch);
    try {
      await served.start(this.#bus);
    } catch (error) {
      await served.stop();
      throw error;
    }
    this.#instances.set(scope, served);
    return served;
  }

  /**
   * Stops every instance; the frames at hand are finished first.
   * @throws the first error of closing one, after all have stopped
   */
  async stop(): Promise<void> {
    const stops = [...this.#instances.values()].map((served) => served.stop());
    for (const stop of await Promise.allSettled(stops)) {
      if (stop.status === "rejected") throw stop.reason;
    }
  }
}
