// All the ways in which a process tells of itself, opened and closed together.
import { type NatsConnectionOptions, type NatsStats, serveNatsStats } from "@cauditd/bus";
import type { Latency } from "./latency.ts";
import type { StatsSource } from "./metrics.ts";
import { type PageServer, servePages } from "./page-server.ts";
import type { ProcessRole } from "./stats.ts";

/** Where a process tells of itself. */
export interface OperationsOptions {
  readonly role: ProcessRole;
  /** Name of the cauditd host. */
  readonly host: string;
  /** Version of the NATS service, semver. */
  readonly version: string;
  /** `HOST:PORT` of the pages for monitors; undefined = none. */
  readonly listen?: string | undefined;
  /** The NATS server on which it is a micro service; undefined = none. */
  readonly nats?: NatsConnectionOptions | undefined;
  readonly latency?: Latency | undefined;
}

/** What is open. */
export interface Operations {
  /** The pages; undefined where none were asked for. */
  readonly pages: PageServer | undefined;
  close(): Promise<void>;
}

/** Opens them. Errors as servePages and serveNatsStats; nothing is open then. */
export async function openOperations(
  options: OperationsOptions,
  stats: StatsSource,
): Promise<Operations> {
  const { role, host, version, listen, nats, latency } = options;
  const pages = listen === undefined ? undefined : await servePages(listen, stats, { latency });
  let service: NatsStats | undefined;
  try {
    if (nats !== undefined) {
      service = await serveNatsStats({ ...nats, role, host, version }, stats);
    }
  } catch (error) {
    await pages?.close();
    throw error;
  }
  return {
    pages,
    close: async () => {
      await service?.close();
      await pages?.close();
    },
  };
}
