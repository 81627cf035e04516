import type { Container } from "@cauditd/kernel";
import { Latency, type Operations, openOperations, TimedBus } from "@cauditd/operations";
import { accountingTable } from "./accounting-table.ts";
import { readAuditdConfs, rereadAuditdConf } from "./auditd-confs.ts";
import { type Config, readConfig } from "./config.ts";
import { usableSocket } from "./control-schema.ts";
import { InputError } from "./input-error.ts";
import { readRulesFiles } from "./instance-rules.ts";
import type { Io } from "./io.ts";
import { type KeptContainers, keptContainers } from "./kept-containers.ts";
import { openSource } from "./live-source.ts";
import { LiveView } from "./live-view.ts";
import { localClock, localTimes } from "./local-clock.ts";
import { type LogSignalActions, listenForLogSignals } from "./log-signals.ts";
import { thisMachine } from "./machine.ts";
import { Node } from "./node.ts";
import { NodeControl, VERSION } from "./node-control.ts";
import { nodeStats } from "./node-stats.ts";

/** Options of `cauditd up`. */
export interface UpOptions {
  readonly config?: string;
  readonly nats?: string;
  readonly creds?: string;
  /** Seconds after which the node stops by itself. */
  readonly for?: number;
}

/** Events are held for at most this long before their frame goes, milliseconds. */
const BATCH_MS = 5;
const VIEW_MS = 1000;
const DEFAULT_CONFIG = "cauditd.yaml";

/**
 * Runs dispatcher and instances in one process until a signal comes or the source is over.
 * @returns the exit code: 0 after a clean stop, 1 when the accounting law fails
 * @throws {InputError} for a bad configuration, before anything is written
 */
export async function up(options: UpOptions, io: Io): Promise<number> {
  const config = await readConfig(options.config ?? DEFAULT_CONFIG);
  const rules = await readRulesFiles(config.rules, thisMachine());
  const confs = await readAuditdConfs(config.auditdConfs, io.log);
  const nats = options.nats ?? config.nats;
  if (config.streams !== undefined && nats === undefined) {
    throw new InputError(["streams: they need a NATS server: --nats, NATS_URL or `nats`"]);
  }
  const source = await openSource(config.source, config.containers, io.log);
  const kept = await keptContainers(config, source.registrations, io);
  const latency = new Latency();
  const node = await Node.start({
    out: config.logs,
    containers: [...source.registrations, ...kept.registrations],
    rules,
    confs,
    logOptions: config.logOptions,
    limits: config.limits,
    nats,
    creds: options.creds,
    streams: config.streams && {
      host: config.host ?? config.control.host,
      config: config.streams,
    },
    onFull: source.id === undefined ? "drop" : "wait",
    log: io.log,
    logs: { fresh: config.fresh },
    prepare: kept.prepare,
    around: (bus) => new TimedBus(bus, latency),
  });
  const owners = kept.enter(node.dispatcher);
  const openControl = () => startControl(node, config, options, io, { kept, owners });
  const tell = { node, config, options, latency };
  const ends = await openEnds(tell, openControl).catch(async (error: unknown) => {
    await node.stop();
    throw error;
  });
  const view = new LiveView(node, io, config.logs);
  const stop = new AbortController();
  void io.stop.requested.then(() => stop.abort());
  const quiet = listenForLogSignals(logActions(node, config.auditdConfs, io), io.log);
  const { dispatcher } = node;
  const batch = setInterval(() => dispatcher.flush(), BATCH_MS);
  const show = setInterval(() => view.show(), VIEW_MS);
  const limit =
    options.for === undefined ? undefined : setTimeout(() => stop.abort(), options.for * 1000);
  let failure: unknown;
  try {
    await source.run((bytes) => {
      dispatcher.push(bytes);
      return source.id === undefined ? undefined : dispatcher.room();
    }, stop.signal);
  } catch (error) {
    failure = error;
  }
  clearInterval(batch);
  clearInterval(show);
  clearTimeout(limit);
  await ends.control.close();
  try {
    await node.finish(!stop.signal.aborted);
  } catch (error) {
    failure ??= error;
  }
  await node.stop().finally(() => ends.operations.close());
  quiet();
  view.end();
  const report = node.report();
  io.out(accountingTable(report));
  if (failure !== undefined) {
    throw failure instanceof Error ? failure : new InputError([String(failure)]);
  }
  return report.problems.length > 0 ? 1 : 0;
}

/** What others reach the node by. */
interface Ends {
  readonly control: NodeControl;
  readonly operations: Operations;
}

/** Whose ends they are. */
interface Told {
  readonly node: Node;
  readonly config: Config;
  readonly options: UpOptions;
  readonly latency: Latency;
}

async function openEnds(
  { node, config, options, latency }: Told,
  openControl: () => Promise<NodeControl>,
): Promise<Ends> {
  const { host } = config.control;
  const url = options.nats ?? config.nats;
  const where = {
    ...({ role: "node", host, version: VERSION, listen: config.metrics?.listen } as const),
    nats: url === undefined ? undefined : { url, creds: options.creds },
    latency,
  };
  const operations = await openOperations(where, () => nodeStats(node, host));
  try {
    return { operations, control: await openControl() };
  } catch (error) {
    await operations.close();
    throw error;
  }
}

/** Answers control requests while the node runs. */
async function startControl(
  node: Node,
  config: Config,
  options: UpOptions,
  io: Io,
  { kept, owners }: { kept: KeptContainers; owners: ReadonlyMap<Container, string> },
): Promise<NodeControl> {
  return await NodeControl.start({
    node,
    config: config.control,
    socket: usableSocket(config, io.log),
    nats: options.nats ?? config.nats,
    creds: options.creds,
    log: io.log,
    now: Date.now,
    registrations: kept.file,
    owners,
    liveTasks: kept.live,
    reload: (name) => reloadInstance(node, config.auditdConfs, name, io),
  });
}

/** What the signals do, to every instance that has an auditd.conf. */
function logActions(node: Node, files: ReadonlyMap<string, string>, io: Io): LogSignalActions {
  const instances = node.instances.filter(({ name }) => files.has(name));
  return {
    async reload() {
      for (const { name } of instances) await reloadInstance(node, files, name, io);
    },
    async rotate() {
      await Promise.all(instances.map((instance) => instance.rotate()));
    },
    async resume() {
      await Promise.all(instances.map((instance) => instance.resume()));
    },
    async dump() {
      const time = localTimes.stamp(localClock.now());
      await Promise.all(instances.map((instance) => instance.dumpState(time)));
    },
  };
}

/** Reads an instance's auditd.conf again; one that has none stays as it is. */
async function reloadInstance(
  node: Node,
  files: ReadonlyMap<string, string>,
  name: string,
  io: Io,
): Promise<void> {
  const path = files.get(name);
  const instance = node.instances.find((served) => served.name === name);
  if (path === undefined || instance === undefined) return;
  await instance.reload(await rereadAuditdConf(path, io.log));
}
