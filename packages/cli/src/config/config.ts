import { z } from "zod";
import { InputError } from "../terminal/input-error.ts";
import {
  containerName,
  contidText,
  type PendingRegistration,
  pidNumber,
  readEntries,
} from "./container-schema.ts";
import { type ControlConfig, controlSchema, defaultControl } from "./control-schema.ts";
import { type InstanceLimits, instanceLimitsSchema } from "./instance-limits-schema.ts";
import { type LogOptions, logOptionsSchema } from "./log-options-schema.ts";
import { type MetricsConfig, metricsSchema } from "./metrics-schema.ts";
import { type ServicesConfig, servicesShape } from "./services-schema.ts";
import { shapeError } from "./shape-error.ts";
import { type SourceConfig, sourceSchema } from "./source-schema.ts";
import { type StreamsConfig, streamsSchema } from "./streams-schema.ts";
import { readText } from "./text-file.ts";
import { YamlFile } from "./yaml-file.ts";

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
/** Types of a source from which records of real tasks come. */
const SOURCE_TYPES: readonly unknown[] = ["stdin", "unix", "listen", "log"];

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
 * @throws {InputError} with every problem, each naming the file, the line and the field
 */
export async function readConfig(path: string): Promise<Config> {
  return parseConfig(path, await readText(path));
}

/** The same for text that has been read; `path` is named in problems. */
export function parseConfig(path: string, text: string): Config {
  const file = YamlFile.parse(path, text);
  const { data, error } = schema.safeParse(file.value);
  const problems = file.problems(error);
  const { source: from, containers: items } = Object(file.value) as Record<string, unknown>;
  // Also of a source with something wrong: whether containers have pids depends on it alone.
  const type: unknown = Object(from).type;
  const containers = readEntries(Array.isArray(items) ? items : [], schemaFor(type), {
    shape: (at, wrong) => problems.push(...file.problems(wrong, ["containers", ...at])),
    tell: (at, problem) => problems.push(`${file.place(["containers", ...at])}${problem}`),
  });
  problems.push(...strangers(file));
  if (data === undefined || problems.length > 0) throw new InputError(problems);
  const { auditd_conf: confs, log_options: options, instances, ...rest } = data;
  return {
    ...rest,
    rules: new Map(Object.entries(data.rules)),
    auditdConfs: new Map(Object.entries(confs)),
    logOptions: new Map(Object.entries(options)),
    limits: new Map(Object.entries(instances)),
    containers,
  };
}

function schemaFor(type: unknown): typeof entry | typeof entryWithPid | typeof entryWithoutPid {
  if (type === "simulator") return entryWithoutPid;
  return SOURCE_TYPES.includes(type) ? entryWithPid : entry;
}

/** The files that a configuration names, and where it names them. */
export interface NamedFiles extends Pick<Config, "rules" | "auditdConfs"> {
  /** `FILE:LINE: FIELD: ` of the path of an instance's file. */
  place(field: "rules" | "auditd_conf", name: string): string;
}

/** The files that a configuration names, as far as they can be told when it is refused. */
export function namedFiles(path: string, text: string): NamedFiles {
  let file: YamlFile;
  try {
    file = YamlFile.parse(path, text);
  } catch {
    return { rules: new Map(), auditdConfs: new Map(), place: () => "" };
  }
  const { rules, auditd_conf: confs } = Object(file.value) as Record<string, unknown>;
  const place = (...field: readonly string[]): string => file.place(field);
  return { rules: pathsOf(rules), auditdConfs: pathsOf(confs), place };
}

function pathsOf(value: unknown): Map<string, string> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return new Map();
  const pairs = Object.entries(value).filter((pair): pair is [string, string] => {
    return typeof pair[1] === "string" && pair[1] !== "";
  });
  return new Map(pairs);
}

/** Fields whose keys are names of instances. */
const BY_NAME = [
  ["rules"],
  ["auditd_conf"],
  ["log_options"],
  ["instances"],
  ["streams", "instances"],
] as const;

/** Settings of instances that there are not. */
function strangers(file: YamlFile): string[] {
  const containers = Object(file.value).containers as unknown;
  const items = Array.isArray(containers) ? containers : [];
  const names = new Set(["host", ...items.map((item) => Object(item).name as unknown)]);
  return BY_NAME.flatMap((field) => {
    const given = field.reduce<unknown>((value, part) => Object(value)[part], file.value);
    const isMap = typeof given === "object" && given !== null && !Array.isArray(given);
    const keys = isMap ? Object.keys(given) : [];
    const unknown = keys.filter((name) => !names.has(name));
    return unknown.map((name) => `${file.place([...field, name])}no such instance`);
  });
}
