// One round: a dispatcher, two workers, a consumer and a NATS server, and what happens to them.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { scopeProblem } from "@cauditd/kernel";
import type { Test } from "tap";
import type { NatsServer } from "../../../packages/bus/test/nats-server.ts";
import { cauditd, type Running, start } from "../../support/cauditd.ts";
import { contids } from "../../support/corpus.ts";
import { servicesHost, sizeOf, until } from "../../support/services.ts";
import { checkpointOf } from "./checkpoints.ts";
import { type CutProxy, startCutProxy } from "./cut-proxy.ts";
import { fillStore } from "./filler.ts";
import { LiveHost } from "./live-host.ts";
import { type Fault, LEASE_MS, planOf } from "./plan.ts";

/** What rounds have in common. */
export interface Site {
  readonly server: NatsServer;
  /** Where each round has a folder of its own. */
  readonly folder: string;
  /** The log that is the source. */
  readonly source: string;
  /** The logs that one process without faults makes of it. */
  readonly reference: string;
}

/** The tenants whose consumers take part; the first is the one that something happens to. */
const TENANTS = ["c20001", "c20002"] as const;
/** What is kept of each stream, and all that the server's store has room for. */
const STREAM_MEGABYTES = 16;
export const STORE: string = "jetstream { max_file_store: 120MB }";
/** A slow connection is open for some ms, then held for some. */
const OPEN_MS = 10;
const HELD_MS = 150;

/** A process that is started again after its end, as a service manager does. */
class Service {
  readonly #start: () => Running;
  #running: Running;
  #away = false;

  constructor(begin: () => Running) {
    this.#start = begin;
    this.#running = begin();
  }

  get running(): Running {
    return this.#running;
  }

