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
 * of `--socket`, CAUDITD_SOCKET, the configuration, or var/log/control.sock.
 * @throws {Unreachable} when nobody is there; {InputError} for a bad configuration
 */
async function openControl(own: OwnOptions, env: Environment): Promise<ControlClient> {
  return new ControlClient(guarded(await reached(() => openTransport(own, env))));
}

async function openTransport(own: OwnOptions, env: Environment): Promise<ControlTransport> {
  const principal = own.principal ?? env["CAUDITD_PRINCIPAL"];
  const url = own.url ?? (own.socket === undefined ? env["NATS_URL"] : undefined);
  if (own.url !== undefined && principal === undefined) {
    throw new Unreachable("--url: expected --principal (or CAUDITD_PRINCIPAL) beside it");
  }
  if (url !== undefined && principal !== undefined) {
    const { hostWord } = await import("../config/control-schema.ts");
    return await natsTransport({
      url,
      principal,
      creds: own.creds ?? env["NATS_CREDS"],
      ca: own.ca ?? env["NATS_CA"],
      host: own.host ?? env["CAUDITD_HOST"] ?? hostWord(hostname()),
    });
  }
  return await socketTransport(own.socket ?? env["CAUDITD_SOCKET"] ?? (await ownSocket(own)));
}

async function ownSocket(own: OwnOptions): Promise<string> {
  const path = own.config ?? (existsSync(DEFAULT_CONFIG) ? DEFAULT_CONFIG : undefined);
  if (path === undefined) return DEFAULT_SOCKET;
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
