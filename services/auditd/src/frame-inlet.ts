// The frames of a scope, from the moment that it is claimed.
import type { Bus, DeliveryListener, ErrorListener, Lease, Subscription } from "@cauditd/bus";

/** Unacknowledged frames that an instance holds: the one being written and those behind it. */
const WINDOW = 4;

/**
 * A scope that is claimed and not yet read from. An owner claims first, and opens the log then:
 * from the claim on no earlier owner can take a frame off the queue, so that what is not in the log
 * as it is opened will be delivered.
 */
export class FrameInlet {
  #subscription: Subscription | undefined;
  #onDelivery: DeliveryListener | undefined;
  #onError: ErrorListener | undefined;
  /** What happened before somebody listened. */
  #early: Error | undefined;

  /** Claims a scope. Errors as Bus.subscribe. */
  static async open(bus: Bus, scope: string, lease?: Lease): Promise<FrameInlet> {
    const inlet = new FrameInlet();
    inlet.#subscription = await bus.subscribe(
      scope,
      { window: WINDOW, paused: true, ...(lease === undefined ? {} : { lease }) },
      (delivery) => inlet.#onDelivery?.(delivery),
      (error) => {
        if (inlet.#onError === undefined) inlet.#early ??= error;
        else inlet.#onError(error);
      },
    );
    return inlet;
  }

  /** Begins delivery. @throws what ended the subscription since it was claimed */
  begin(onDelivery: DeliveryListener, onError: ErrorListener): void {
    if (this.#early !== undefined) throw this.#early;
    this.#onDelivery = onDelivery;
    this.#onError = onError;
    this.#subscription?.resume();
  }

  /** Ends the subscription; see Subscription.close. */
  async close(): Promise<void> {
    await this.#subscription?.close();
  }
}
