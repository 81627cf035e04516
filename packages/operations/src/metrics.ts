// The metrics page: what a process tells of itself, in Prometheus' form.
import type { ConsumerLag } from "@cauditd/bus";
import { LOST_REASONS } from "@cauditd/kernel";
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { Latency } from "./latency.ts";
import type { ControlStats, InstanceStats, ProcessStats, QueueStats } from "./stats.ts";

/** A count, or a level, of one scope. */
interface Series<T> {
  readonly name: string;
  readonly help: string;
  readonly of: (item: T) => number;
}

/** Counts of control, by a label. */
interface ControlSeries {
  readonly name: string;
  readonly help: string;
  readonly label: string;
  readonly of: (control: ControlStats) => Readonly<Record<string, number>>;
}

const INSTANCE_COUNTS: readonly Series<InstanceStats>[] = [
  {
    name: "cauditd_events_received_total",
    help: "Events that reached the instance",
    of: ({ account }) => account.routed,
  },
  {
    name: "cauditd_events_own_total",
    help: "Events that the instance made itself",
    of: ({ account }) => account.own,
  },
  {
    name: "cauditd_events_filtered_total",
    help: "Events that the rules of the instance passed over",
    of: ({ account }) => account.filtered,
  },
  {
    name: "cauditd_events_disabled_total",
    help: "Events passed over because auditing of the scope was off",
    of: ({ account }) => account.disabled,
  },
  {
    name: "cauditd_events_written_total",
    help: "Events in the log",
    of: ({ account }) => account.written,
  },
  {
    name: "cauditd_log_written_bytes_total",
    help: "Bytes written to the log",
    of: ({ log }) => log.written,
  },
  {
    name: "cauditd_frames_refused_total",
    help: "Frames that were no frames of the scope",
    of: ({ refused }) => refused,
  },
];

const INSTANCE_LEVELS: readonly Series<InstanceStats>[] = [
  {
    name: "cauditd_events_in_flight",
    help: "Events that reached the instance and are not dealt with",
    of: ({ account }) => account.inFlight,
  },
  { name: "cauditd_backlog_events", help: "Backlog", of: ({ backlog }) => backlog },
  {
    name: "cauditd_backlog_limit_events",
    help: "Bound of the backlog, 0 = none",
    of: ({ backlogLimit }) => backlogLimit,
  },
  {
    name: "cauditd_backlog_peak_events",
    help: "The most that the backlog has held",
    of: ({ backlogPeak }) => backlogPeak,
  },
  { name: "cauditd_log_size_bytes", help: "Bytes of the current file", of: ({ log }) => log.size },
  {
    name: "cauditd_log_suspended",
    help: "1 = nothing is written to the log",
    of: ({ log }) => (log.suspended ? 1 : 0),
  },
  {
    name: "cauditd_instance_failed",
    help: "1 = the instance works no more",
    of: ({ failure }) => (failure === undefined ? 0 : 1),
  },
];

const QUEUE_COUNTS: readonly Series<QueueStats>[] = [
  {
    name: "cauditd_events_routed_total",
    help: "Events routed to the scope",
    of: ({ routed }) => routed,
  },
  {
    name: "cauditd_events_published_total",
    help: "Events that the bus has stored",
    of: ({ published }) => published,
  },
];

const QUEUE_LEVELS: readonly Series<QueueStats>[] = [
  {
    name: "cauditd_queue_held_events",
    help: "Events that have not left the dispatcher",
    of: ({ held }) => held,
  },
];

/** What waits for workers; a scope of which the bus does not say it is not on the page. */
const WAITING_LEVELS: readonly Series<QueueStats>[] = [
  {
    name: "cauditd_queue_waiting_frames",
    help: "Frames on the bus that no worker has acknowledged",
    of: ({ waiting }) => waiting ?? 0,
  },
];

