import {
  type Bus,
  type Delivery,
  decodeFrame,
  type Frame,
  FrameError,
  type Subscription,
} from "@cauditd/bus";
import {
  type ControlRecord,
  formatOwnRecord,
  Instance,
  type InstanceOptions,
  type LogPolicyState,
  MARKER_INTERVAL_MS,
  type OwnRecord,
  type ScopeAccount,
  type Sender,
} from "@cauditd/kernel";
import { type AuditdConf, AuditError, Errno, type Rule } from "@cauditd/libaudit";
import { BufferPool } from "./buffer-pool.ts";
import { FrameGate, type HeldFrame } from "./frame-gate.ts";
import { FrameRenderer, type Rendered } from "./frame-renderer.ts";
import type { Mark } from "./io/checkpoint.ts";
import type { InstanceLog } from "./io/instance-log.ts";
import type { InstanceLogState } from "./io/instance-log-options.ts";
import type { LineFormat } from "./line-format.ts";

/** Unacknowledged frames that an instance holds: the one being written and those behind it. */
const WINDOW = 4;
const NOTHING: Rendered = { bytes: Buffer.alloc(0), events: 0, first: 0, last: 0 };

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
  /** What an auditd.conf adds to the lines of its log. */
  readonly format?: LineFormat;
  readonly pool?: BufferPool;
  readonly instance?: InstanceOptions;
  /** Frames wait for room in its backlog as long as it takes, as in a replay. Default false. */
  readonly patient?: boolean;
}

/** One instance: the frames of its scope from the bus, through its rules, into its log. */
export class AuditdInstance {
  /** The container's name, or `host`. */
  readonly name: string;
  readonly instance: Instance;
  readonly #renderer: FrameRenderer;
  readonly #pool: BufferPool;
  readonly #format: LineFormat | undefined;
  readonly #told: AuditdLog;
  readonly #log: InstanceLog;
  readonly #epoch: string;
  readonly #gate: FrameGate;
  #subscription: Subscription | undefined;
  /** Settled when the last frame that was taken is. */
  #tail: Promise<void> = Promise.resolve();
  #stopping = false;
  /** No frame comes any more: the subscription is over. */
  #ended = false;
  /** Sequence of the last frame that was taken, and of the last that is dealt with. */
  #taken = 0;
  #settled = 0;
  /** Sequence of the last frame that was let in. */
  #passed = 0;
  /** Frames that came again before they were dealt with. */
  #repeats: Delivery[] = [];
  /** Tells of losses that no event follows. */
  #telling: NodeJS.Timeout | undefined;
  #saidStopped = false;
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
    const patient = options.patient === true;
    this.#gate = new FrameGate(this.instance, (held) => this.#pass(held), { patient });
    this.#log = log;
    this.#format = options.format;
    this.#told = told;
    this.#epoch = epoch;
    const { recovered } = log;
    if (recovered === undefined) return;
    this.instance.continueFrom(recovered.serial, log.mark.owed);
    if (recovered.epoch === epoch) {
      this.#taken = this.#passed = this.#settled = recovered.sequence;
    }
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

  /**
   * Writes records that a request has caused, each an event of its own.
   * @param at time of their stamp, milliseconds since 1970
   */
  record(records: readonly ControlRecord[], at: number = Date.now()): void {
    this.#write(records.map((record) => this.instance.record(record, at)));
  }

  /** How the log's policy sees it, for the state report. */
  get policyState(): LogPolicyState {
    return this.#log.policyState;
  }

  /** Rotates the log, as auditd at SIGUSR1; false when its settings allow no rotated file. */
  rotate(sender?: Sender): Promise<boolean> {
    return this.#log.rotate(sender);
  }

  /** Takes up logging after it was suspended, as auditd at SIGUSR2; false when it cannot. */
  resume(sender?: Sender): Promise<boolean> {
    return this.#log.resume(sender);
  }

  /** A new auditd.conf holds from here on, as at SIGHUP; undefined: it was refused. */
  reload(conf: AuditdConf | undefined, sender?: Sender): Promise<void> {
    try {
      if (conf !== undefined) this.#format?.reload(conf);
    } catch (error) {
      this.#told.error({ instance: this.name, err: error }, "auditd.conf refused");
      return this.#log.reload(undefined, sender);
    }
    return this.#log.reload(conf, sender);
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
    // What an earlier life lost, and did not tell of before it ended.
    if (this.instance.owesMarker) this.#tellSoon();
  }

