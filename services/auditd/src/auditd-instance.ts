import type { Bus, Delivery, Frame } from "@cauditd/bus";
import {
  type ControlRecord,
  formatOwnRecord,
  Instance,
  type LogPolicyState,
  MARKER_INTERVAL_MS,
  type OwnRecord,
  type ScopeAccount,
  type Sender,
} from "@cauditd/kernel";
import { type AuditdConf, AuditError, Errno } from "@cauditd/libaudit";
import type { AuditdInstanceOptions, AuditdLog } from "./auditd-instance-options.ts";
import { BufferPool } from "./buffer-pool.ts";
import { checkedFrame, eventsIn } from "./checked-frame.ts";
import { FrameGate, type HeldFrame } from "./frame-gate.ts";
import { FrameInlet } from "./frame-inlet.ts";
import { FrameProgress } from "./frame-progress.ts";
import { FrameRenderer, type Rendered } from "./frame-renderer.ts";
import { withoutFirst } from "./frame-skip.ts";
import type { Batch } from "./io/batch.ts";
import type { Mark } from "./io/checkpoint.ts";
import { VERSION } from "./io/conduct.ts";
import type { InstanceLog } from "./io/instance-log.ts";
import type { InstanceLogState } from "./io/instance-log-options.ts";
import { writeStateFile } from "./io/state-file.ts";
import type { LineFormat } from "./line-format.ts";
import type { StreamPublisher, StreamState } from "./stream/stream-publisher.ts";
import { WaitingEvents } from "./waiting-events.ts";

const NOTHING: Rendered = { bytes: Buffer.alloc(0), events: 0, first: 0, last: 0 };

/** One instance: the frames of its scope from the bus, through its rules, into its log. */
export class AuditdInstance {
  /** The container's name, or `host`. */
  readonly name: string;
  readonly instance: Instance;
  /** Path of the log. */
  readonly path: string;
  /** It has an auditd.conf, which can be read again. */
  readonly hasConf: boolean;
  readonly #renderer: FrameRenderer;
  readonly #pool: BufferPool;
  readonly #format: LineFormat | undefined;
  readonly #givesUp: WaitingEvents | undefined;
  readonly #told: AuditdLog;
  readonly #log: InstanceLog;
  readonly #gate: FrameGate;
  readonly #stream: StreamPublisher | undefined;
  #inlet: FrameInlet | undefined;
  /** Settled when the last frame that was taken is. */
  #tail: Promise<void> = Promise.resolve();
  #stopping = false;
  /** No frame comes any more: the subscription is over. */
  #ended = false;
  readonly #progress: FrameProgress;
  /** Tells of losses that no event follows. */
  #telling: NodeJS.Timeout | undefined;
  #saidStopped = false;
  /** Frames refused because they were no frames, or not this scope's. */
  #refused = 0;
  #failure: Error | undefined;
  /** Woken after every frame, and at the end. */
  readonly #waiting: (() => void)[] = [];

  /** Goes on where an earlier life stopped: its serial, its frames, and its source. */
  constructor(options: AuditdInstanceOptions) {
    const { name, scope, log, told, format, pool = new BufferPool() } = options;
    this.name = name;
    this.instance = new Instance(scope, options.instance);
    this.#pool = pool;
    // Only a policy that gives waiting events up needs to know where each of them is.
    if (this.instance.overflow !== "newest") {
      this.#givesUp = new WaitingEvents(this.instance, (bytes) => format?.add(bytes) ?? bytes);
    }
    this.#renderer = new FrameRenderer(this.instance, pool, this.#givesUp);
    const patient = options.patient === true;
    this.#gate = new FrameGate(this.instance, (held) => this.#pass(held), { patient });
    this.#log = log;
    this.path = log.path;
    this.#format = format;
    this.hasConf = format !== undefined;
    this.#told = told;
    this.#progress = new FrameProgress(log.recovered);
    this.#stream = options.stream;
    const { serial = log.recovered?.serial } = options;
    if (serial !== undefined) this.instance.continueFrom(serial, log.mark.owed);
  }

  /** What became of the events that reached this instance. */
  get account(): Readonly<ScopeAccount> {
    return this.instance.account;
  }

  /** Frames that were refused. */
  get refused(): number {
    return this.#refused;
  }

  /** Frames that were let go because a later life of the dispatcher has taken over. */
  get stale(): number {
    return this.#progress.stale;
  }

  /** True when no frame comes any more, and nobody has asked for that. */
  get over(): boolean {
    return this.#ended && !this.#stopping;
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

  /** How its tenant's stream is; undefined for none. */
  get stream(): StreamState | undefined {
    return this.#stream?.state;
  }

  /** How the log's policy sees it, for the state report. */
  get policyState(): LogPolicyState {
    return this.#log.policyState;
  }

  /**
   * Writes its state beside its log, as auditd at SIGCONT. Errors are the file system's.
   * @param time as strftime's `%x %X`
   */
  async dumpState(time: string): Promise<void> {
    await writeStateFile(this.path, this.policyState, VERSION, time);
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
      this.#told.error({ scope: this.instance.scope, err: error }, "auditd.conf refused");
      return this.#log.reload(undefined, sender);
    }
    return this.#log.reload(conf, sender);
  }

