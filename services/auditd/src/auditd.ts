import { randomInt } from "node:crypto";
import { join } from "node:path";
import { type NameSource, NO_NAMES } from "@cauditd/auparse";
import type { Bus, Lease } from "@cauditd/bus";
import {
  DaemonSerials,
  type Instance,
  type InstanceOptions,
  LogPolicy,
  type Retention,
} from "@cauditd/kernel";
import type { AuditdConf } from "@cauditd/libaudit";
import { AuditdInstance } from "./auditd-instance.ts";
import type { AuditdLog, InstanceRules } from "./auditd-instance-options.ts";
import { BufferPool } from "./buffer-pool.ts";
import { FrameInlet } from "./frame-inlet.ts";
import { LogConduct, startOf } from "./io/conduct.ts";
import { type Disk, machineDisk } from "./io/disk.ts";
import { InstanceLog } from "./io/instance-log.ts";
import { MachineActions, type RunlevelPrograms } from "./io/log-actions.ts";
import type { LogSettings } from "./io/log-settings.ts";
import { LineFormat } from "./line-format.ts";
import { type InstanceStream, StreamPublisher } from "./stream/stream-publisher.ts";

/** How one instance is served. */
export interface ServeOptions {
  /** Without: the rule `-a always,exit -S all`. */
  readonly rules?: InstanceRules;
  /** Its overflow policy, and its quota. */
  readonly instance?: InstanceOptions;
  /** Frames wait for room in its backlog as long as it takes, as in a replay. Default false. */
  readonly patient?: boolean;
  /** How its log is kept, when there is no auditd.conf. */
  readonly settings?: LogSettings;
  /** Its auditd.conf. */
  readonly conf?: AuditdConf;
  /** With `conf`: the names of the container's users and groups, for log_format = ENRICHED. */
  readonly names?: NameSource;
  /** With `conf`: the daemon's own records are written. Default true. */
  readonly daemonRecords?: boolean;
  /** With `conf`: what SINGLE and HALT run for this container. */
  readonly runlevels?: RunlevelPrograms;
  /** Rotated files that are kept, and how; beyond what `conf` says. */
  readonly retention?: Retention;
  /** Suspended for want of space, the log goes on when there is some. Default false, as auditd. */
  readonly resumesWithSpace?: boolean;
  /** An earlier log of this name is removed. Default false: it is continued. */
  readonly fresh?: boolean;
  /** False: nothing is kept for a restart. Default true. */
  readonly checkpoint?: boolean;
  /** The file system of the log; default: this machine's. */
  readonly disk?: Disk;
  /** Its tenant's stream, which gets what is in the log. Default: none. */
  readonly stream?: InstanceStream | undefined;
  /** The right to the scope, where several processes may have it. */
  readonly lease?: Lease;
  /** Sets the instance up before its first event. */
  readonly prepare?: (instance: Instance) => void;
}

/** Hosts instances: one for each scope that it is told to serve. */
export class Auditd {
  readonly #bus: Bus;
  readonly #folder: string;
  readonly #told: AuditdLog;
  readonly #pool: BufferPool = new BufferPool();
  readonly #instances: Map<string, AuditdInstance> = new Map();

  /** @param folder the instances' logs are `folder/<name>/audit.log` */
  constructor(bus: Bus, folder: string, told: AuditdLog) {
    this.#bus = bus;
    this.#folder = folder;
    this.#told = told;
  }

  /** The instances, by scope, in the order in which they were started. */
  get instances(): ReadonlyMap<string, AuditdInstance> {
    return this.#instances;
  }

  /**
   * Starts the instance of a scope; it goes on where an earlier one of this name stopped.
   * @param name the container's name, or `host`: its log's folder
   * @param scope `host`, or the decimal contid
   * @throws as InstanceLog.open and Bus.subscribe: EBUSY for a scope that is served already
   */
  async serve(name: string, scope: string, options: ServeOptions = {}): Promise<AuditdInstance> {
    const inlet = await FrameInlet.open(this.#bus, scope, options.lease);
    let served: AuditdInstance | undefined;
    try {
      served = await this.#open(name, scope, options);
      if (options.rules !== undefined) served.instance.rules.load(options.rules.rules);
      options.prepare?.(served.instance);
      served.begin(inlet);
    } catch (error) {
      await Promise.all([inlet.close(), served?.stop()]);
      throw error;
    }
    this.#instances.set(scope, served);
    return served;
  }

  async #open(name: string, scope: string, options: ServeOptions): Promise<AuditdInstance> {
    const { rules, instance, patient, conf, stream: to, lease, prepare: _, ...rest } = options;
    const path = join(this.#folder, name, "audit.log");
    // Whatever is told of an instance says which one.
    const told = this.#told.child?.({ instance: name }) ?? this.#told;
    const format =
      conf === undefined ? undefined : await LineFormat.of(conf, options.names ?? NO_NAMES);
    const given =
      conf === undefined
        ? rest
        : { ...rest, conduct: this.#conductOf(name, conf, options, format) };
    // First the stream, then the log: what an earlier owner has published is in the log then.
    const stream = to && (await StreamPublisher.open({ ...to, scope, told, lease }));
    const owner = lease === undefined ? {} : { token: lease.token };
    let log: InstanceLog;
    try {
      log = await InstanceLog.open(path, { ...given, ...owner, log: told });
    } catch (error) {
      await stream?.abandon();
      throw error;
    }
    const disk = options.disk ?? machineDisk;
    const serial = await stream?.start({ disk, path, serial: log.recovered?.serial });
    return new AuditdInstance({
      name,
      scope,
      log,
      told,
      ...(stream === undefined || serial === undefined ? {} : { stream, serial }),
      ...(format === undefined ? {} : { format }),
      pool: this.#pool,
      patient: patient === true,
      instance: { ...instance, ...(rules === undefined ? {} : { arch: rules.arch }) },
    });
  }

  /** Stops the instance of a scope and forgets it. Errors as AuditdInstance.stop. */
  async release(scope: string): Promise<void> {
    const served = this.#instances.get(scope);
    this.#instances.delete(scope);
    await served?.stop();
  }

  /** Drops the instance of a scope, whose lease is over. See AuditdInstance.abandon. */
  async abandon(scope: string): Promise<void> {
    const served = this.#instances.get(scope);
    this.#instances.delete(scope);
    await served?.abandon();
  }

  #conductOf(
    name: string,
    conf: AuditdConf,
    options: ServeOptions,
    format: LineFormat | undefined,
  ): LogConduct {
    const { daemonRecords = true, runlevels = {}, resumesWithSpace = false } = options;
    return new LogConduct({
      policy: new LogPolicy(conf, { resumesWithSpace }),
      actions: new MachineActions({ name, told: this.#told, runlevels }),
      serials: new DaemonSerials((bound) => randomInt(bound)),
      now: () => Date.now(),
      decorate: (line) => format?.add(line) ?? line,
      ...(daemonRecords ? { start: startOf(conf) } : {}),
    });
  }

  /**
   * Stops every instance; the frames at hand are finished first.
   * @throws the first error of closing one, after all have stopped
   */
  async stop(): Promise<void> {
    const stops = [...this.#instances.values()].map((served) => served.stop());
    for (const stop of await Promise.allSettled(stops)) {
      if (stop.status === "rejected") throw stop.reason;
    }
  }
}
