// `cauditd.yaml` read again while a process runs.
import { isDeepStrictEqual } from "node:util";
import type { AuditdLog } from "@cauditd/auditd";
import {
  type ContainerPlan,
  checkChangeable,
  planContainers,
  type ReloadedNode,
  type ReloadOutcome,
  reloadContainers,
} from "@cauditd/dispatcher";
import type { Node } from "../node/node.ts";
import type { LiveSource } from "../source/live-source.ts";
import { InputError } from "../terminal/input-error.ts";
import { type Config, readConfig } from "./config.ts";
import { readSettings } from "./settings.ts";

/** A field that a running process may find changed. */
export type ConfigField = Exclude<keyof Config, "containers">;

/** Fields of a configuration as its file names them. */
const FIELDS: Readonly<Record<ConfigField, string>> = {
  logs: "logs",
  fresh: "fresh",
  nats: "nats",
  host: "host",
  worker: "worker",
  source: "source",
  rules: "rules",
  control: "control",
  auditdConfs: "auditd_conf",
  logOptions: "log_options",
  limits: "instances",
  streams: "streams",
  metrics: "metrics",
};

/** What has come of reading it again, for the line that tells of it. */
export interface Reloaded extends Partial<ReloadOutcome> {
  /** Fields that have changed and are as they were until the next start. */
  readonly restart: readonly string[];
}

/** The names of the fields, of those asked for, that differ. */
export function changedFields(
  before: Config,
  after: Config,
  fields: readonly ConfigField[],
): readonly string[] {
  return fields
    .filter((field) => !isDeepStrictEqual(before[field], after[field]))
    .map((field) => FIELDS[field]);
}

/** What a dispatcher takes from its configuration at its start only, and what a node does. */
const OF_DISPATCHER: readonly ConfigField[] = ["host", "nats", "source", "control", "metrics"];
const OF_NODE: readonly ConfigField[] = [...OF_DISPATCHER, "logs", "fresh", "streams"];

/** A process whose configuration is read again. */
export interface ReloadedProcess {
  readonly path: string;
  /** As it was started with. */
  readonly running: Config;
  readonly containers: ReloadedNode;
  readonly source: LiveSource;
}

/**
 * Reads a dispatcher's configuration again: its containers begin and end as it says now.
 * @throws {InputError} with every problem, after which everything is as it was; EOPNOTSUPP for a
 * source whose containers must stay
 */
export async function reloadDispatcher(of: ReloadedProcess): Promise<Reloaded> {
  const config = await readConfig(of.path);
  const plan = planOf(of, config);
  const restart = changedFields(of.running, config, OF_DISPATCHER);
  const outcome = await reloadContainers(of.containers, plan, of.source.maker);
  return { ...outcome, restart };
}

/** The same for a node: what its instances are set to, too. Errors as reloadDispatcher. */
export async function reloadNode(
  of: ReloadedProcess,
  node: Pick<Node, "use">,
  told: AuditdLog,
): Promise<Reloaded & { readonly config: Config }> {
  const { config, rules, confs } = await readSettings(of.path, told);
  const plan = planOf(of, config);
  const restart = changedFields(of.running, config, OF_NODE);
  const { logOptions, limits } = config;
  node.use({ rules, confs, logOptions, limits });
  const outcome = await reloadContainers(of.containers, plan, of.source.maker);
  return { ...outcome, config, restart };
}

function planOf({ path, running, containers }: ReloadedProcess, config: Config): ContainerPlan {
  if (config.source.type !== running.source.type) {
    // Whether containers have pids depends on it.
    throw new InputError([`${path}: source: another one needs a restart`]);
  }
  const plan = planContainers(containers.listed(), config.containers);
  if (plan.problems.length > 0) {
    throw new InputError(plan.problems.map((problem) => `${path}: containers: ${problem}`));
  }
  checkChangeable(containers, plan);
  return plan;
}
