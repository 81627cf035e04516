// cauditd as processes: a NATS server with JetStream on files, two workers, and a dispatcher.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { corpus, root } from "./whole.ts";

const WORKERS = ["a", "b"];
/** Name of the host in the deployment. */
export const HOST = "bench";
export const bin: string = join(root, "packages/cli/bin/cauditd.mjs");
/** The list of the corpus' containers. */
export const list: string = join(corpus, "containers.json");

/** A container of a configuration. */
export interface BenchContainer {
  readonly name: string;
  readonly contid: string;
  readonly pid: number;
}

/** The corpus' containers. */
export function corpusContainers(): BenchContainer[] {
  const all = JSON.parse(readFileSync(list, "utf8")) as Record<string, unknown>[];
  return all.map(({ name, contid, pid }) => ({
    name: String(name),
    contid: String(contid),
    pid: Number(pid),
  }));
}

/** Bytes of an instance's log. */
export function sizeOf(folder: string, name: string): number {
  return statSync(join(folder, name, "audit.log"), { throwIfNoEntry: false })?.size ?? 0;
}

/** A NATS server and two workers that wait for a dispatcher. */
export class Deployment {
  readonly url: string;
  readonly #config: string;
  readonly #logs: string;
  readonly #names: readonly string[];
  readonly #nats: ChildProcess;
  readonly #workers: readonly ChildProcess[];

  private constructor(
    url: string,
    at: { readonly config: string; readonly logs: string; readonly names: readonly string[] },
    processes: { readonly nats: ChildProcess; readonly workers: readonly ChildProcess[] },
  ) {
    this.url = url;
    this.#config = at.config;
    this.#logs = at.logs;
    this.#names = at.names;
    this.#nats = processes.nats;
    this.#workers = processes.workers;
  }

  /**
   * Starts the server and the workers.
   * @param consumers of tenants' streams, which are as in `deploy/cauditd.yaml`; "none": no streams
   */
  static async start(
    home: string,
    input: string,
    containers: readonly BenchContainer[],
    consumers: readonly string[] | "none" = ["main"],
  ): Promise<Deployment> {
    rmSync(home, { recursive: true, force: true });
    mkdirSync(home);
    const port = await freePort();
    const url = `nats://127.0.0.1:${port}`;
    const server = process.env["NATS_SERVER"] ?? "nats-server";
    const store = join(home, "js");
    const nats = start(server, ["-js", "-sd", store, "-a", "127.0.0.1", "-p", `${port}`]);
    const config = join(home, "cauditd.yaml");
    const logs = join(home, "logs");
    const all = {
      ...{ logs, host: HOST, nats: url, worker: { ttl: 10 }, control: { socket: false } },
      source: { type: "log", path: input },
      ...(consumers === "none" ? {} : { streams: { megabytes: 64, days: 7, consumers } }),
      containers,
    };
    writeFileSync(config, JSON.stringify(all));
    const workers: ChildProcess[] = [];
    for (const name of WORKERS) {
      const worker = start(process.execPath, [bin, "auditd", "--config", config, "--name", name]);
      workers.push(worker);
      if (worker.stdout !== null) await once(worker.stdout, "data");
    }
    const names = ["host", ...containers.map(({ name }) => name)];
    return new Deployment(url, { config, logs, names }, { nats, workers });
  }

  /** Seconds from the start of a dispatcher to the last byte in the last log. */
  async dispatch(wanted: ReadonlyMap<string, number>): Promise<number> {
    const started = performance.now();
    const dispatcher = start(process.execPath, [bin, "dispatcher", "--config", this.#config]);
    dispatcher.stdout?.resume();
    const [code] = await once(dispatcher, "exit");
    if (code !== 0) throw new Error(`the dispatcher ended with ${code}`);
    const isShort = (name: string): boolean => sizeOf(this.#logs, name) < (wanted.get(name) ?? 0);
    while (this.#names.some(isShort)) await pause(10);
    return (performance.now() - started) / 1000;
  }

  /** Stops the workers, and the server with `all`. */
  async stop(all = true): Promise<void> {
    for (const worker of this.#workers) await ended(worker);
    if (all) await ended(this.#nats);
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}

function start(command: string, args: readonly string[]): ChildProcess {
  return spawn(command, args, { stdio: ["ignore", "pipe", "ignore"] });
}

/** A port that is free now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
