import { join } from "node:path";
import {
  type Bus,
  type Delivery,
  decodeFrame,
  type Frame,
  FrameError,
  type Subscription,
} from "@cauditd/bus";
import { Instance, type InstanceOptions, type ScopeAccount } from "@cauditd/kernel";
import { AuditError, Errno, type Rule } from "@cauditd/libaudit";
import { BufferPool } from "./buffer-pool.ts";
import { FrameRenderer, type Rendered } from "./frame-renderer.ts";
import type { Mark } from "./io/checkpoint.ts";
import type { Disk } from "./io/disk.ts";
import { InstanceLog, type InstanceLogState } from "./io/instance-log.ts";
import type { LogSettings } from "./io/log-settings.ts";

/** Unacknowledged frames that an instance holds: the one being written and those behind it. */
const WINDOW = 4;
const NOTHING: Rendered = { bytes: Buffer.alloc(0), events: 0 };

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

/** What an instance is made of. */
export interface AuditdInstanceOptions {
  /** The container's name, or `host`. */
  readonly name: string;
  /** `host`, or the decimal contid. */
  readonly scope: string;
  readonly log: InstanceLog;
  readonly told: AuditdLog;
  /** Life of the dispatcher: its frames count from 1. At most EPOCH_MAX bytes. Default "". */
  readonly epoch?: string;
  readonly pool?: BufferPool;
  readonly instance?: InstanceOptions;
}

/** One instance: the frames of its scope from the bus, through its rules, into its log. */
export class AuditdInstance {
  /** The container's name, or `host`. */
  readonly name: string;
  readonly instance: Instance;
  readonly #renderer: FrameRenderer;
  readonly #pool: BufferPool;
  readonly #told: AuditdLog;
  readonly #log: InstanceLog;
  readonly #epoch: string;
  #subscription: Subscription | undefined;
  /** Settled when the last frame that was taken is. */
  #tail: Promise<void> = Promise.resolve();
  #stopping = false;
  /** No frame comes any more: the subscription is over. */
  #ended = false;
  /** Sequence of the last frame that was taken, and of the last that is dealt with. */
  #taken = 0;
  #settled = 0;
  /** Frames refused because they were no frames, or not this scope's. */
  #refused = 0;
  #failure: Error | undefined;
  /** Woken after every frame, and at the end. */
  readonly #waiting: (() => void)[] = [];

  /** Goes on where an earlier life stopped: its serial, and in the same epoch its frames. */
  constructor(options: AuditdInstanceOptions) {
    const { name, scope, log, told, epoch = "", pool = new BufferPool() } = options;
    this.name = name;
    this.instance = new Instance(scope, options.instance);
    this.#pool = pool;
    this.#renderer = new FrameRenderer(this.instance, pool);
    this.#log = log;
    this.#told = told;
    this.#epoch = epoch;
    const { recovered } = log;
    if (recovered === undefined) return;
    this.instance.continueFrom(recovered.serial);
    if (recovered.epoch === epoch) this.#taken = this.#settled = recovered.sequence;
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
    return this.#log.path;
  }

  /**
   * The first error of the log or of the subscription. Behind a write error the log gets nothing
   * until `resume`; frames are taken on, so that nobody waits, and their events are lost (disk).
   */
  get failure(): Error | undefined {
    return this.#failure ?? this.#log.state.failure;
  }

  /** The log: its size, whether logging is suspended. */
  get log(): InstanceLogState {
    return this.#log.state;
  }

  /** What became of the events of all its lives that are dealt with. */
  get total(): Readonly<ScopeAccount> {
    return this.#log.mark.account;
  }

  /** Rotates the log, as auditd at SIGUSR1; false when its settings allow no rotated file. */
  rotate(): Promise<boolean> {
    return this.#log.rotate();
  }

  /** Takes up logging after it was suspended, as auditd at SIGUSR2; false when it cannot. */
  resume(): Promise<boolean> {
    return this.#log.resume();
  }

