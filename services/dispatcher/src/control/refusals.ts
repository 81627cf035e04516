// What is recorded of refusals: a principal that asks all day must not fill the logs with them.
import { type ControlRecord, MARKER_TYPE, type Quota, QuotaBucket } from "@cauditd/kernel";
import { quoted } from "./quoted.ts";

/** Records of refusals that each principal may cause. */
export const REFUSAL_QUOTA: Quota = { rate: 10, burst: 50 };
/** The shortest time between two markers of one principal, ms. */
const MARKER_MS = 1000;

/** Calls something later, once; the answer takes it back. */
export type Later = (ms: number, act: () => void) => () => void;

/** How refusals are limited. */
export interface RefusalsOptions {
  /** Time in ms since 1970. */
  readonly now: () => number;
  readonly later: Later;
  readonly quota?: Quota;
  /** Records a marker for a principal, in its scope and above. */
  readonly mark: (principal: string, marker: ControlRecord) => void;
}

interface Kept {
  readonly bucket: QuotaBucket;
  /** Refusals that are in no record, not even a marker's. */
  lost: number;
  /** When the last marker was made, ms. */
  marked: number;
  cancel: (() => void) | undefined;
}

/**
 * Bounds the records of refusals, principal by principal. What is over the quota is counted, and
 * told by a marker at once and then at most once a second, as other losses are.
 */
export class Refusals {
  readonly #options: RefusalsOptions;
  readonly #kept: Map<string, Kept> = new Map();

  constructor(options: RefusalsOptions) {
    this.#options = options;
  }

  /** True if a refusal is to be recorded; else it has been counted. */
  passes(principal: string): boolean {
    const { now, quota = REFUSAL_QUOTA } = this.#options;
    let kept = this.#kept.get(principal);
    if (kept === undefined) {
      const bucket = new QuotaBucket(quota);
      kept = { bucket, lost: 0, marked: Number.NEGATIVE_INFINITY, cancel: undefined };
      this.#kept.set(principal, kept);
    }
    if (kept.bucket.takes(now())) return true;
    kept.lost++;
    this.#due(principal, kept);
    return false;
  }

  /** Tells what has not been told: nobody is heard any more. */
  end(): void {
    for (const [principal, kept] of this.#kept) {
      kept.cancel?.();
      if (kept.lost > 0) this.#mark(principal, kept);
    }
  }

  #due(principal: string, kept: Kept): void {
    if (kept.cancel !== undefined) return;
    const { now, later } = this.#options;
    const wait = kept.marked + MARKER_MS - now();
    if (wait <= 0 || wait > MARKER_MS) this.#mark(principal, kept);
    else kept.cancel = later(wait, () => this.#mark(principal, kept));
  }

  #mark(principal: string, kept: Kept): void {
    const { lost } = kept;
    kept.cancel = undefined;
    kept.marked = this.#options.now();
    kept.lost = 0;
    const body = `op=lost reason=refused principal=${quoted(principal)} lost=${lost} res=0`;
    this.#options.mark(principal, { type: MARKER_TYPE, body });
  }
}

/** By a timer that keeps no process alive. */
export const laterByTimer: Later = (ms, act) => {
  const timer = setTimeout(act, ms);
  timer.unref();
  return () => clearTimeout(timer);
};
