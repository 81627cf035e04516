// A node on a NATS server, and the streams of its tenants.
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Test } from "tap";
import { type NatsServer, startNatsServer } from "../../packages/bus/test/nats-server.ts";
import { cauditd, type Ended, type Running, start } from "./cauditd.ts";

/** The scopes by the names of their instances. */
export const SCOPES = new Map([
  ["host", "host"],
  ["web", "1001"],
  ["db", "1002"],
]);

/** A node on a NATS server of its own that fills its tenants' streams. */
export interface Site {
  readonly server: NatsServer;
  readonly folder: string;
  /** Starts the node. */
  up(...args: string[]): Running;
  /** What is in an instance's log. */
  log(name: string): string;
  /** Runs `cauditd tail` on a stream to its end. */
  tail(name: string, ...args: string[]): Promise<Ended>;
}

/** Sets one up; `more` is added to its configuration. */
export async function site(t: Test, more = ""): Promise<Site> {
  const server = await startNatsServer(t);
  const folder = mkdtempSync(join(tmpdir(), "cauditd-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const config = join(folder, "cauditd.yaml");
  const text = `logs: logs
source: { type: simulator, seed: 7, rate: 1000 }
control: { host: h1, socket: false }
containers:
  - { name: web, contid: "1001" }
  - { name: db, contid: "1002" }
`;
  writeFileSync(config, text + more);
  const nats = ["--nats", server.url];
  return {
    server,
    folder,
    up: (...args) => start(t, ["up", "--config", config, ...nats, ...args], { cwd: folder }),
    log: (name) => readFileSync(join(folder, "logs", name, "audit.log"), "latin1"),
    tail: (name, ...args) =>
      cauditd(t, ["tail", SCOPES.get(name) ?? name, ...nats, "--host", "h1", ...args], {
        cwd: folder,
      }),
  };
}

/** A line that says that every scope has been written to. */
export const BUSY = /^\d\d:\d\d:\d\d host \d+\/s \d{3,} .*web \d+\/s [1-9].* db \d+\/s [1-9]/;

/** Resolves when the node has told what it does so many times more: once a second. */
export async function told({ child }: Running, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await once(child.stdout, "data");
}
