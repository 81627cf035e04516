// `cauditd auditd`: a process that serves instances, one of any number.
import { hostname } from "node:os";
import { WorkerService } from "@cauditd/auditd";
import { connectNatsBus, openInstanceAnswers, openNatsTenantStreams } from "@cauditd/bus";
import { Lag, Latency, openOperations, TimedBus } from "@cauditd/operations";
import { readSettings } from "../config/settings.ts";
import { WorkerSettings } from "../config/worker-settings.ts";
import { signalInstance } from "../node/instance-signal.ts";
import { listenForLogSignals } from "../node/log-signals.ts";
import type { Io } from "../terminal/io.ts";
import { NATS_LIMITS } from "./serve-options.ts";
import {
  DEFAULT_CONFIG,
  onServer,
  openBucket,
  operationsOf,
  type ServiceOptions,
  serverOf,
} from "./service-connections.ts";
import { workerStats } from "./service-stats.ts";
import { usableFolder } from "./usable-folder.ts";

/** Options of `cauditd auditd`. */
export interface WorkerOptions extends ServiceOptions {
  readonly name?: string;
}

/**
 * Serves the scopes that fall to it until a signal comes.
 * @returns the exit code: 0
 * @throws {InputError} for a bad configuration, also for a folder that no log can be written into
 */
export async function worker(options: WorkerOptions, io: Io): Promise<number> {
  const path = options.config ?? DEFAULT_CONFIG;
  const first = await readSettings(path, io.log);
  const { config } = first;
  const server = serverOf(options, config, "auditd");
  const name = options.name ?? config.worker.name ?? workerName(hostname());
  const ttl = config.worker.ttl * 1000;
  await usableFolder(config.logs);
  return await onServer(io, async (opened, reach) => {
    // What is not answered within the lease is of no use any more.
    const timeout = Math.ceil(ttl / 3);
    const workers = await reach(() => openBucket(server, "workers", { ttl, timeout }));
    const owners = await reach(() => openBucket(server, "owners", { timeout }));
    const host = await reach(() => openBucket(server, "host", { timeout }));
    const state = await reach(() => openBucket(server, "state", { timeout }));
    const answers = await reach(() => openInstanceAnswers(server));
    const streams = config.streams && (await reach(() => openNatsTenantStreams(server)));
    const bus = await reach(() => connectNatsBus({ ...server, limits: NATS_LIMITS }));
    const latency = new Latency();
    const settings = new WorkerSettings(path, first, streams, io.log);
    const service = new WorkerService({
      name,
      ttl,
      bus: new TimedBus(bus, latency),
      stores: { workers, owners, host, state },
      folder: config.logs,
      optionsOf: (instance) => settings.optionsOf(instance),
      told: io.log,
      answers,
      signal: (instance, signal) =>
        signalInstance(instance, signal, () => settings.confFiles.reload(instance)),
    });
    const scopes = () => service.auditd.instances.keys();
    const lag = await opened(new Lag({ streams, scopes, told: io.log }).start());
    const operations = await openOperations(
      { ...operationsOf("auditd", server, config), latency },
      () => lag.in({ ...workerStats(service, server.host, name), damaged: bus.damaged }),
    ).catch(async (error: unknown) => {
      await service.stop();
      throw error;
    });
    const reload = async (): Promise<void> => {
      if (io.stop.signal !== undefined) return;
      const reloaded = await settings.reload(service.auditd.instances.values());
      io.out(`${JSON.stringify({ auditd: name, reloaded })}\n`);
    };
    const quiet = listenForLogSignals({ reload }, io.log);
    io.out(`${JSON.stringify({ auditd: name, host: server.host })}\n`);
    await io.stop.requested;
    await service.stop().finally(() => operations.close());
    quiet();
    return 0;
  });
}

/** A machine's name as a worker's. */
export function workerName(machine: string): string {
  const short = machine.split(".")[0] ?? "";
  return short.replace(/[^A-Za-z0-9-]/g, "-").slice(0, 48) || "auditd";
}
