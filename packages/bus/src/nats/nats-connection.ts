// A connection to a NATS server. With nats-bus.ts and control/nats-control.ts the only files that
// know the `nats` package.
import { isIP } from "node:net";
import { checkServerIdentity } from "node:tls";
import {
  type ConnectionOptions,
  connect,
  credsAuthenticator,
  type NatsConnection,
  nkeyAuthenticator,
  type TlsOptions,
} from "nats";
import { dialError } from "./nats-errors.ts";
import type { NatsConnectionSettings } from "./nats-options.ts";

/** Longest time of one attempt in ms; a call makes several within its timeout. */
export const ATTEMPT_MS = 5_000;
/** What Node looks for in a certificate when it was given no name. */
const NO_NAME = "localhost";
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
    throw dialError(settings.url, cause, Object.keys(settings.login).length === 0);
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
  if (settings.tls) options.tls = tlsOptions(settings);
  if (login.token !== undefined) options.token = login.token;
  if (login.user !== undefined) options.user = login.user;
  if (login.password !== undefined) options.pass = login.password;
  if (login.creds !== undefined) options.authenticator = credsAuthenticator(login.creds);
  if (login.seed !== undefined) options.authenticator = nkeyAuthenticator(login.seed);
  return options;
}

/** The client hands these on to Node as they are. */
type CheckedTls = TlsOptions & { readonly checkServerIdentity: IdentityCheck };

function tlsOptions({ ca, servers }: NatsConnectionSettings): CheckedTls {
  const checkServerIdentity = identityCheck(servers);
  return { ...(ca === undefined ? {} : { caFile: ca }), checkServerIdentity };
}

/** Whether a certificate is for the server that Node knows by a name; undefined when it is. */
export type IdentityCheck = (
  name: string,
  certificate: Parameters<typeof checkServerIdentity>[1],
) => Error | undefined;

/**
 * Checks that a certificate is for one of the servers that were asked for. A server that is called
 * by its address has no name for the client to give to Node, which looks for `localhost` then: the
 * certificate has to be for an address that was asked for.
 * @param servers `host:port`, an IPv6 address in brackets
 */
export function identityCheck(servers: readonly string[]): IdentityCheck {
  const hosts = servers.map((server) =>
    new URL(`tcp://${server}`).hostname.replace(/^\[|\]$/g, ""),
  );
  const unnamed = hosts.filter((host) => isIP(host) !== 0 || host === NO_NAME);
  return (name, certificate) => {
    if (name !== NO_NAME || unnamed.length === 0) return checkServerIdentity(name, certificate);
    const problems = unnamed.map((host) => checkServerIdentity(host, certificate));
    return problems.includes(undefined) ? undefined : problems[0];
  };
}