  /**
   * Finishes and acknowledges the frames at hand, ends the subscription and closes the log.
   * Frames that come meanwhile stay on the bus.
   */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#gate.close();
    clearTimeout(this.#telling);
    await this.#tail;
    this.#write(this.#markers());
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
    const { sequence } = delivery;
    // A frame that comes again, because its acknowledgement was lost, is dealt with once.
    if (sequence <= this.#settled) delivery.ack();
    else if (sequence <= this.#taken) this.#repeats.push(delivery);
    else {
      this.#taken = sequence;
      this.#gate.add({ delivery, frame: this.#decoded(delivery) });
    }
  }

  /** A bad frame must not stop those behind it: it counts as dealt with, too. */
  #decoded(delivery: Delivery): Frame | undefined {
    try {
      return this.#check(delivery);
    } catch (error) {
      this.#refuse(error);
      return undefined;
    }
  }

  #pass({ delivery, frame }: HeldFrame): void {
    let rendered: Rendered = NOTHING;
    this.instance.holdsMarkers = this.#log.state.suspended;
    try {
      if (frame !== undefined) rendered = this.#take(frame);
    } catch (error) {
      this.#refuse(error);
    }
    this.#passed = delivery.sequence;
    this.#append(rendered, () => {
      this.#settled = delivery.sequence;
      delivery.ack();
      if (this.#repeats.length > 0) this.#ackRepeats();
      this.#wake();
      this.#gate.open();
    });
    if (this.instance.stopped !== undefined) this.#sayStopped(this.instance.stopped);
    if (this.instance.owesMarker) this.#tellSoon();
  }

  #ackRepeats(): void {
    const isSettled = ({ sequence }: Delivery): boolean => sequence <= this.#settled;
    for (const repeat of this.#repeats.filter(isSettled)) repeat.ack();
    this.#repeats = this.#repeats.filter((repeat) => !isSettled(repeat));
  }

  /** @param done called when the events are in the log, or lost */
  #append(rendered: Rendered, done?: () => void): void {
    const { events, first, last } = rendered;
    const bytes = this.#format?.add(rendered.bytes) ?? rendered.bytes;
    const mark = this.#mark(this.#passed);
    this.#tail = this.#log.append({ bytes, events, mark }).then(({ written, lost }) => {
      if (rendered !== NOTHING) this.#pool.give(rendered.bytes);
      const { instance } = this;
      instance.left(events);
      instance.written(written);
      // The last ones of a batch are lost; which they are is exact when it has no gaps.
      const whole = ((last - first) >>> 0) + 1 === events;
      instance.failed(lost, "disk", whole ? (last - lost + 1) >>> 0 : first, last);
      if (instance.owesMarker) this.#tellSoon();
      done?.();
    });
  }

  /** Writes records of the instance's own. */
  #write(records: readonly OwnRecord[]): void {
    const [first] = records;
    if (first === undefined) return;
    const text = Buffer.from(records.map(formatOwnRecord).join(""), "latin1");
    const bytes = this.#pool.take(text.length);
    text.copy(bytes);
    const last = records.at(-1) ?? first;
    this.#append({
      bytes: bytes.subarray(0, text.length),
      events: records.length,
      first: first.serial,
      last: last.serial,
    });
  }

  /** The markers of all losses that none has told of yet. */
  #markers(): OwnRecord[] {
    const found: OwnRecord[] = [];
    if (this.#log.state.suspended) return found;
    const at = this.#renderer.lastAt || Date.now();
    for (
      let marker = this.instance.takeMarker(at, true);
      marker !== undefined;
      marker = this.instance.takeMarker(at, true)
    ) {
      found.push(marker);
    }
    return found;
  }

  /** Losses are told within a second, even when no event follows. */
  #tellSoon(): void {
    if (this.#stopping || this.#log.state.suspended) return;
    this.#telling ??= setTimeout(() => {
      this.#telling = undefined;
      this.#write(this.#markers());
    }, MARKER_INTERVAL_MS).unref();
  }

  /** Failure 2: the instance has stopped for good; frames are taken on, so that nobody waits. */
  #sayStopped(reason: string): void {
    if (this.#saidStopped) return;
    this.#saidStopped = true;
    this.#write(this.#markers());
    const { scope } = this.instance;
    this.#told.error({ scope, reason }, "an event was lost and failure is 2: it has stopped");
  }

  #take(frame: Frame): Rendered {
    if (frame.lost > 0) this.instance.lose(frame.lost, "bus");
    return this.#renderer.render(frame);
  }

  #mark(sequence: number): Mark {
    const { account, serial } = this.instance;
    const copy = { ...account, lost: { ...account.lost } };
    return { epoch: this.#epoch, sequence, serial, account: copy, owed: this.instance.owed };
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
