// What was sent to one scope, and what has arrived of it.
import type { Followed, TenantEvent } from "@cauditd/client";
import { build, type Histogram } from "hdr-histogram-js";

/** The longest latency that is told apart, ms: an hour. */
const LONGEST_MS = 3_600_000;
/**
 * Behind an event that arrives, older ones are awaited for this long by their stamps, ms: an
 * event whose end no record tells is held back for 2 s.
 */
const AWAITED_MS = 10_000;
const SERIALS = 2 ** 32;
/** Type of the markers that tell of losses, docs/reference/backlog.md. */
const MARKER_TYPE = "KERNEL_OTHER";

/** Latencies in ms. */
export interface LatencySummary {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** What a ledger says. All are counts of events. */
export interface ScopeCounts {
  readonly name: string;
  /** Events that happened in this scope. */
  readonly sent: number;
  /** Of these, in its log or stream. */
  readonly seen: number;
  /** Serials that no event has: what the instance has counted as lost. */
  readonly missing: number;
  /** Losses that markers tell, by reason; a marker may come much later than its loss. */
  readonly told: Readonly<Record<string, number>>;
  /** Events of others: the instance's own, other writers'. */
  readonly others: number;
  /** Events whose serial had come before. */
  readonly repeated: number;
  /** Stamp to arrival; undefined when nothing has arrived. */
  readonly latency?: LatencySummary;
}

/** An event is known by its stamp: how many of each stamp are on the way is kept. */
export class ScopeLedger {
  readonly #name: string;
  readonly #latency: Histogram = newLatency();
  /** Events on the way, by their stamps, in order. */
  readonly #onTheWay: Map<number, number> = new Map();
  readonly #told: Map<string, number> = new Map();
  #sent = 0;
  #seen = 0;
  #missing = 0;
  #others = 0;
  #repeated = 0;
  #generation = 0;
  #serial = -1;

  constructor(name: string) {
    this.#name = name;
  }

  /** Different stamps of the events that may still arrive: what it holds in memory. */
  get stamps(): number {
    return this.#onTheWay.size;
  }

  /** Everything that has come so far: it changes as long as something does. */
  get arrived(): number {
    return this.#seen + this.#missing + this.#others;
  }

  get latency(): Histogram {
    return this.#latency;
  }

  get counts(): ScopeCounts {
    const latency = summary(this.#latency);
    return {
      name: this.#name,
      sent: this.#sent,
      seen: this.#seen,
      missing: this.#missing,
      told: Object.fromEntries(this.#told),
      others: this.#others,
      repeated: this.#repeated,
      ...(latency === undefined ? {} : { latency }),
    };
  }

  /** An event goes out. @param at its stamp, ms since 1970, not before the last one's */
  send(at: number): void {
    this.#sent++;
    this.#onTheWay.set(at, (this.#onTheWay.get(at) ?? 0) + 1);
  }

  /** Something has come. @param now ms since 1970 */
  take({ event, gap }: Followed, now: number): void {
    if (gap !== undefined) this.#missing += gap.events;
    else if (this.#isNew(event)) this.#arrive(event, now);
    else this.#repeated++;
  }

  #isNew({ generation, serial }: TenantEvent): boolean {
    // Behind 4294967295 comes 0; half the numbers away is behind.
    const ahead = (serial - this.#serial + SERIALS) % SERIALS;
    if (generation === this.#generation && (ahead === 0 || ahead >= SERIALS / 2)) return false;
    this.#generation = generation;
    this.#serial = serial;
    return true;
  }

  #arrive(event: TenantEvent, now: number): void {
    const [first] = event.records;
    if (first?.type === MARKER_TYPE && first.fields["op"] === "lost") {
      const { reason = "", lost } = first.fields;
      this.#told.set(reason, (this.#told.get(reason) ?? 0) + Number(lost));
      this.#others++;
      return;
    }
    const left = this.#onTheWay.get(event.time);
    if (left === undefined) {
      this.#others++;
      return;
    }
    this.#seen++;
    this.#latency.recordValue(Math.min(Math.max(now - event.time, 0), LONGEST_MS));
    if (left === 1) this.#onTheWay.delete(event.time);
    else this.#onTheWay.set(event.time, left - 1);
    this.#forget(event.time - AWAITED_MS);
  }

  /** What is stamped before that comes no more. */
  #forget(before: number): void {
    for (const at of this.#onTheWay.keys()) {
      if (at >= before) return;
      this.#onTheWay.delete(at);
    }
  }
}

/** A histogram of latencies in ms, exact to three digits. */
export function newLatency(): Histogram {
  return build({ highestTrackableValue: LONGEST_MS, numberOfSignificantValueDigits: 3 });
}

/** The percentiles; undefined of nothing. */
export function summary(latency: Histogram): LatencySummary | undefined {
  if (latency.totalCount === 0) return undefined;
  const at = (percentile: number): number => latency.getValueAtPercentile(percentile);
  return { p50: at(50), p90: at(90), p99: at(99), max: latency.maxValue };
}
