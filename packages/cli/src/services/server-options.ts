// The options that name a NATS server, the same for every command.
import type { Command } from "commander";
import { UsageError } from "../terminal/input-error.ts";

/** A server, and who this process is there. */
export interface ServerOptions {
  readonly nats?: string;
  readonly creds?: string;
  /** File of certificates that the server's must be signed by. */
  readonly ca?: string;
}

/** The environment that names one. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Adds them to a command; `nats` says what the server is for it. */
export function withServer(command: Command, nats: string): Command {
  return command
    .option("--nats <url>", nats)
    .option("--creds <file>", "credentials for NATS: .creds or NKEY seed (default: NATS_CREDS)")
    .option("--ca <file>", "certificates to trust for tls:// (default: NATS_CA)")
    .hook("preAction", (_, running) => checkUrl(running.opts()));
}

/** The variables that NATS tools know, for what is not given. */
export function withEnvironment<T extends ServerOptions>(
  options: T,
  env: Environment = process.env,
): T {
  return { ...setOf("nats", env["NATS_URL"]), ...withCredentials(options, env) };
}

/** The same without the server, for commands that ask for it by its option alone. */
export function withCredentials<T extends ServerOptions>(
  options: T,
  env: Environment = process.env,
): T {
  return { ...setOf("creds", env["NATS_CREDS"]), ...setOf("ca", env["NATS_CA"]), ...options };
}

function setOf(name: keyof ServerOptions, value: string | undefined): ServerOptions {
  return value === undefined || value === "" ? {} : { [name]: value };
}

/** The text itself is not quoted in the error: it may hold a password. @throws {UsageError} */
async function checkUrl({ nats }: ServerOptions): Promise<void> {
  if (nats === undefined) return;
  // Commands that name no server have not to wait for the bus.
  const { isNatsUrl } = await import("@cauditd/bus");
  if (isNatsUrl(nats)) return;
  throw new UsageError(["--nats: expected nats://host:port or tls://host:port"]);
}