  /**
   * Resolves when the frame of this sequence is in the log, or was refused.
   * @throws the write error, once the frame is accounted for; the subscription's error, or
   * ESHUTDOWN after `stop`, when the frame does not come any more
   */
  async reached(sequence: number): Promise<void> {
    while (this.#settled < sequence) {
      if (this.#ended) throw this.failure ?? this.#stopped(sequence);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.failure !== undefined) throw this.failure;
  }

  /** Subscribes to the scope. Errors as Bus.subscribe. */
  async start(bus: Bus): Promise<void> {
    const scope = this.instance.scope;
    this.#subscription = await bus.subscribe(
      scope,
      { window: WINDOW },
      (delivery) => {
        if (!this.#stopping) this.#handle(delivery);
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
      await this.#log.close();
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
    this.#told.error({ scope, err: error }, "the subscription of the scope failed");
    this.#failure ??= error;
    this.#ended = true;
    this.#wake();
  }

  #refuse(error: unknown): void {
    this.#refused++;
    this.#told.error({ scope: this.instance.scope, err: error }, "frame refused");
  }

  #handle(delivery: Delivery): void {
    // A frame that comes again, because its acknowledgement was lost, has been dealt with.
    if (delivery.sequence <= this.#taken) {
      this.#tail = this.#tail.then(() => delivery.ack());
      return;
    }
    this.#taken = delivery.sequence;
    // A bad frame must not stop those behind it: it counts as dealt with, too.
    let rendered: Rendered = NOTHING;
    try {
      rendered = this.#take(this.#check(delivery));
    } catch (error) {
      this.#refuse(error);
    }
    const { bytes, events } = rendered;
    const mark = this.#mark(delivery.sequence);
    this.#tail = this.#log.append({ bytes, events, mark }).then(({ written, lost }) => {
      if (rendered !== NOTHING) this.#pool.give(bytes);
      this.instance.written(written);
      this.instance.failed(lost, "disk");
      this.#settled = delivery.sequence;
      delivery.ack();
      this.#wake();
    });
  }

  #take(frame: Frame): Rendered {
    if (frame.lost > 0) this.instance.lose(frame.lost, "bus");
    return this.#renderer.render(frame);
  }

  #mark(sequence: number): Mark {
    const { account, serial } = this.instance;
    const copy = { ...account, lost: { ...account.lost } };
    return { epoch: this.#epoch, sequence, serial, account: copy };
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
}

/** How one instance is served. */
export interface ServeOptions {
  /** Without: the rule `-a always,exit -S all`. */
  readonly rules?: InstanceRules;
  /** How its log is kept. */
  readonly settings?: LogSettings;
  /** An earlier log of this name is removed. Default false: it is continued. */
  readonly fresh?: boolean;
  /** False: nothing is kept for a restart. Default true. */
  readonly checkpoint?: boolean;
  /** The file system of the log; default: this machine's. */
  readonly disk?: Disk;
}

/** Hosts instances: one for each scope that it is told to serve. */
export class Auditd {
  readonly #bus: Bus;
  readonly #folder: string;
  readonly #told: AuditdLog;
  readonly #epoch: string;
  readonly #pool: BufferPool = new BufferPool();
  readonly #instances: Map<string, AuditdInstance> = new Map();

  /**
   * @param folder the instances' logs are `folder/<name>/audit.log`
   * @param epoch life of the dispatcher: its frames count from 1
   */
  constructor(bus: Bus, folder: string, told: AuditdLog, epoch = "") {
    this.#bus = bus;
    this.#folder = folder;
    this.#told = told;
    this.#epoch = epoch;
  }

  /** The instances, by scope, in the order in which they were started. */
  get instances(): ReadonlyMap<string, AuditdInstance> {
    return this.#instances;
  }

  /**
   * Starts the instance of a scope; it goes on where an earlier one of this name stopped.
   * @param name the container's name, or `host`: its log's folder
   * @param scope `host`, or the decimal contid
   * @throws as InstanceLog.open and Bus.subscribe: EBUSY for a scope that is served already
   */
  async serve(name: string, scope: string, options: ServeOptions = {}): Promise<AuditdInstance> {
    const { rules, ...rest } = options;
    const path = join(this.#folder, name, "audit.log");
    const log = await InstanceLog.open(path, { ...rest, log: this.#told });
    const served = new AuditdInstance({
      name,
      scope,
      log,
      told: this.#told,
      epoch: this.#epoch,
      pool: this.#pool,
      instance: rules === undefined ? {} : { arch: rules.arch },
    });
    if (rules !== undefined) served.instance.rules.load(rules.rules);
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
