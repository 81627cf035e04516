import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { ControlClient, type ControlTransport, natsTransport, socketTransport } from "@cauditd/bus";
import type { OwnOptions } from "./arguments.ts";

// What reads a configuration is loaded when there is one: a status has not to wait for it.

const DEFAULT_CONFIG = "cauditd.yaml";
const DEFAULT_SOCKET = "var/log/control.sock";

/** No host could be asked, or its answer did not come. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
}

/** The environment that names a host. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The server of NATS_URL, unless a control socket is named more closely: by `--socket` or
 * `--config`, or by CAUDITD_SOCKET where no option is about a server.
 */
export function natsUrlOf(own: Omit<OwnOptions, "command">, env: Environment): string | undefined {
  if (own.socket !== undefined || own.config !== undefined) return undefined;
  const ofServer = [own.principal, own.host, own.creds, own.ca].some((one) => one !== undefined);
  return !ofServer && variable(env, "CAUDITD_SOCKET") !== undefined
    ? undefined
    : variable(env, "NATS_URL");
}

/** A variable's value; an empty one is none. */
export function variable(env: Environment, name: string): string | undefined {
  return env[name] === "" ? undefined : env[name];
}

/** A host that is connected to when the first request is made: wrong usage needs none. */
export class LazyControl {
  readonly #open: () => Promise<ControlClient>;
  #client: Promise<ControlClient> | undefined;

  constructor(own: OwnOptions, env: Environment) {
    this.#open = () => openControl(own, env);
  }

  /** Errors as openControl and ControlClient.request. */
  async request(verb: string, body?: object): Promise<unknown> {
    this.#client ??= this.#open();
    return await (await this.#client).request(verb, body);
  }

  /** Ends the connection, if there is one. */
  async close(): Promise<void> {
    const client = await this.#client?.catch(() => undefined);
    await client?.close();
  }
}

/**
 * Connects to a host: over NATS when a server and a principal are given, else over its socket: that
 * of `--socket`, `--config`, CAUDITD_SOCKET, cauditd.yaml, or var/log/control.sock.
 * @throws {Unreachable} when nobody is there; {InputError} for a bad configuration
 */
async function openControl(own: OwnOptions, env: Environment): Promise<ControlClient> {
  return new ControlClient(guarded(await reached(() => openTransport(own, env))));
}

async function openTransport(own: OwnOptions, env: Environment): Promise<ControlTransport> {
  const principal = own.principal ?? variable(env, "CAUDITD_PRINCIPAL");
  const url = own.url ?? natsUrlOf(own, env);
  if (own.url !== undefined && principal === undefined) {
    throw new Unreachable("--url: expected --principal (or CAUDITD_PRINCIPAL) beside it");
  }
  if (url !== undefined && principal !== undefined) {
    const { hostWord } = await import("../config/control-schema.ts");
    return await natsTransport({
      url,
      principal,
      creds: own.creds ?? variable(env, "NATS_CREDS"),
      ca: own.ca ?? variable(env, "NATS_CA"),
      host: own.host ?? variable(env, "CAUDITD_HOST") ?? hostWord(hostname()),
    });
  }
  return await socketTransport(own.socket ?? (await namedSocket(own, env)));
}

async function namedSocket({ config }: OwnOptions, env: Environment): Promise<string> {
  if (config !== undefined) return await configuredSocket(config);
  const named = variable(env, "CAUDITD_SOCKET");
  if (named !== undefined) return named;
  return existsSync(DEFAULT_CONFIG) ? await configuredSocket(DEFAULT_CONFIG) : DEFAULT_SOCKET;
}

async function configuredSocket(path: string): Promise<string> {
  const { readConfig } = await import("../config/config.ts");
  const { controlSocket } = await import("../config/control-schema.ts");
  const socket = controlSocket(await readConfig(path));
  if (socket === undefined) throw new Unreachable(`${path}: control.socket is off`);
  return socket;
}

/** Tells what the host answered from what kept it from answering. */
function guarded(transport: ControlTransport): ControlTransport {
  return {
    send: (verb, bytes, timeout) => reached(() => transport.send(verb, bytes, timeout)),
    close: () => transport.close(),
  };
}

async function reached<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const { name, message } = cause as Error;
    if (name !== "AuditError") throw cause;
    throw new Unreachable(message, { cause });
  }
}
