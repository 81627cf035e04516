// Looks for free space again while a log is suspended for want of it.
import type { LogPolicy } from "@cauditd/kernel";

/** How often free space is looked at while it is waited for, ms. */
export const SPACE_WAIT_MS = 1000;

/** Calls `run` once, in so many milliseconds; what it returns takes that back. */
export type Later = (run: () => void, ms: number) => () => void;

/** A timer of this process, which does not keep it alive. */
export const processTimer: Later = (run, ms) => {
  const timer = setTimeout(run, ms).unref();
  return () => clearTimeout(timer);
};

/** Has free space looked at while a policy waits for it, and at no other time. */
export class SpaceWait {
  readonly #policy: LogPolicy;
  readonly #look: () => void;
  readonly #later: Later;
  #takeBack: (() => void) | undefined;
  #ended = false;

  /** @param look has the policy told how much space there is; `check` follows */
  constructor(policy: LogPolicy, look: () => void, later: Later = processTimer) {
    this.#policy = policy;
    this.#look = look;
    this.#later = later;
  }

  /** To be called whenever the policy may have changed its mind. */
  check(): void {
    if (!this.#policy.awaitsSpace) this.#stop();
    else if (!this.#ended) this.#takeBack ??= this.#later(() => this.#due(), SPACE_WAIT_MS);
  }

  /** Nothing is looked at any more. */
  end(): void {
    this.#ended = true;
    this.#stop();
  }

  #due(): void {
    this.#takeBack = undefined;
    this.#look();
  }

  #stop(): void {
    this.#takeBack?.();
    this.#takeBack = undefined;
  }
}
