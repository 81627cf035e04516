// `cauditd dispatcher`: the host's part of cauditd in a process of its own.
import { connectNatsBus, openInstanceRequests } from "@cauditd/bus";
import { DispatcherService, HostBook } from "@cauditd/dispatcher";
import { Lag, Latency, openOperations, TimedBus } from "@cauditd/operations";
import { readConfig } from "../config/config.ts";
import { reloadDispatcher } from "../config/reload.ts";
import { listenForLogSignals } from "../node/log-signals.ts";
import { enterTasks } from "../source/enter-tasks.ts";
import { openSource } from "../source/live-source.ts";
import { seesHostTasks } from "../source/tasks-here.ts";
import type { Io } from "../terminal/io.ts";
import { type DispatcherControl, openDispatcherControl } from "./dispatcher-control.ts";
import { NATS_LIMITS } from "./serve-options.ts";
import {
  DEFAULT_CONFIG,
  onServer,
  openBucket,
  operationsOf,
  type ServiceOptions,
  serverOf,
} from "./service-connections.ts";
import { dispatcherStats } from "./service-stats.ts";

/**
 * Takes records from the source and stores them on the bus, scope by scope, until a signal comes or
 * the source is over.
 * @returns the exit code: 0 after a clean stop, 1 when the bus has not taken everything
 * @throws {InputError} for a bad configuration; EOWNERDEAD when another dispatcher has taken over
 */
export async function dispatcher(options: ServiceOptions, io: Io): Promise<number> {
  const path = options.config ?? DEFAULT_CONFIG;
  const config = await readConfig(path);
  const server = serverOf(options, config, "dispatcher");
  const source = await openSource(config.source, config.containers, io.log);
  return await onServer(io, async (opened, reach) => {
    const store = await reach(() => openBucket(server, "host"));
    const book = await HostBook.open(store, Date.now);
    const { epoch } = book;
    const bus = await reach(() => connectNatsBus({ ...server, epoch, limits: NATS_LIMITS }));
    const requests = await reach(() => openInstanceRequests(server));
    const containers = source.registrations;
    const latency = new Latency();
    const service = await DispatcherService.start({
      bus: new TimedBus(bus, latency),
      book,
      source,
      containers,
      told: io.log,
    });
    if (config.source.type === "unix" && seesHostTasks()) {
      enterTasks(service.dispatcher, (container) => service.tasksOf(container), true);
    }
    const stop = new AbortController();
    void io.stop.requested.then(() => stop.abort());
    const lag = await opened(new Lag({ bus, scopes: () => [], told: io.log }).start());
    let control: DispatcherControl | undefined;
    await opened(
      openOperations({ ...operationsOf("dispatcher", server, config), latency }, () => {
        const stats = dispatcherStats(service.dispatcher, server.host, source);
        return lag.in({ ...stats, damaged: bus.damaged, control: control?.stats });
      }),
    );
    control = await openDispatcherControl({ service, requests }, config, server, io);
    const { node } = control;
    const reload = async (): Promise<void> => {
      if (stop.signal.aborted) return;
      const reloaded = await reloadDispatcher({ path, running: config, containers: node, source });
      io.out(`${JSON.stringify({ dispatcher: server.host, reloaded })}\n`);
    };
    const quiet = listenForLogSignals({ reload }, io.log);
    io.out(`${JSON.stringify({ dispatcher: server.host, epoch })}\n`);
    await service.run(stop.signal).finally(() => control?.close());
    quiet();
    const { queues } = service.dispatcher;
    io.out(`${JSON.stringify({ dispatcher: server.host, scopes: queues.map(reportOf) })}\n`);
    return queues.some(({ held }) => held > 0) ? 1 : 0;
  });
}

/** What became of a scope's events in this life. */
function reportOf(queue: DispatcherService["dispatcher"]["queues"][number]): object {
  const { scope, routed, skipped, published, lost, held } = queue;
  return { scope, routed, skipped, published, lost, held };
}
