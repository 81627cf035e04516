import { pauseFor } from "@cauditd/client";
import type { Registration } from "@cauditd/kernel";
import { LoadRun, RecordSender } from "@cauditd/loadtest";
import { EmulatedHost } from "@cauditd/simulator";
import { type Config, readConfig } from "../config/config.ts";
import { readContainers } from "../config/containers-file.ts";
import { InputError, UsageError } from "../terminal/input-error.ts";
import type { Io } from "../terminal/io.ts";
import { type Counters, openCounters } from "./load-counters.ts";
import { loadReportText } from "./load-report-text.ts";
import { type LoadScopesOptions, logScope, streamScope } from "./load-scopes.ts";
import { type LoadPlace, parsePlace, placeOfSource } from "./load-target.ts";

/** Options of `cauditd load`. */
export interface LoadCommandOptions extends LoadScopesOptions {
  readonly to?: string;
  readonly config?: string;
  readonly containers?: string;
  readonly seed: number;
  /** Events a second. */
  readonly rate: number;
  /** Seconds. */
  readonly for: number;
  /** Seconds. */
  readonly wait: number;
  readonly only?: string;
  readonly socket?: string;
  readonly json?: boolean;
}

/** The first uid of containers: each has its own. */
const FIRST_UID = 1000;
/** How often a node that is not there yet is tried, ms. */
const RETRY_MS = 250;

/**
 * Loads a node with an emulated host's records, and reports.
 * @returns the exit code: 0, 1 when the accounts do not add up, that of the signal that ended it
 * @throws {InputError} for options that do not fit together, and a place that takes no records
 */
export async function load(given: LoadCommandOptions, io: Io): Promise<number> {
  const config = given.config === undefined ? undefined : await readConfig(given.config);
  const named = config?.host ?? config?.control.host;
  const options = named === undefined ? given : { host: named, ...given };
  const { place, registrations, logs } = await settings(options, config);
  const host = emulatedHost(options.seed, registrations);
  const stop = new AbortController();
  void io.stop.requested.then(() => stop.abort());
  const watched = watchedOf(options.only, registrations);
  const scopes = await Promise.all(
    watched.map(([name, scope]) =>
      logs === undefined
        ? streamScope(name, scope, options, io, stop.signal)
        : logScope(name, scope, logs),
    ),
  );
  const counters = await openCounters(options, io);
  try {
    return await driven({ options, place, host, scopes, counters, stop: stop.signal }, io);
  } finally {
    for (const scope of scopes) await scope.close();
    await counters?.close();
  }
}

/** What a run needs. */
interface Prepared {
  readonly options: LoadCommandOptions;
  readonly place: LoadPlace;
  readonly host: EmulatedHost;
  readonly scopes: readonly Awaited<ReturnType<typeof logScope>>[];
  readonly counters: Counters | undefined;
  readonly stop: AbortSignal;
}

async function driven(prepared: Prepared, io: Io): Promise<number> {
  const { options, place, host, scopes, counters, stop } = prepared;
  const sender = await connected(place, options.wait * 1000, stop).catch((cause: unknown) => {
    throw InputError.fromSystem(place.text, cause);
  });
  const sink = {
    write: (text: string) =>
      sender.write(text).catch((cause: unknown) => {
        throw InputError.fromSystem(place.text, cause);
      }),
  };
  const { rate, for: seconds, wait } = options;
  const look = counters?.look;
  try {
    const run = new LoadRun({ host, sink, scopes, counters: look, rate, seconds, wait, stop });
    const report = await run.run();
    io.out(options.json === true ? `${JSON.stringify(report)}\n` : loadReportText(report));
    return report.problems.length > 0 ? 1 : 0;
  } finally {
    sender.destroy();
  }
}

/** Connects; a node that does not take records yet is waited for. */
async function connected(
  { target }: LoadPlace,
  limitMs: number,
  stop: AbortSignal,
): Promise<RecordSender> {
  const since = performance.now();
  for (;;) {
    try {
      return await RecordSender.connect(target);
    } catch (error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      const isLate = performance.now() - since >= limitMs;
      if (!["ENOENT", "ECONNREFUSED"].includes(code) || isLate || stop.aborted) throw error;
      await pauseFor(RETRY_MS, stop);
    }
  }
}

async function settings(
  options: LoadCommandOptions,
  config: Config | undefined,
): Promise<{ place: LoadPlace; registrations: readonly Registration[]; logs?: string }> {
  const problems: string[] = [];
  const { to, containers, nats } = options;
  if (config === undefined && containers === undefined) {
    problems.push("--config or --containers: the containers of the node are needed");
  }
  const place = to === undefined ? placeOfSource(config?.source) : parsePlace(to);
  if (place === undefined) {
    problems.push(
      to === undefined
        ? "--to: the place that takes records is needed"
        : `--to ${to}: expected unix:PATH or tcp:HOST:PORT`,
    );
  }
  const logs = nats === undefined ? (options.logs ?? config?.logs) : undefined;
  if (nats !== undefined && options.logs !== undefined)
    problems.push("--logs and --nats: not both");
  if (nats !== undefined && options.host === undefined) {
    problems.push("--host: the name of the cauditd host is needed");
  }
  if (nats === undefined && logs === undefined)
    problems.push("--logs or --nats: which one is needed");
  if (config !== undefined && config.source.type !== "listen") {
    const source = `${options.config}: source: expected {type: listen ...}, which takes records`;
    throw new InputError([source, ...problems]);
  }
  if (place === undefined || problems.length > 0) throw new UsageError(problems);
  // readConfig asks for pids where records come from outside.
  const registrations =
    containers === undefined
      ? (config?.containers ?? []).map((item) => ({ ...item, pid: item.pid as number }))
      : await readContainers(containers);
  return { place, registrations, ...(logs === undefined ? {} : { logs }) };
}

function emulatedHost(seed: number, registrations: readonly Registration[]): EmulatedHost {
  try {
    return new EmulatedHost({
      seed,
      startTimeMs: Date.now(),
      containers: registrations.map((one, index) => ({ ...one, uid: FIRST_UID + index })),
    });
  } catch (cause) {
    throw new InputError([`containers: ${(cause as Error).message}`], { cause });
  }
}

/** Names and scopes of what is watched. @throws {UsageError} for a name that is none of them */
function watchedOf(
  only: string | undefined,
  registrations: readonly Registration[],
): (readonly [name: string, scope: string])[] {
  const all = new Map([
    ["host", "host"],
    ...registrations.map(({ name, contid }) => [name, String(contid)] as const),
  ]);
  if (only === undefined) return [...all];
  return only.split(",").map((name) => {
    const scope = all.get(name);
    if (scope === undefined) throw new UsageError([`--only ${name}: no such instance`]);
    return [name, scope] as const;
  });
}
