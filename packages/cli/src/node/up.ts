import type { AuditdInstance } from "@cauditd/auditd";
import type { Container } from "@cauditd/kernel";
import { Lag, Latency, type Operations, openOperations, TimedBus } from "@cauditd/operations";
import { ConfFiles } from "../config/conf-files.ts";
import type { Config } from "../config/config.ts";
import { usableSocket } from "../config/control-schema.ts";
import { type KeptContainers, keptContainers } from "../config/kept-containers.ts";
import { reloadNode } from "../config/reload.ts";
import { readSettings } from "../config/settings.ts";
import { localClock, localTimes } from "../search/local-clock.ts";
import { type LiveSource, openSource } from "../source/live-source.ts";
import { accountingTable } from "../terminal/accounting-table.ts";
import { InputError } from "../terminal/input-error.ts";
import type { Io } from "../terminal/io.ts";
import { LiveView } from "../watch/live-view.ts";
import { type LogSignalActions, listenForLogSignals } from "./log-signals.ts";
import { Node } from "./node.ts";
import { ControlledScopes, NodeControl, type NodeControlOptions, VERSION } from "./node-control.ts";
import { nodeStats } from "./node-stats.ts";

/** Options of `cauditd up`. */
export interface UpOptions {
  readonly config?: string;
  readonly nats?: string;
  readonly creds?: string;
  readonly ca?: string;
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
  const path = options.config ?? DEFAULT_CONFIG;
  const { config, rules, confs } = await readSettings(path, io.log);
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
    ca: options.ca,
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
  const confFiles = new ConfFiles(config.auditdConfs, io.log);
  const control = controlOptions({ node, config, options, io, kept, owners, confFiles });
  const scopes = new ControlledScopes(control);
  const tell = { node, config, options, latency, told: io.log, source };
  const ends = await openEnds(tell, () => NodeControl.over(scopes, control)).catch(
    async (error: unknown) => {
      await node.stop();
      throw error;
    },
  );
  const view = new LiveView(node, io, config.logs);
  const stop = new AbortController();
  void io.stop.requested.then(() => stop.abort());
  const reloaded = { path, running: config, containers: scopes, source };
  const reload = async (): Promise<void> => {
    const { config: now, ...outcome } = await reloadNode(reloaded, node, io.log);
    confFiles.use(now.auditdConfs);
    io.log.warn(outcome, "the configuration was read again");
  };
  const quiet = listenForLogSignals(logActions(node, confFiles, reload), io.log);
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
  ends.lag.close();
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
  readonly lag: Lag;
}

/** Whose ends they are. */
interface Told {
  readonly node: Node;
  readonly config: Config;
  readonly options: UpOptions;
  readonly latency: Latency;
  readonly told: Io["log"];
  readonly source: LiveSource;
}

async function openEnds(
  { node, config, options, latency, told, source }: Told,
  openControl: () => Promise<NodeControl>,
): Promise<Ends> {
  const { host } = config.control;
  const url = options.nats ?? config.nats;
  const where = {
    ...({ role: "node", host, version: VERSION, listen: config.metrics?.listen } as const),
    nats: url === undefined ? undefined : { url, creds: options.creds, ca: options.ca },
    latency,
  };
  const { nats: bus, streams } = node;
  const scopes = () => node.instances.map(({ instance }) => instance.scope);
  const lag = new Lag({ bus, streams, scopes, told });
  let control: NodeControl | undefined;
  const operations = await openOperations(where, () => {
    const damaged = bus === undefined ? {} : { damaged: bus.damaged };
    return lag.in({ ...nodeStats(node, host, source), ...damaged, control: control?.stats });
  });
  try {
    control = await openControl();
  } catch (error) {
    await operations.close();
    throw error;
  }
  if (bus !== undefined) lag.start();
  return { operations, control, lag };
}

/** What the control of a node is made of. */
interface Controlled {
  readonly node: Node;
  readonly config: Config;
  readonly options: UpOptions;
  readonly io: Io;
  readonly kept: KeptContainers;
  readonly owners: ReadonlyMap<Container, string>;
  readonly confFiles: ConfFiles;
}

function controlOptions(of: Controlled): NodeControlOptions {
  const { node, config, options, io, kept, owners, confFiles } = of;
  return {
    node,
    config: config.control,
    socket: usableSocket(config, io.log),
    nats: options.nats ?? config.nats,
    creds: options.creds,
    ca: options.ca,
    log: io.log,
    now: Date.now,
    registrations: kept.file,
    owners,
    liveTasks: kept.live,
    reload: async (name) => {
      const instance = node.instances.find((served) => served.name === name);
      if (instance !== undefined) await confFiles.reload(instance);
    },
  };
}

/** What the signals do, to every instance that has an auditd.conf. */
function logActions(node: Node, files: ConfFiles, reload: () => Promise<void>): LogSignalActions {
  const instances = (): AuditdInstance[] =>
    node.instances.filter((instance) => files.has(instance));
  return {
    async reload() {
      await reload();
      for (const instance of instances()) await files.reload(instance);
    },
    async rotate() {
      await Promise.all(instances().map((instance) => instance.rotate()));
    },
    async resume() {
      await Promise.all(instances().map((instance) => instance.resume()));
    },
    async dump() {
      const time = localTimes.stamp(localClock.now());
      await Promise.all(instances().map((instance) => instance.dumpState(time)));
    },
  };
}
