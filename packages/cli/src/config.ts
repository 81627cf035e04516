import { LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import {
  containerName,
  contidText,
  fieldPlace,
  type PendingRegistration,
  pidNumber,
  readEntries,
} from "./container-schema.ts";
import { type ControlConfig, controlSchema, defaultControl } from "./control-schema.ts";
import { InputError } from "./input-error.ts";
import { type InstanceLimits, instanceLimitsSchema } from "./instance-limits-schema.ts";
import { type LogOptions, logOptionsSchema } from "./log-options-schema.ts";
import { type MetricsConfig, metricsSchema } from "./metrics-schema.ts";
import { type ServicesConfig, servicesShape } from "./services-schema.ts";
import { shapeError } from "./shape-error.ts";
import { type SourceConfig, sourceSchema } from "./source-schema.ts";
import { type StreamsConfig, streamsSchema } from "./streams-schema.ts";
import { readText } from "./text-file.ts";

const rulesPath = z.string({ error: "expected the path of a rules file" }).min(1);
const confPath = z.string({ error: "expected the path of an auditd.conf" }).min(1);

const schema = z.strictObject(
  {
    logs: z.string({ error: "expected the folder for the logs" }).min(1),
    fresh: z.boolean({ error: "expected true or false" }).default(false),
    nats: z.string({ error: "expected a NATS URL" }).min(1).optional(),
    ...servicesShape,
    source: sourceSchema,
    rules: z.record(z.string(), rulesPath, { error: "expected NAME: rules file" }).default({}),
    control: controlSchema.default(defaultControl),
    auditd_conf: z
      .record(z.string(), confPath, { error: "expected NAME: auditd.conf" })
      .default({}),
    log_options: logOptionsSchema.default({}),
    metrics: metricsSchema.optional(),
    instances: instanceLimitsSchema.default({}),
    streams: streamsSchema.optional(),
    containers: z.array(z.unknown(), { error: "expected a list of containers" }),
  },
  { error: shapeError("logs, source and containers") },
);

const entry = z.strictObject(
  {
    name: containerName,
    contid: contidText,
    pid: pidNumber.optional(),
    parent: contidText.optional(),
  },
  { error: shapeError("{name, contid, pid}") },
);
const entryWithPid = entry.extend({ pid: pidNumber });
const entryWithoutPid = entry.extend({
  pid: z.undefined({ error: "the simulator gives the pids" }).optional(),
});

/** A node's configuration, checked. */
export interface Config extends ServicesConfig {
  /** Folder of the logs, relative to the working directory. */
  readonly logs: string;
  /** Earlier logs of the same names are replaced when the node starts. */
  readonly fresh: boolean;
  readonly nats?: string | undefined;
  readonly source: SourceConfig;
  /** Rules files by the name of the container, or `host`. */
  readonly rules: ReadonlyMap<string, string>;
  /** Who may ask for what, and where. */
  readonly control: ControlConfig;
  /** Paths of auditd.conf files by the name of the container, or `host`. */
  readonly auditdConfs: ReadonlyMap<string, string>;
  /** How logs are kept beyond that, by the name of the container, or `host`. */
  readonly logOptions: ReadonlyMap<string, LogOptions>;
  /** Overflow policies and quotas, by the name of the container, or `host`. */
  readonly limits: ReadonlyMap<string, InstanceLimits>;
  /** How the tenants' streams are kept; undefined: there are none. */
  readonly streams?: StreamsConfig | undefined;
  /** Where the process tells of itself; undefined = nowhere. */
  readonly metrics?: MetricsConfig | undefined;
  /** Parents in front of the containers nested in them. */
  readonly containers: readonly PendingRegistration[];
}

/**
 * Reads `cauditd.yaml`.
 * @throws {InputError} with every problem, each naming the file and the field
 */
export async function readConfig(path: string): Promise<Config> {
  return parseConfig(path, await readText(path));
}

/** The same for text that has been read; `path` is named in problems. */
export function parseConfig(path: string, text: string): Config {
  const value = parseYaml(path, text);
  const { data, error } = schema.safeParse(value);
  const problems = (error?.issues ?? []).map(
    (issue) => `${path}: ${fieldPlace(issue.path)}${issue.message}`,
  );
  const { source: from, containers: items } = Object(value) as Record<string, unknown>;
  const type = sourceSchema.safeParse(from).data?.type;
  const containers = readEntries(
    path,
    ["containers"],
    Array.isArray(items) ? items : [],
    type === undefined ? entry : type === "simulator" ? entryWithoutPid : entryWithPid,
    problems,
  );
  if (data === undefined || problems.length > 0) throw new InputError(problems);
  const { auditd_conf: confs, log_options: options, instances, ...rest } = data;
  const rules = new Map(Object.entries(data.rules));
  const auditdConfs = new Map(Object.entries(confs));
  const logOptions = new Map(Object.entries(options));
  const limits = new Map(Object.entries(instances));
  const names = new Set(["host", ...containers.map(({ name }) => name)]);
  const named = Object.entries({
    rules,
    auditd_conf: auditdConfs,
    log_options: logOptions,
    instances: limits,
    "streams.instances": data.streams?.named ?? new Map(),
  });
  const strangers = named.flatMap(([key, given]) =>
    [...given.keys()].filter((name) => !names.has(name)).map((name) => [key, name] as const),
  );
  if (strangers.length > 0) {
    throw new InputError(
      strangers.map(([key, name]) => `${path}: ${key}.${name}: no such instance`),
    );
  }
  return { ...rest, rules, auditdConfs, logOptions, limits, containers };
}

function parseYaml(path: string, text: string): unknown {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => {
      const { line, col } = lines.linePos(error.pos[0]);
      return `${path}:${line}:${col}: ${error.message.split("\n")[0]?.replace(/ at line .*/, "")}`;
    });
    throw new InputError(problems);
  }
  try {
    return document.toJS();
  } catch (cause) {
    // An alias without its anchor, or too many of them.
    throw new InputError([`${path}: ${(cause as Error).message}`], { cause });
  }
}
