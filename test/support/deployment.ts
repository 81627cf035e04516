// The NATS server of deploy/: its own configuration, with certificates and keys made for one test.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { connect, type NatsConnection, nkeyAuthenticator } from "nats";
import type { Test } from "tap";
import { type NatsServer, startNatsServer } from "../../packages/bus/test/nats-server.ts";

/** Users whose inboxes have another name. */
const INBOXES: Readonly<Record<string, string>> = { worker: "auditd" };
const DEPLOY = fileURLToPath(new URL("../../deploy/", import.meta.url));

/** The server, and what its users need. */
export interface Deployment {
  readonly server: NatsServer;
  /** `tls://127.0.0.1:PORT` */
  readonly url: string;
  /** Folder of keys and certificates. */
  readonly secrets: string;
  readonly ca: string;
  /** Lines of the server's log. */
  readonly log: readonly string[];
  /** The prefix of the only subjects that a user may listen to. */
  inbox(user: string): string;
  /** Path of a user's seed. */
  creds(user: string): string;
  /** The environment of a process that connects as a user. */
  env(user: string): Record<string, string>;
  /** Connects as a user, as any program could. */
  connect(user: string): Promise<NatsConnection>;
  /** Resolves with the first line of the log, from a place on, that matches. */
  saw(pattern: RegExp, from?: number): Promise<string>;
}

/** Starts it; its tenants are `web`, contid 1001, and `db`, contid 1002, of the host `node1`. */
export async function startDeployedNats(t: Test): Promise<Deployment> {
  const secrets = mkdtempSync(join(tmpdir(), "cauditd-"));
  t.teardown(() => rmSync(secrets, { recursive: true, force: true }));
  execFileSync(process.execPath, [join(DEPLOY, "secrets.mjs"), secrets, "web", "db"]);
  const file = (name: string): string => join(secrets, name);
  const variables = readFileSync(file("nats.env"), "utf8").trim().split("\n");
  const given = variables.map((line): [string, string] => {
    const at = line.indexOf("=");
    return [line.slice(0, at), line.slice(at + 1)];
  });
  const paths = {
    CAUDITD_TLS_CERT: file("nats.pem"),
    CAUDITD_TLS_KEY: file("nats.key"),
    CAUDITD_NATS_STORE: file("store"),
  };
  Object.assign(process.env, Object.fromEntries(given), paths);
  const log: string[] = [];
  const watching = new Set<() => void>();
  const server = await startNatsServer(t, {
    configFile: join(DEPLOY, "nats-server.conf"),
    onLine: (line) => {
      log.push(line);
      for (const look of watching) look();
    },
  });
  const url = server.url.replace("nats:", "tls:");
  const creds = (user: string): string => file(`${user}.nk`);
  const inbox = (user: string): string => `_INBOX_${INBOXES[user] ?? user}`;
  return {
    server,
    url,
    secrets,
    ca: file("ca.pem"),
    log,
    creds,
    inbox,
    env: (user) => ({
      NATS_URL: url,
      NATS_CREDS: creds(user),
      NODE_EXTRA_CA_CERTS: file("ca.pem"),
    }),
    connect: async (user) => {
      const connection = await connect({
        servers: server.url.slice("nats://".length),
        authenticator: nkeyAuthenticator(Buffer.from(readFileSync(creds(user), "utf8").trim())),
        tls: { caFile: file("ca.pem") },
        inboxPrefix: inbox(user),
        reconnect: false,
      });
      t.teardown(() => connection.close());
      return connection;
    },
    saw: (pattern, from = 0) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = log.slice(from).find((line) => pattern.test(line));
          if (found === undefined) return;
          watching.delete(look);
          resolve(found);
        };
        watching.add(look);
        look();
      }),
  };
}
