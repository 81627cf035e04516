// The pages that monitors read: /metrics, /healthz, /readyz.
import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { AuditError, Errno, errnoNumber } from "@cauditd/libaudit";
import { Metrics, type MetricsOptions, type StatsSource } from "./metrics.ts";

/** Where pages are served: `HOST:PORT`, an IPv6 address in brackets; port 0 = one that is free. */
export const LISTEN_PATTERN: RegExp = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):([0-9]{1,5})$/;

/** Connections at once; a monitor needs one. */
const MAX_CONNECTIONS = 32;
/** Longest time in ms that a request may take to arrive. */
const REQUEST_MS = 5000;

/** The pages of one process. */
export interface PageServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves the pages of a process. /healthz answers as long as the process does; /readyz is 503 with
 * what is wrong, a line each, while there is something. Errors: EINVAL for `listen`, and what the
 * system says of the address.
 */
export async function servePages(
  listen: string,
  stats: StatsSource,
  options: MetricsOptions = {},
): Promise<PageServer> {
  const [, six, name, port = ""] = LISTEN_PATTERN.exec(listen) ?? [];
  if (port === "" || Number(port) > 65_535) {
    throw new AuditError(Errno.EINVAL, `metrics.listen ${JSON.stringify(listen)}: HOST:PORT`);
  }
  const metrics = new Metrics(stats, options);
  const server = createServer({ requestTimeout: REQUEST_MS }, (request, response) => {
    if (request.method !== "GET" && request.method !== "HEAD") return end(response, 405, "");
    answer(request.url ?? "", response, metrics, stats).catch((error: unknown) => {
      end(response, 500, `${String(error)}\n`);
    });
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.listen(Number(port), six ?? name);
  await once(server, "listening").catch((error: unknown) => {
    throw listenError(listen, error);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () => closed(server),
  };
}

function listenError(listen: string, cause: unknown): AuditError {
  const errno = errnoNumber((cause as NodeJS.ErrnoException).code ?? "") ?? Errno.EIO;
  return new AuditError(errno, `metrics.listen ${listen}`, { cause });
}

async function answer(
  url: string,
  response: ServerResponse,
  metrics: Metrics,
  stats: StatsSource,
): Promise<void> {
  switch (url) {
    case "/metrics": {
      const { type, text } = await metrics.page();
      return end(response, 200, text, type);
    }
    case "/healthz":
      return end(response, 200, "ok\n");
    case "/readyz": {
      const { problems } = stats();
      if (problems.length === 0) return end(response, 200, "ok\n");
      return end(response, 503, problems.map((problem) => `${problem}\n`).join(""));
    }
    default:
      return end(response, 404, "/metrics, /healthz, /readyz\n");
  }
}

function end(response: ServerResponse, code: number, text: string, type = "text/plain"): void {
  response.writeHead(code, { "content-type": type }).end(text);
}

async function closed(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, "close");
}
