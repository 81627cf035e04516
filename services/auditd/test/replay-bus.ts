// A bus that holds the frames of one scope, and delivers again what was not acknowledged.
import type {
  Bus,
  DeliveryListener,
  ErrorListener,
  PublishOutcome,
  QueueState,
  Subscription,
} from "@cauditd/bus";

export class ReplayBus implements Bus {
  readonly kind = "memory";
  readonly #frames: readonly Uint8Array[];
  /** Frames that were acknowledged: all up to this sequence. */
  acked = 0;
  /** True: the subscriber is no more; what it does has no effect. */
  dead: () => boolean = () => false;

  /** The frames have the sequences 1, 2, ... */
  constructor(frames: readonly Uint8Array[]) {
    this.#frames = frames;
  }

  /** Sequence of the last frame. */
  get last(): number {
    return this.#frames.length;
  }

  epoch(): string {
    return "one";
  }

  async publish(): Promise<PublishOutcome> {
    return "full";
  }

  async subscribe(
    _scope: string,
    options: { window: number },
    onDelivery: DeliveryListener,
    onError?: ErrorListener,
  ): Promise<Subscription> {
    let next = this.acked;
    let open = true;
    const deliver = (): void => {
      while (open && next < this.#frames.length && next - this.acked < options.window) {
        const sequence = ++next;
        const frame = this.#frames[sequence - 1] as Uint8Array;
        const place = { epoch: this.epoch(), sequence, source: undefined, redelivered: false };
        onDelivery({ ...place, frame, ack: () => ack(sequence) });
      }
    };
    const ack = (sequence: number): void => {
      if (this.dead()) {
        onError?.(new Error("the subscriber is dead"));
        return;
      }
      this.acked = Math.max(this.acked, sequence);
      queueMicrotask(deliver);
    };
    return {
      resume: () => queueMicrotask(deliver),
      close: async () => {
        open = false;
      },
    };
  }

  async state(): Promise<QueueState> {
    return { frames: this.#frames.length - this.acked, bytes: 0 };
  }

  async remove(): Promise<void> {}

  async close(): Promise<void> {}
}