  /**
   * Kills it, and starts it again so many ms later. One that has ended well stays so; while it is
   * away already, nothing happens: it never runs twice.
   */
  async kill(ms: number): Promise<void> {
    const { child, ended } = this.#running;
    if (child.exitCode !== null || child.signalCode !== null || this.#away) return;
    this.#away = true;
    child.kill("SIGKILL");
    await ended;
    await pause(ms);
    this.#running = this.#start();
    this.#away = false;
  }

  async stall(ms: number): Promise<void> {
    const { child } = this.#running;
    child.kill("SIGSTOP");
    await pause(ms);
    child.kill("SIGCONT");
  }
}

interface Parts {
  readonly server: NatsServer;
  /** The way of the services to the server, and that of the first consumer. */
  readonly proxy: CutProxy;
  readonly tenantProxy: CutProxy;
  readonly workers: readonly Service[];
  readonly dispatcher: Service;
  readonly consumer: Service;
  /** Where a fault is about one. */
  readonly live: LiveHost | undefined;
}

/** Runs a round. @returns what is wrong at its end; undefined when nothing is */
export async function round(t: Test, site: Site, seed: number): Promise<string | undefined> {
  const { server, source, reference } = site;
  const folder = join(site.folder, String(seed));
  mkdirSync(folder, { recursive: true });
  const proxy = await startCutProxy(t, server.url);
  const tenantProxy = await startCutProxy(t, server.url);
  const name = `r${seed}`;
  const streams = { megabytes: STREAM_MEGABYTES };
  const more = { host: name, source: { type: "log", path: source }, streams };
  const host = servicesHost(t, folder, proxy.url, LEASE_MS / 1000, more);
  const plan = planOf(seed);
  const live = plan.some(({ kind }) => kind === "full store, live source")
    ? await LiveHost.start(t, join(folder, "live"), proxy.url, LEASE_MS / 1000)
    : undefined;
  const outOf = (tenant: string): string => join(folder, `${tenant}.log`);
  const consume = (tenant: string, nats: string): Running => {
    const settings = ["--nats", nats, "--host", name, "--out", outOf(tenant)];
    return start(t, ["consumer", contids().get(tenant) ?? "", ...settings]);
  };
  const steady = new Service(() => consume(TENANTS[1], proxy.url));
  const parts: Parts = {
    server,
    proxy,
    tenantProxy,
    workers: ["a", "b"].map(
      (worker) =>
        new Service(() => start(t, ["auditd", "--config", host.config, "--name", worker])),
    ),
    dispatcher: new Service(() => host.dispatcher()),
    consumer: new Service(() => consume(TENANTS[0], tenantProxy.url)),
    live,
  };
  const whole = sizeOf(reference, "host");
  const over: Promise<void>[] = [];
  for (const fault of plan) {
    await until(() => sizeOf(host.logs, "host") >= fault.at * whole);
    await pause(fault.delay);
    over.push(happen(parts, fault));
  }
  await Promise.all(over);
  const wrong = await live?.end();
  if (wrong !== undefined) return wrong;
  const { code, stderr } = await parts.dispatcher.running.ended;
  if (code !== 0) return `the dispatcher ended with ${code}: ${stderr}`;
  const names = ["host", ...contids().keys()];
  await until(() => names.every((one) => sizeOf(host.logs, one) >= sizeOf(reference, one)));
  await until(() => TENANTS.every((one) => sizeOfFile(outOf(one)) >= sizeOf(reference, one)));
  for (const { running } of [...parts.workers, parts.consumer, steady]) {
    running.child.kill("SIGTERM");
    const ended = await running.ended;
    // One that has only just been started again may not listen for signals yet.
    if (ended.signal === "SIGTERM" && ended.stdout + ended.stderr === "") continue;
    if (ended.code !== 0) return `a process ended with ${ended.code}: ${ended.stderr}`;
  }
  const problems = names.map((one) => problemOf(host.logs, reference, one));
  for (const one of TENANTS) {
    if (!readFileSync(outOf(one)).equals(logOf(reference, one))) problems.push(`${one}'s file`);
  }
  problems.push(await streamProblem(t, site, name, names[seed % names.length] ?? "host"));
  return problems.find((problem) => problem !== undefined);
}

/** The stream of an instance against the log of the reference; of one in each round. */
async function streamProblem(
  t: Test,
  { server, reference }: Site,
  host: string,
  name: string,
): Promise<string | undefined> {
  const scope = contids().get(name) ?? "host";
  const tail = await cauditd(t, ["tail", scope, "--nats", server.url, "--host", host]);
  const log = logOf(reference, name).toString("utf8");
  if (tail.code === 0 && tail.stderr === "" && tail.stdout === log) return undefined;
  return `the stream of ${name}: ${tail.stdout.length} bytes of ${log.length}: ${tail.stderr}`;
}

function sizeOfFile(path: string): number {
  try {
    return readFileSync(path).length;
  } catch {
    return 0;
  }
}

async function happen(parts: Parts, { kind, worker, lasts }: Fault): Promise<void> {
  const { server, proxy, tenantProxy, workers, dispatcher, consumer } = parts;
  switch (kind) {
    case "kill worker":
      return workers[worker]?.kill(lasts);
    case "stall worker":
      return workers[worker]?.stall(lasts);
    case "kill dispatcher":
      return dispatcher.kill(lasts);
    case "stall dispatcher":
      return dispatcher.stall(lasts);
    case "kill server":
      await server.kill();
      await pause(lasts);
      return server.restart();
    case "cut connections":
      return proxy.cut();
    case "partition":
      proxy.refuse(true);
      proxy.cut();
      await pause(lasts);
      return proxy.refuse(false);
    case "kill consumer":
      return consumer.kill(lasts);
    case "slow consumer":
      return slow(tenantProxy, lasts);
    case "silence":
      proxy.hold(true);
      await pause(lasts);
      return proxy.hold(false);
    case "full store":
    case "full store, live source": {
      const store = await fillStore(Number(new URL(server.url).port));
      if (kind !== "full store") await parts.live?.flood(store.full);
      await pause(lasts);
      return store.free();
    }
    default:
      return consumer.stall(lasts);
  }
}

async function slow(proxy: CutProxy, ms: number): Promise<void> {
  const over = performance.now() + ms;
  while (performance.now() < over) {
    proxy.hold(true);
    await pause(HELD_MS);
    proxy.hold(false);
    await pause(OPEN_MS);
  }
}

function logOf(logs: string, name: string): Buffer {
  return readFileSync(join(logs, name, "audit.log"));
}

/** The log of an instance against that of the reference, and its account. */
function problemOf(logs: string, reference: string, name: string): string | undefined {
  const log = logOf(logs, name);
  const wanted = logOf(reference, name);
  if (!log.equals(wanted)) return `the log of ${name}: ${log.length} bytes of ${wanted.length}`;
  const events = new Set(wanted.toString("latin1").match(/(?<=msg=audit\([\d.]+:)\d+(?=\))/g)).size;
  const account = checkpointOf(logs, name)?.account;
  if (account === undefined) return `${name}: no checkpoint`;
  if (account.routed !== events || account.written !== events) {
    return `${name}: ${JSON.stringify(account)}, ${events} events`;
  }
  return scopeProblem(name, account);
}
