// Subscribes and keeps what comes.
import type { Bus, Delivery, Subscription } from "@cauditd/bus";

/** What a subscription got, in order, with a promise for "so many". */
export class Collector {
  readonly deliveries: Delivery[] = [];
  readonly errors: Error[] = [];
  subscription: Subscription | undefined;
  readonly #ack: boolean;
  #waiting: { count: () => number; target: number; done: () => void }[] = [];

  /** `ack`: acknowledge each frame at once. */
  constructor(ack: boolean) {
    this.#ack = ack;
  }

  static async open(bus: Bus, scope: string, window: number, ack: boolean): Promise<Collector> {
    const collector = new Collector(ack);
    collector.subscription = await bus.subscribe(
      scope,
      { window },
      (delivery) => collector.take(delivery),
      (error) => collector.fail(error),
    );
    return collector;
  }

  get sequences(): number[] {
    return this.deliveries.map(({ sequence }) => sequence);
  }

  take(delivery: Delivery): void {
    this.deliveries.push(delivery);
    if (this.#ack) delivery.ack();
    this.#wake();
  }

  fail(error: Error): void {
    this.errors.push(error);
    this.#wake();
  }

  /** Resolves when there are `target` deliveries. */
  until(target: number): Promise<void> {
    return this.#until(() => this.deliveries.length, target);
  }

  /** Resolves when there are `target` errors. */
  untilErrors(target: number): Promise<void> {
    return this.#until(() => this.errors.length, target);
  }

  async close(): Promise<void> {
    await this.subscription?.close();
  }

  #until(count: () => number, target: number): Promise<void> {
    if (count() >= target) return Promise.resolve();
    return new Promise((done) => {
      this.#waiting.push({ count, target, done });
    });
  }

  #wake(): void {
    this.#waiting = this.#waiting.filter(({ count, target, done }) => {
      if (count() < target) return true;
      done();
      return false;
    });
  }
}
