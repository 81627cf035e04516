// The frames of one scope between processes: delayed, doubled and lost on their way.
import type {
  Bus,
  DeliveryListener,
  ErrorListener,
  SubscribeOptions,
  Subscription,
} from "@cauditd/bus";
import { AuditError, Errno } from "@cauditd/libaudit";
import { OUTSIDE, type Scheduler } from "./scheduler.ts";

/** Ms after which what is not acknowledged is delivered again. */
const AGAIN_MS = 400;
/** Most ms between two frames that are published. */
const PUBLISH_MS = 200;

/** What a queue does wrong, to see that the checks find it. */
export type QueueFault = "acks count for ever" | "out of order" | "foreign frame";

interface Reader {
  readonly who: number;
  readonly token: number;
  readonly window: number;
  readonly onDelivery: DeliveryListener;
  resumed: boolean;
  /** Sequence of the last frame that was sent. */
  sent: number;
  /** Messages on their way to it. */
  readonly inbox: number[];
}

/** Holds the frames of a scope until the owner with the highest token acknowledges them. */
export class ScopeQueue {
  readonly #scheduler: Scheduler;
  readonly #frames: readonly Uint8Array[];
  readonly #faults: ReadonlySet<QueueFault>;
  readonly #foreign: Uint8Array | undefined;
  readonly #acked: Set<number> = new Set();
  #reader: Reader | undefined;
  #token = 0;
  #published = 0;

  constructor(
    scheduler: Scheduler,
    frames: readonly Uint8Array[],
    faults: ReadonlySet<QueueFault> = new Set(),
    foreign?: Uint8Array,
  ) {
    this.#scheduler = scheduler;
    this.#frames = frames;
    this.#faults = faults;
    this.#foreign = foreign;
    this.#publish();
  }

  /** True when every frame was acknowledged. */
  get empty(): boolean {
    return this.#acked.size === this.#frames.length;
  }

  /** The part of a bus that a process sees of it. */
  bus(who: number): Pick<Bus, "subscribe"> {
    return {
      subscribe: (_, options, onDelivery, onError) =>
        this.#subscribe(who, options, onDelivery, onError),
    };
  }

  async #subscribe(
    who: number,
    { window, lease }: SubscribeOptions,
    onDelivery: DeliveryListener,
    _onError?: ErrorListener,
  ): Promise<Subscription> {
    await this.#scheduler.turn(who, "claim");
    const token = lease?.token ?? 0;
    if (token < this.#token) throw new AuditError(Errno.EBUSY, "a later owner has claimed it");
    this.#token = token;
    const reader: Reader = {
      ...{ who, token, window, onDelivery },
      ...{ resumed: false, sent: 0, inbox: [] },
    };
    this.#reader = reader;
    return {
      resume: () => {
        reader.resumed = true;
        this.#pump(reader);
        this.#repeat(reader);
      },
      close: async () => {
        if (this.#reader === reader) this.#reader = undefined;
      },
    };
  }

  /** Frames come one after the other, while the rest goes on. */
  #publish(): void {
    this.#scheduler.after(OUTSIDE, "publish", this.#scheduler.draw(PUBLISH_MS), () => {
      this.#published++;
      if (this.#reader !== undefined) this.#pump(this.#reader);
      if (this.#published < this.#frames.length) this.#publish();
    });
  }

  #pump(reader: Reader): void {
    if (this.#reader !== reader || !reader.resumed) return;
    for (let next = reader.sent + 1; next <= this.#published; next++) {
      if (this.#acked.has(next)) {
        reader.sent = next;
        continue;
      }
      if (this.#out(reader) >= reader.window) return;
      reader.sent = next;
      this.#send(reader, next);
      if (this.#scheduler.draw(8) === 0) this.#send(reader, next);
    }
  }

  /** Frames that are sent and not acknowledged. */
  #out(reader: Reader): number {
    let out = 0;
    for (let i = 1; i <= reader.sent; i++) if (!this.#acked.has(i)) out++;
    return out;
  }

  /** Messages to one reader do not overtake each other. */
  #send(reader: Reader, sequence: number): void {
    const scheduler = this.#scheduler;
    reader.inbox.push(sequence);
    scheduler.after(reader.who, "frame", scheduler.draw(20), () => {
      const any = this.#faults.has("out of order") ? scheduler.draw(reader.inbox.length) : 0;
      const [next = 0] = reader.inbox.splice(any, 1);
      this.#deliver(reader, next);
    });
  }

  #deliver(reader: Reader, sequence: number): void {
    const foreign = this.#faults.has("foreign frame") && sequence === 3;
    const frame = (foreign ? this.#foreign : undefined) ?? this.#frames[sequence - 1];
    if (frame === undefined || this.#reader !== reader) return;
    reader.onDelivery({
      frame,
      ...{ epoch: "one", sequence, source: undefined, redelivered: false },
      ack: () => this.#ack(reader, sequence),
    });
  }

  #ack(reader: Reader, sequence: number): void {
    const scheduler = this.#scheduler;
    if (scheduler.draw(10) === 0) return;
    scheduler.after(OUTSIDE, `ack ${sequence} of ${reader.token}`, scheduler.draw(20), () => {
      const late = this.#reader !== reader || reader.token !== this.#token;
      if (late && !this.#faults.has("acks count for ever")) return;
      this.#acked.add(sequence);
      this.#pump(reader);
    });
  }

  /** Sends again, in order, what was not acknowledged for long. */
  #repeat(reader: Reader): void {
    this.#scheduler.after(OUTSIDE, "again", AGAIN_MS, () => {
      if (this.#reader !== reader || this.empty) return;
      for (let next = 1; next <= reader.sent; next++) {
        if (!this.#acked.has(next)) this.#send(reader, next);
      }
      this.#repeat(reader);
    });
  }
}