  /**
   * Resolves when the frame of this place is in the log, or was refused. 0: there was none yet.
   * @param epoch default: that of the frames that it takes now
   * @throws the write error, once the frame is accounted for; the subscription's error, or
   * ESHUTDOWN after `stop`, when the frame does not come any more
   */
  async reached(sequence: number, epoch?: string): Promise<void> {
    const there = (): boolean =>
      sequence === 0 ||
      this.#progress.isSettled({ epoch: epoch ?? this.#progress.epoch, sequence });
    while (!there()) {
      if (this.#ended) throw this.failure ?? this.#stopped(sequence);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.failure !== undefined) throw this.failure;
  }

  /** Claims the scope and takes its frames. Errors as Bus.subscribe. */
  async start(bus: Bus): Promise<void> {
    this.begin(await FrameInlet.open(bus, this.instance.scope));
  }

  /** Takes the frames of its scope. Errors as FrameInlet.begin. */
  begin(inlet: FrameInlet): void {
    this.#inlet = inlet;
    inlet.begin(
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
    if (!this.#log.state.abandoned) this.#write(this.#markers());
    await this.#tail;
    try {
      await this.#inlet?.close();
    } finally {
      this.#ended = true;
      this.#wake();
      await this.#stream?.close();
      await this.#log.close();
    }
  }

  /**
   * Stops at once: the scope may be another's already. Nothing more is written, or acknowledged,
   * but what is under way; a later owner finds the log as after a crash.
   */
  async abandon(): Promise<void> {
    this.#over();
    await Promise.all([this.#log.abandon(), this.#inlet?.close(), this.#stream?.abandon()]);
  }

  #over(): void {
    this.#stopping = true;
    this.#ended = true;
    this.#gate.close();
    clearTimeout(this.#telling);
    this.#wake();
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
    if (!this.#progress.take(delivery)) return;
    this.#gate.add({ delivery, frame: this.#decoded(delivery) });
  }

  /** A bad frame must not stop those behind it: it counts as dealt with, too. */
  #decoded(delivery: Delivery): Frame | undefined {
    try {
      return checkedFrame(delivery, this.instance.scope);
    } catch (error) {
      this.#refuse(error);
      return undefined;
    }
  }

  #pass({ delivery, frame }: HeldFrame): void {
    let rendered: Rendered = NOTHING;
    this.instance.holdsMarkers = this.#log.state.suspended;
    try {
      if (frame !== undefined) rendered = this.#take(frame, delivery);
    } catch (error) {
      this.#refuse(error);
    }
    this.#progress.pass(delivery);
    this.#append(rendered, () => {
      this.#progress.settle(delivery);
      delivery.ack();
      this.#wake();
      this.#gate.open();
    });
    if (this.instance.stopped !== undefined) this.#sayStopped(this.instance.stopped);
    if (this.instance.owesMarker) this.#tellSoon();
  }

  /** @param done called when the events are in the log, or lost */
  #append(rendered: Rendered, done?: () => void): void {
    const { first, last } = rendered;
    const batch = this.#batch(rendered);
    this.#tail = this.#log.append(batch).then(({ written, lost, abandoned }) => {
      if (abandoned === true) {
        this.#over();
        return;
      }
      this.#stream?.logged({ bytes: batch.bytes, events: batch.events, first, last }, written);
      if (rendered !== NOTHING) this.#pool.give(rendered.bytes);
      const { instance } = this;
      const { events } = batch;
      if (this.#givesUp === undefined) instance.left(events);
      instance.written(written);
      // The last ones of a batch are lost; which they are is exact when it has no gaps.
      const whole = ((last - first) >>> 0) + 1 === events;
      instance.failed(lost, "disk", whole ? (last - lost + 1) >>> 0 : first, last);
      if (instance.owesMarker) this.#tellSoon();
      done?.();
    });
  }

  #batch({ bytes, events }: Rendered): Batch {
    const mark = this.#mark();
    if (this.#givesUp !== undefined) return this.#givesUp.batch(bytes, events, mark);
    return { bytes: this.#format?.add(bytes) ?? bytes, events, mark };
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

  #take(frame: Frame, { source }: Delivery): Rendered {
    const repeated = source === undefined ? 0 : this.#progress.note(source);
    if (repeated > 0 && repeated === eventsIn(frame)) return NOTHING;
    if (frame.lost > 0) this.instance.lose(frame.lost, "bus");
    return this.#renderer.render(repeated > 0 ? withoutFirst(frame, repeated) : frame);
  }

  #mark(): Mark {
    const { account, serial } = this.instance;
    const copy = { ...account, lost: { ...account.lost } };
    return { ...this.#progress.mark, serial, account: copy, owed: this.instance.owed };
  }
}
