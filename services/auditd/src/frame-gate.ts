import type { Delivery, Frame } from "@cauditd/bus";
import { EVENT_WORDS } from "@cauditd/bus";
import type { Instance } from "@cauditd/kernel";

/** A frame on its way into an instance; without `frame` it was refused. */
export interface HeldFrame {
  readonly delivery: Delivery;
  readonly frame: Frame | undefined;
}

/** How frames wait. */
export interface FrameGateOptions {
  /** True: frames wait for room as long as it takes, as in a replay. Default false. */
  readonly patient?: boolean;
  /** A clock that only goes forward, ms. Default: this process's. */
  readonly now?: () => number;
}

/**
 * Lets frames into an instance in order, and holds them back, unacknowledged, while its backlog is
 * full: for up to backlog_wait_time, then they go in and what has no room is lost (AUD-107). What
 * waits is bounded by the window of the subscription.
 */
export class FrameGate {
  readonly #instance: Instance;
  readonly #pass: (held: HeldFrame) => void;
  readonly #patient: boolean;
  readonly #now: () => number;
  readonly #held: HeldFrame[] = [];
  /** When the frame at the head began to wait. */
  #since: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    instance: Instance,
    pass: (held: HeldFrame) => void,
    { patient = false, now = () => performance.now() }: FrameGateOptions = {},
  ) {
    this.#instance = instance;
    this.#pass = pass;
    this.#patient = patient;
    this.#now = now;
  }

  /** Frames that wait. */
  get waiting(): number {
    return this.#held.length;
  }

  add(held: HeldFrame): void {
    this.#held.push(held);
    this.open();
  }

  /** Lets frames pass as far as there is room; to be called when there may be more. */
  open(): void {
    for (let next = this.#held[0]; next !== undefined; next = this.#held[0]) {
      if (!this.#mayPass((next.frame?.events.length ?? 0) / EVENT_WORDS)) return;
      this.#held.shift();
      this.#pass(next);
    }
  }

  /** Forgets what waits: it stays on the bus. */
  close(): void {
    this.#held.length = 0;
    this.#endWait();
  }

  #mayPass(events: number): boolean {
    if (this.#instance.admit(events)) {
      this.#endWait();
      return true;
    }
    if (!this.#patient && this.#instance.status.waitMs === 0) return true;
    const now = this.#now();
    this.#since ??= now;
    const limit = this.#patient ? Number.POSITIVE_INFINITY : this.#instance.status.waitMs;
    const left = this.#since + limit - now;
    if (left <= 0) {
      this.#endWait();
      return true;
    }
    if (left !== Number.POSITIVE_INFINITY) {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.open();
      }, Math.ceil(left));
    }
    return false;
  }

  #endWait(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#since === undefined) return;
    this.#instance.waited(this.#now() - this.#since);
    this.#since = undefined;
  }
}
