// A bus that measures what goes over it.
import type {
  Bus,
  Delivery,
  DeliveryListener,
  ErrorListener,
  PublishOutcome,
  QueueState,
  SubscribeOptions,
  Subscription,
} from "@cauditd/bus";
import type { Latency } from "./latency.ts";

/**
 * A bus that is `bus`, and tells `latency` of each frame: how long it took to be stored (`publish`)
 * and from its delivery to its acknowledgement, which says that it is in the log (`log`).
 */
export class TimedBus implements Bus {
  readonly #bus: Bus;
  readonly #latency: Pick<Latency, "observe">;
  readonly #now: () => number;

  /** @param now a monotonic time in ms */
  constructor(
    bus: Bus,
    latency: Pick<Latency, "observe">,
    now: () => number = () => performance.now(),
  ) {
    this.#bus = bus;
    this.#latency = latency;
    this.#now = now;
  }

  get kind(): Bus["kind"] {
    return this.#bus.kind;
  }

  async publish(...frame: Parameters<Bus["publish"]>): Promise<PublishOutcome> {
    const since = this.#now();
    const outcome = await this.#bus.publish(...frame);
    if (outcome === "stored") this.#latency.observe("publish", this.#now() - since);
    return outcome;
  }

  epoch(scope: string): string {
    return this.#bus.epoch(scope);
  }

  subscribe(
    scope: string,
    options: SubscribeOptions,
    onDelivery: DeliveryListener,
    onError?: ErrorListener,
  ): Promise<Subscription> {
    const timed: DeliveryListener = (delivery) => onDelivery(this.#timed(delivery));
    return this.#bus.subscribe(scope, options, timed, onError);
  }

  state(scope: string): Promise<QueueState> {
    return this.#bus.state(scope);
  }

  remove(scope: string): Promise<void> {
    return this.#bus.remove(scope);
  }

  close(): Promise<void> {
    return this.#bus.close();
  }

  #timed(delivery: Delivery): Delivery {
    const since = this.#now();
    let done = false;
    const ack = (): void => {
      if (!done) this.#latency.observe("log", this.#now() - since);
      done = true;
      delivery.ack();
    };
    return { ...delivery, ack };
  }
}
