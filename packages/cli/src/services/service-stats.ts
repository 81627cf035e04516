// What the services tell of themselves, each a process of its own.
import { instanceStats, type Worker, type WorkerService } from "@cauditd/auditd";
import { type Dispatcher, HOST_SCOPE, queueStats } from "@cauditd/dispatcher";
import type { ProcessStats } from "@cauditd/operations";
import type { LiveSource } from "../source/live-source.ts";

/** What a dispatcher tells of itself, under the host's name; it is not ready without its source. */
export function dispatcherStats(
  dispatcher: Dispatcher,
  host: string,
  { problem }: Pick<LiveSource, "problem"> = {},
): ProcessStats {
  const queues = dispatcher.queues.map((queue) => {
    const { scope } = queue;
    const name = scope === HOST_SCOPE ? scope : dispatcher.registry.find(BigInt(scope))?.name;
    return queueStats(name ?? scope, queue);
  });
  const { captured, malformed, eoe, records, events, open } = dispatcher.account;
  return {
    ...{ role: "dispatcher", name: host, host, instances: [], queues, ...ofProcess() },
    problems: [...(problem === undefined ? [] : [problem]), ...failures(queues)],
    source: { captured, malformed, eoe, records, events, open },
  };
}

/**
 * What a worker tells of itself; it is not ready while the stores of the host do not answer, nor
 * while it has a scope that it cannot serve.
 */
export function workerStats(
  {
    auditd,
    worker,
  }: Pick<WorkerService, "auditd"> & {
    worker: Pick<Worker, "connected" | "scopes" | "failures">;
  },
  host: string,
  name: string,
): ProcessStats {
  const instances = [...auditd.instances.values()].map(instanceStats);
  const away = worker.connected ? [] : ["the NATS server does not answer"];
  const problems = [...away, ...failures([...worker.failures, ...instances])];
  const leases = worker.scopes.length;
  return { role: "auditd", name, host, instances, leases, queues: [], problems, ...ofProcess() };
}

function ofProcess(): Pick<ProcessStats, "pid" | "uptime"> {
  return { pid: process.pid, uptime: Math.floor(process.uptime()) };
}

/** A line for each scope that does not work. */
export function failures(
  scopes: readonly { readonly name: string; readonly failure?: string }[],
): string[] {
  return scopes.flatMap(({ name, failure }) =>
    failure === undefined ? [] : `${name}: ${failure}`,
  );
}
