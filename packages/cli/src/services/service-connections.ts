// What dispatcher and workers of a host share on the NATS server.
import { bucketName, inboxPrefix, type KeyStore, openNatsKeyStore } from "@cauditd/bus";
import { AuditError, Errno } from "@cauditd/libaudit";
import type { OperationsOptions, ProcessRole } from "@cauditd/operations";
import type { Config } from "../config/config.ts";
import { VERSION } from "../node/node-control.ts";
import { InputError } from "../terminal/input-error.ts";
import type { Io } from "../terminal/io.ts";
import { type Closable, type Opener, withOpened } from "./opened.ts";
import type { ServerOptions } from "./server-options.ts";

/** Options of every service. */
export interface ServiceOptions extends ServerOptions {
  readonly config?: string;
}

/** Where the NATS server is, who this process is there, and which host it belongs to. */
export interface ServiceServer {
  readonly url: string;
  readonly creds?: string | undefined;
  readonly ca?: string | undefined;
  readonly name: string;
  readonly host: string;
  /** Answers come where only this kind of service may listen. */
  readonly inboxPrefix: string;
}

export const DEFAULT_CONFIG = "cauditd.yaml";
/** How often a server that is not there yet is asked for, ms. */
const RETRY_MS = 500;

/**
 * The server of a service.
 * @param kind what the service is, in its connections' names
 * @throws {InputError} without a server
 */
export function serverOf(options: ServiceOptions, config: Config, kind: string): ServiceServer {
  const url = options.nats ?? config.nats;
  if (url === undefined) {
    const file = options.config ?? DEFAULT_CONFIG;
    throw new InputError([`${file}: nats: expected a NATS URL (or --nats, or NATS_URL)`]);
  }
  const { creds, ca } = options;
  const host = config.host ?? config.control.host;
  const name = `cauditd ${kind} ${host}`;
  return { url, creds, ca, name, host, inboxPrefix: inboxPrefix(kind) };
}

/** How a service tells of itself. */
export function operationsOf(
  role: ProcessRole,
  { host, ...nats }: ServiceServer,
  config: Config,
): OperationsOptions {
  return { role, host, version: VERSION, listen: config.metrics?.listen, nats };
}

/** Opens a bucket of the host. Errors as openNatsKeyStore. */
export function openBucket(
  { host, ...server }: ServiceServer,
  kind: Parameters<typeof bucketName>[1],
  more: { readonly ttl?: number; readonly timeout?: number } = {},
): Promise<KeyStore> {
  return openNatsKeyStore({ ...server, bucket: bucketName(host, kind), ...more });
}

/** Opens something of a NATS server, which is waited for, and takes care that it is closed. */
export type Reach = <T extends Closable>(open: () => Promise<T>) => Promise<T>;

/** A signal has ended the wait for a server. */
class Stopped extends Error {}

/**
 * Runs a service that needs a NATS server: while none answers it waits. What it has opened is
 * closed as withOpened says.
 * @returns its exit code; 0 when a signal has ended the wait
 */
export async function onServer(
  io: Pick<Io, "log" | "stop">,
  run: (opened: Opener, reach: Reach) => Promise<number>,
): Promise<number> {
  try {
    return await withOpened((opened) => run(opened, (open) => opened(whenThere(open, io))));
  } catch (error) {
    if (error instanceof Stopped) return 0;
    throw error;
  }
}

/** Errors: Stopped after a signal; all of `open` but that no server answers. */
async function whenThere<T>(open: () => Promise<T>, io: Pick<Io, "log" | "stop">): Promise<T> {
  let said = false;
  const stopped = io.stop.requested.then(() => undefined);
  for (;;) {
    try {
      return await open();
    } catch (err) {
      if (!isAbsent(err)) throw err;
      if (io.stop.signal !== undefined) throw new Stopped("it was stopped", { cause: err });
      if (!said) io.log.warn({ err }, "waiting for the NATS server");
      said = true;
    }
    let timer: NodeJS.Timeout | undefined;
    const pause = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, RETRY_MS);
    });
    await Promise.race([pause, stopped]);
    clearTimeout(timer);
  }
}

const ABSENT: readonly number[] = [Errno.ECONNREFUSED, Errno.EHOSTUNREACH, Errno.ETIMEDOUT];

/** No server answers. */
function isAbsent(error: unknown): boolean {
  return error instanceof AuditError && ABSENT.includes(error.errno);
}
