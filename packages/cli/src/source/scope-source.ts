// Whom `ps` and `top` ask: the processes of a host over NATS, or a node over its socket.
import { hostname } from "node:os";
import { inboxPrefix, natsStatsAsker } from "@cauditd/bus";
import { AuditError, Errno } from "@cauditd/libaudit";
import { PROCESS_ROLES, type ProcessStats } from "@cauditd/operations";
import { type Environment, LazyControl, natsUrlOf, variable } from "../cauditctl/connection.ts";
import { hostWord } from "../config/control-schema.ts";
import { readListing, readProcessStats } from "../config/stats-schema.ts";
import { rowsOfListing, rowsOfProcesses, type ScopeRow } from "../watch/scope-rows.ts";

/** Options that name a host. */
export interface HostOptions {
  readonly config?: string;
  readonly socket?: string;
  readonly nats?: string;
  readonly creds?: string;
  readonly ca?: string;
  readonly host?: string;
  readonly principal?: string;
  /** Prefix of reply subjects; default: that of the principal. */
  readonly inbox?: string;
}

/** A look at a host. */
export interface HostView {
  readonly rows: readonly ScopeRow[];
  /** Its processes; undefined when only a node's control was asked. */
  readonly processes?: readonly ProcessStats[];
}

/** A host that can be looked at again and again. */
export interface ScopeSource {
  look(): Promise<HostView>;
  close(): Promise<void>;
}

/**
 * Opens a host: over NATS when a server is named, else over the socket that cauditctl would take.
 * Errors as natsStatsAsker and LazyControl; EHOSTUNREACH when no process of the host answers.
 */
export async function openScopes(options: HostOptions, env: Environment): Promise<ScopeSource> {
  const url = options.nats ?? natsUrlOf(options, env);
  return url === undefined ? overSocket(options, env) : await overNats(url, options, env);
}

function overSocket({ config, socket }: HostOptions, env: Environment): ScopeSource {
  const { NATS_URL: _, ...rest } = env;
  const own = {
    ...(config === undefined ? {} : { config }),
    ...(socket === undefined ? {} : { socket }),
  };
  const control = new LazyControl(own, rest);
  return {
    look: async () => {
      const listed = readListing(await control.request("instances", {}));
      if (listed === undefined) throw new AuditError(Errno.EBADMSG, "instances: what is this");
      return { rows: rowsOfListing(listed) };
    },
    close: () => control.close(),
  };
}

async function overNats(url: string, options: HostOptions, env: Environment): Promise<ScopeSource> {
  const host = options.host ?? variable(env, "CAUDITD_HOST") ?? hostWord(hostname());
  const principal = options.principal ?? variable(env, "CAUDITD_PRINCIPAL");
  const asker = await natsStatsAsker({
    ...{ url, host, roles: PROCESS_ROLES, name: "cauditd ps" },
    creds: options.creds ?? variable(env, "NATS_CREDS"),
    ca: options.ca ?? variable(env, "NATS_CA"),
    inboxPrefix: options.inbox ?? (principal === undefined ? undefined : inboxPrefix(principal)),
  });
  return {
    look: async () => {
      const said = await asker.ask();
      const processes = said.flatMap((one) => readProcessStats(one) ?? []);
      if (processes.length > 0) return { rows: rowsOfProcesses(processes), processes };
      throw new AuditError(Errno.EHOSTUNREACH, `no process of host ${host} answers at NATS`);
    },
    close: () => asker.close(),
  };
}