/** Of the consumers of the tenants' streams. */
const CONSUMER_LEVELS: readonly Series<ConsumerLag>[] = [
  {
    name: "cauditd_stream_consumer_pending_batches",
    help: "Batches of the tenant's stream that no reader of the consumer has been given",
    of: ({ pending }) => pending,
  },
  {
    name: "cauditd_stream_consumer_unacknowledged_batches",
    help: "Batches that readers of the consumer have, and have not acknowledged",
    of: ({ unacknowledged }) => unacknowledged,
  },
];

/** Of the tenants' streams; an instance without one is not on the page. */
const STREAM_COUNTS: readonly Series<InstanceStats>[] = [
  {
    name: "cauditd_stream_events_total",
    help: "Events stored in the tenant's stream",
    of: ({ stream }) => stream?.events ?? 0,
  },
  {
    name: "cauditd_stream_missed_events_total",
    help: "Events that the tenant's stream does not get",
    of: ({ stream }) => stream?.missed ?? 0,
  },
  {
    name: "cauditd_stream_failures_total",
    help: "Failed attempts to store in the tenant's stream",
    of: ({ stream }) => stream?.failures ?? 0,
  },
];

const STREAM_LEVELS: readonly Series<InstanceStats>[] = [
  {
    name: "cauditd_stream_behind_events",
    help: "Serials that are in the log and not in the tenant's stream yet",
    of: ({ stream }) => stream?.behind ?? 0,
  },
  {
    name: "cauditd_stream_failed",
    help: "1 = nothing is stored in the tenant's stream now",
    of: ({ stream }) => (stream?.failure === undefined ? 0 : 1),
  },
];

/** How the process stands, asked for at each look at the page. */
export type StatsSource = () => ProcessStats;

/** What is on the page beside the counts. */
export interface MetricsOptions {
  /** Whether to tell of Node.js itself (memory, event loop). Default: true. */
  readonly defaults?: boolean;
  readonly latency?: Latency | undefined;
}

/** The metrics of one process. */
export class Metrics {
  readonly #registry: Registry = new Registry();
  readonly #source: StatsSource;
  /** As of the page that is being made. */
  #stats: ProcessStats;

