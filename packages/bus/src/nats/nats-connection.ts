// A connection to a NATS server. With nats-bus.ts and control/nats-control.ts the only files that
// know the `nats` package.
import {
  type ConnectionOptions,
  connect,
  credsAuthenticator,
  type NatsConnection,
  nkeyAuthenticator,
} from "nats";
import { dialError } from "./nats-errors.ts";
import type { NatsConnectionSettings } from "./nats-options.ts";

/** Longest time of one attempt in ms; a call makes several within its timeout. */
export const ATTEMPT_MS = 5_000;
const RECONNECT_MS = 250;
const PING_MS = 10_000;

/**
 * Connects; a connection that is lost later comes back by itself. Errors: ECONNREFUSED,
 * EHOSTUNREACH or ETIMEDOUT (no server), EACCES (credentials refused), EPROTO (TLS).
 */
export async function dial(settings: NatsConnectionSettings): Promise<NatsConnection> {
  try {
    return await connect(connectionOptions(settings));
  } catch (cause) {
    throw dialError(settings.url, cause);
  }
}

function connectionOptions(settings: NatsConnectionSettings): ConnectionOptions {
  const { login } = settings;
  const options: ConnectionOptions = {
    servers: [...settings.servers],
    name: settings.name,
    timeout: ATTEMPT_MS,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_MS,
    pingInterval: PING_MS,
    noAsyncTraces: true,
  };
  if (settings.inboxPrefix !== undefined) options.inboxPrefix = settings.inboxPrefix;
  if (settings.tls) options.tls = settings.ca === undefined ? {} : { caFile: settings.ca };
  if (login.token !== undefined) options.token = login.token;
  if (login.user !== undefined) options.user = login.user;
  if (login.password !== undefined) options.pass = login.password;
  if (login.creds !== undefined) options.authenticator = credsAuthenticator(login.creds);
  if (login.seed !== undefined) options.authenticator = nkeyAuthenticator(login.seed);
  return options;
}
