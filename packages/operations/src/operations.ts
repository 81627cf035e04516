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

/** What is wrong while the NATS server is away. */
const AWAY = "the NATS server does not answer";

/** Opens them. Errors as servePages and serveNatsStats; nothing is open then. */
export async function openOperations(
  options: OperationsOptions,
  stats: StatsSource,
): Promise<Operations> {
  const { role, host, version, listen, nats, latency } = options;
  let service: NatsStats | undefined;
  // Its own connection tells at once: what is sent only finds out when it is late.
  const told: StatsSource = () => {
    const said = stats();
    if (service?.connected !== false || said.problems.includes(AWAY)) return said;
    return { ...said, problems: [AWAY, ...said.problems] };
  };
  const pages = listen === undefined ? undefined : await servePages(listen, told, { latency });
  try {
    if (nats !== undefined) {
      service = await serveNatsStats({ ...nats, role, host, version }, told);
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
