// How long the stages of an event's way take.
import { Histogram, type Registry } from "prom-client";

/**
 * - `publish`: from the sealed frame to the bus having stored it;
 * - `log`: from the frame's delivery to its events being in the log, as safe as asked for.
 */
export type Stage = "publish" | "log";

const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Measures frames, not events: nothing is paid for each event. */
export class Latency {
  readonly #histogram: Histogram<"stage"> = new Histogram({
    name: "cauditd_stage_seconds",
    help: "Time that a frame spends in a stage of its way",
    labelNames: ["stage"],
    buckets: BUCKETS,
    registers: [],
  });

  /** Puts it on the page of a registry. */
  enter(registry: Registry): void {
    registry.registerMetric(this.#histogram);
  }

  /** One frame took this long, in ms. */
  observe(stage: Stage, ms: number): void {
    this.#histogram.observe({ stage }, ms / 1000);
  }
}
