// A budget shared by all subscriptions of a process, granted in the order of asking.

interface Asking {
  readonly count: number;
  readonly granted: () => void;
}

/**
 * At most `capacity` units are out at a time. It keeps the frames that the server has under way to
 * one connection below the server's `max_pending` (64 MiB), past which it drops the connection.
 */
export class Turns {
  readonly #asking: Set<Asking> = new Set();
  #left: number;

  constructor(capacity: number) {
    this.#left = capacity;
  }

  /** Calls `granted` once `count` units are free, at the earliest now. The result withdraws. */
  take(count: number, granted: () => void): () => void {
    const asking = { count, granted };
    this.#asking.add(asking);
    this.#grant();
    return () => {
      if (this.#asking.delete(asking)) this.#grant();
    };
  }

  /** Gives `count` units back. */
  give(count: number): void {
    this.#left += count;
    this.#grant();
  }

  #grant(): void {
    for (const asking of this.#asking) {
      if (asking.count > this.#left) return;
      this.#asking.delete(asking);
      this.#left -= asking.count;
      asking.granted();
    }
  }
}
