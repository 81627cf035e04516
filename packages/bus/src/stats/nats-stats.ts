// What processes tell of themselves over NATS: each is a micro service (ADR-32), whose stats have
// what the process says in the data of its one endpoint. Stock tools read it, too.
import { AuditError, Errno } from "@cauditd/libaudit";
import { ErrorCode, type Msg, type NatsError, RequestStrategy } from "nats";
import { checkKey } from "../key-store.ts";
import { settledWithin } from "../nats/frame-stream.ts";
import { Link } from "../nats/link.ts";
import { dial } from "../nats/nats-connection.ts";
import { callError } from "../nats/nats-errors.ts";
import { type NatsConnectionOptions, natsConnectionSettings } from "../nats/nats-options.ts";

/** Most bytes of what a process tells of itself: with its envelope it fits into a message. */
export const MAX_STATS_BYTES: number = 960 * 1024;

/** Most processes of a kind whose answers are taken; more are not a host's. */
export const MAX_PROCESSES = 1024;

/** Longest time in ms that a process waits to be no service any more. */
const STOP_MS = 1000;

/** Which process tells. */
export interface NatsStatsOptions extends NatsConnectionOptions {
  /** Name of the cauditd host. */
  readonly host: string;
  /** Kind of process: its service is `cauditd-ROLE`. */
  readonly role: string;
  /** Version of the service, semver. */
  readonly version: string;
}

/** A process that tells of itself. */
export interface NatsStats {
  /** Whether the server is there: false from the moment that the connection is lost. */
  readonly connected: boolean;
  close(): Promise<void>;
}

/** Name of the service of a kind of process. */
export function statsService(role: string): string {
  return `cauditd-${role}`;
}

/** Where a kind of process tells of itself when asked directly. */
export function statsSubject(host: string, role: string): string {
  return `cauditd.v1.${host}.stats.${role}`;
}

/**
 * Tells of this process, as `stats` says when it is asked: plain JSON, at most MAX_STATS_BYTES
 * (EMSGSIZE is told in its place). Errors: EINVAL (an option), those of a connection.
 */
export async function serveNatsStats(
  options: NatsStatsOptions,
  stats: () => object,
): Promise<NatsStats> {
  const { host, role, version, ...rest } = options;
  for (const word of [host, role]) checkKey(word);
  const service = statsService(role);
  const settings = await natsConnectionSettings({ name: `${service}-stats`, ...rest });
  const connection = await dial(settings);
  try {
    const added = await connection.services.add({
      name: service,
      version,
      description: `${role} of the cauditd host ${host}`,
      metadata: { host },
      statsHandler: async () => bounded(stats()),
    });
    added.addEndpoint("stats", {
      subject: statsSubject(host, role),
      // A callback, not an iterator: the client's iterators hold any number of messages.
      handler: (error, msg) => {
        if (error === null) msg.respond(JSON.stringify(bounded(stats())));
      },
    });
    await connection.flush();
    const link = new Link(connection, settings.url);
    return {
      get connected() {
        return link.up;
      },
      close: async () => {
        // It waits for the server, which may be away.
        if (!connection.isClosed()) await settledWithin(added.stop(), STOP_MS);
        await connection.close();
      },
    };
  } catch (error) {
    await connection.close();
    throw callError(`serve ${service}`, settings.url, error);
  }
}

/** Whom to ask, and for how long. */
export interface NatsStatsQuery extends NatsConnectionOptions {
  readonly host: string;
  readonly roles: readonly string[];
  /** Time in ms without a further answer that ends the waiting. Default: 300. */
  readonly quiet?: number | undefined;
  /** Longest time in ms. Default: 3000. */
  readonly limit?: number | undefined;
}

/** Asks all processes of a host, again and again. */
export interface NatsStatsAsker {
  /**
   * What each process says, of any shape. Errors: EACCES (these credentials may not ask),
   * ETIMEDOUT (no answer from the server).
   */
  ask(): Promise<unknown[]>;
  close(): Promise<void>;
}

/** Connects to ask. Errors: EINVAL (an option), those of a connection. */
export async function natsStatsAsker(query: NatsStatsQuery): Promise<NatsStatsAsker> {
  const { host, roles, quiet = 300, limit = 3000, ...rest } = query;
  for (const word of [host, ...roles]) checkKey(word);
  const settings = await natsConnectionSettings(rest);
  const connection = await dial(settings);
  const askRole = async (role: string): Promise<unknown[]> => {
    const subject = `$SRV.STATS.${statsService(role)}`;
    const strategy = RequestStrategy.JitterTimer;
    try {
      const found: unknown[] = [];
      const options = { strategy, maxWait: limit, jitter: quiet };
      for await (const msg of await connection.requestMany(subject, "", options)) {
        const said = readStats(msg, host);
        if (said !== undefined) found.push(said);
        if (found.length === MAX_PROCESSES) break;
      }
      return found;
    } catch (error) {
      const { code } = error as NatsError;
      if (code === ErrorCode.NoResponders) return [];
      if (code !== ErrorCode.PermissionsViolation) throw callError(subject, settings.url, error);
      throw refused(subject, error);
    }
  };
  return {
    ask: async () => (await Promise.all(roles.map(askRole))).flat(),
    close: () => connection.close(),
  };
}

function refused(subject: string, cause: unknown): AuditError {
  const text = `${subject}: the NATS server does not permit this`;
  return new AuditError(Errno.EACCES, text, { cause });
}

/** The data of an answer's endpoint; undefined for another host's, and for no answer at all. */
function readStats(msg: Msg, host: string): unknown {
  if (msg.headers?.code === 503) return undefined;
  try {
    const { metadata, endpoints } = msg.json<{
      readonly metadata?: { readonly host?: unknown };
      readonly endpoints?: readonly { readonly data?: unknown }[];
    }>();
    return metadata?.host === host ? endpoints?.[0]?.data : undefined;
  } catch {
    return undefined;
  }
}

function bounded(said: object): object {
  const bytes = Buffer.byteLength(JSON.stringify(said));
  if (bytes <= MAX_STATS_BYTES) return said;
  const size = `${bytes} bytes of stats, at most ${MAX_STATS_BYTES}`;
  return { problems: [new AuditError(Errno.EMSGSIZE, size).message] };
}
