// The bus and the log of an instance, in the hands of the test.
import type {
  Bus,
  Delivery,
  DeliveryListener,
  ErrorListener,
  PublishOutcome,
  QueueState,
  Subscription,
} from "@cauditd/bus";

/** Keeps what an instance tells. */
export class Told {
  readonly texts: string[] = [];
  readonly warn = (_details: object, text: string): void => {
    this.texts.push(text);
  };
  readonly error = this.warn;
}

/** A bus whose one subscriber gets what the test delivers. */
export class HandBus implements Bus {
  readonly kind = "memory";
  /** Sequences that were acknowledged, in order. */
  readonly acked: number[] = [];
  fail: ErrorListener = () => undefined;
  /** What closing the subscription does. */
  closing = async (): Promise<void> => undefined;
  #listener: DeliveryListener | undefined;

  async publish(): Promise<PublishOutcome> {
    return "full";
  }

  async subscribe(
    _scope: string,
    _options: { window: number },
    onDelivery: DeliveryListener,
    onError?: ErrorListener,
  ): Promise<Subscription> {
    this.#listener = onDelivery;
    if (onError !== undefined) this.fail = onError;
    return { resume: () => undefined, close: () => this.closing() };
  }

  async state(): Promise<QueueState> {
    return { frames: 0, bytes: 0 };
  }

  async remove(): Promise<void> {}

  async close(): Promise<void> {}

  epoch(): string {
    return "one";
  }

  deliver(sequence: number, frame: Uint8Array, more: Partial<Delivery> = {}): void {
    const ack = (): void => {
      this.acked.push(sequence);
    };
    const place = { epoch: this.epoch(), sequence, source: undefined, redelivered: false };
    this.#listener?.({ ...place, frame, ack, ...more });
  }
}