  constructor(source: StatsSource, { defaults = true, latency }: MetricsOptions = {}) {
    this.#source = source;
    this.#stats = source();
    const stats = (): ProcessStats => this.#stats;
    const registers = [this.#registry];
    latency?.enter(this.#registry);
    if (defaults) collectDefaultMetrics({ register: this.#registry });
    for (const series of INSTANCE_COUNTS) this.#count(series, () => stats().instances);
    for (const series of QUEUE_COUNTS) this.#count(series, () => stats().queues);
    for (const series of INSTANCE_LEVELS) this.#level(series, () => stats().instances);
    for (const series of QUEUE_LEVELS) this.#level(series, () => stats().queues);
    const streaming = () => stats().instances.filter(({ stream }) => stream !== undefined);
    for (const series of STREAM_COUNTS) this.#count(series, streaming);
    for (const series of STREAM_LEVELS) this.#level(series, streaming);
    const waiting = () => stats().queues.filter(({ waiting }) => waiting !== undefined);
    for (const series of WAITING_LEVELS) this.#level(series, waiting);
    for (const series of CONSUMER_LEVELS) this.#consumers(series, streaming);
    this.#nats(stats);
    new Gauge({
      name: "cauditd_leases_held",
      help: "Scopes that the process has by lease",
      registers,
      collect() {
        this.reset();
        const { leases } = stats();
        if (leases !== undefined) this.set(leases);
      },
    });
    new Counter({
      name: "cauditd_events_lost_total",
      help: "Events lost, by reason; `bus` is counted by the dispatcher alone",
      labelNames: ["name", "scope", "reason"],
      registers,
      collect() {
        this.reset();
        const { instances, queues } = stats();
        for (const { name, scope, account } of instances) {
          for (const reason of LOST_REASONS) {
            if (reason !== "bus") this.inc({ name, scope, reason }, account.lost[reason]);
          }
        }
        for (const { name, scope, lost } of queues) this.inc({ name, scope, reason: "bus" }, lost);
      },
    });
    new Counter({
      name: "cauditd_source_lines_total",
      help: "Lines of the source, by what they were",
      labelNames: ["kind"],
      registers,
      collect() {
        this.reset();
        const { source } = stats();
        for (const kind of ["records", "malformed", "eoe"] as const) {
          if (source !== undefined) this.inc({ kind }, source[kind]);
        }
      },
    });
    new Gauge({
      name: "cauditd_ready",
      help: "1 = ready",
      registers,
      collect() {
        this.set(stats().problems.length === 0 ? 1 : 0);
      },
    });
  }

  /** The page, and its type. */
  async page(): Promise<{ readonly type: string; readonly text: string }> {
    this.#stats = this.#source();
    return { type: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  /** What is counted of NATS itself; 0 for a process without. */
  #nats(stats: StatsSource): void {
    const registers = [this.#registry];
    new Counter({
      name: "cauditd_frames_damaged_total",
      help: "Frames that arrived with something else than they were sent with",
      registers,
      collect() {
        this.reset();
        this.inc(stats().damaged ?? 0);
      },
    });
    new Counter({
      name: "cauditd_control_unanswered_total",
      help: "Control requests whose reply subject was no inbox of their sender",
      registers,
      collect() {
        this.reset();
        this.inc(stats().control?.unanswered ?? 0);
      },
    });
    this.#ofControl(stats, {
      name: "cauditd_control_astray_total",
      help: "Requests of a tenant whose answers were to go to where others listen",
      label: "tenant",
      of: ({ astray }) => astray,
    });
    this.#ofControl(stats, {
      name: "cauditd_control_flooded_total",
      help: "Control requests that were not read, as their principal asked for more than it may",
      label: "principal",
      of: ({ flooded }) => flooded,
    });
    this.#ofControl(stats, {
      name: "cauditd_control_disconnects_total",
      help: "Ends of connections for control requests, which are made again",
      label: "principals",
      of: ({ cuts }) => cuts,
    });
  }

  #ofControl(stats: StatsSource, { name, help, label, of }: ControlSeries): void {
    new Counter({
      ...{ name, help, labelNames: [label], registers: [this.#registry] },
      collect() {
        this.reset();
        const { control } = stats();
        for (const [key, times] of Object.entries(control === undefined ? {} : of(control))) {
          this.inc({ [label]: key }, times);
        }
      },
    });
  }

  #consumers(
    { name, help, of }: Series<ConsumerLag>,
    instances: () => readonly InstanceStats[],
  ): void {
    new Gauge({
      ...{ name, help, labelNames: ["name", "scope", "consumer"], registers: [this.#registry] },
      collect() {
        this.reset();
        for (const { name, scope, stream } of instances()) {
          for (const one of stream?.consumers ?? []) {
            this.set({ name, scope, consumer: one.name }, of(one));
          }
        }
      },
    });
  }

  #count<T extends { readonly name: string; readonly scope: string }>(
    { name, help, of }: Series<T>,
    items: () => readonly T[],
  ): void {
    new Counter({
      ...{ name, help, labelNames: ["name", "scope"], registers: [this.#registry] },
      // What is counted elsewhere is taken over as it stands.
      collect() {
        this.reset();
        for (const item of items()) this.inc({ name: item.name, scope: item.scope }, of(item));
      },
    });
  }

  #level<T extends { readonly name: string; readonly scope: string }>(
    { name, help, of }: Series<T>,
    items: () => readonly T[],
  ): void {
    new Gauge({
      ...{ name, help, labelNames: ["name", "scope"], registers: [this.#registry] },
      collect() {
        this.reset();
        for (const item of items()) this.set({ name: item.name, scope: item.scope }, of(item));
      },
    });
  }
}
