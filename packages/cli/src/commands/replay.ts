import { readdir } from "node:fs/promises";
import { machineDisk } from "@cauditd/auditd";
import { MALFORMED_KINDS, type MalformedLog } from "@cauditd/auparse";
import { HOST_SCOPE } from "@cauditd/dispatcher";
import type { Registration } from "@cauditd/kernel";
import { SingleBar } from "cli-progress";
import { type AuditdConfMap, readAuditdConfs } from "../config/auditd-confs.ts";
import { readContainers } from "../config/containers-file.ts";
import {
  type InstanceRulesMap,
  type RulesOptions,
  readInstanceRules,
} from "../config/instance-rules.ts";
import { otherMachine } from "../node/machine.ts";
import { Node } from "../node/node.ts";
import { LogSource } from "../source/log-source.ts";
import { accountingJson, accountingTable } from "../terminal/accounting-table.ts";
import { InputError } from "../terminal/input-error.ts";
import type { Io } from "../terminal/io.ts";

/** Options of `cauditd replay`. */
export interface ReplayOptions extends RulesOptions {
  readonly containers: string;
  readonly out: string;
  /** An auditd.conf for every instance. */
  readonly auditdConf?: string;
  readonly force?: boolean;
  readonly json?: boolean;
  readonly nats?: string;
  readonly creds?: string;
  readonly ca?: string;
}

/** Milliseconds between two looks of the progress bar. */
const PROGRESS_MS = 100;

/**
 * Sends real records through the whole pipeline, and ends.
 * @returns the exit code: 0; 1 when the accounting law fails or events were lost; 128 + signal
 * number when it was stopped
 * @throws {InputError} for what the user gave, before anything is written
 */
export async function replay(paths: string[], options: ReplayOptions, io: Io): Promise<number> {
  const { containers, sources, rules, confs } = await openInputs(paths, options, io);
  try {
    const node = await Node.start({
      out: options.out,
      containers,
      rules,
      confs,
      nats: options.nats,
      creds: options.creds,
      ca: options.ca,
      onFull: "wait",
      log: io.log,
      // The logs are those of the records given: the daemon's own are no part of them.
      logs: { fresh: true, checkpoint: false, daemonRecords: false },
      prepare: () => prepareOut(options.out),
    }).catch((cause: unknown) => {
      const { path } = cause as NodeJS.ErrnoException;
      throw path === undefined ? cause : InputError.fromSystem(path, cause);
    });
    return await run(node, sources, options, io);
  } finally {
    await Promise.all(sources.map((source) => source.close()));
  }
}

interface Inputs {
  readonly containers: readonly Registration[];
  readonly sources: readonly LogSource[];
  readonly rules: InstanceRulesMap;
  readonly confs: AuditdConfMap;
}

/** Looks at everything that the user gave before anything is done. */
async function openInputs(
  paths: readonly string[],
  options: ReplayOptions,
  io: Io,
): Promise<Inputs> {
  const problems: string[] = [];
  const tell = (error: unknown): undefined => {
    if (!(error instanceof InputError)) throw error;
    problems.push(...error.problems);
  };
  const containers = await readContainers(options.containers).catch(tell);
  const names = [HOST_SCOPE, ...(containers ?? []).map(({ name }) => name)];
  const rules = await readInstanceRules(options, names, otherMachine()).catch(tell);
  const { auditdConf } = options;
  const files = new Map(auditdConf === undefined ? [] : names.map((name) => [name, auditdConf]));
  const confs = await readAuditdConfs(files, io.log).catch(tell);
  await checkOut(options).catch(tell);
  if (paths.indexOf("-") !== paths.lastIndexOf("-"))
    problems.push("-: stdin can be read only once");
  const sources: LogSource[] = [];
  for (const path of paths) {
    const source = await LogSource.open(path).catch(tell);
    if (source !== undefined) sources.push(source);
  }
  if (
    containers !== undefined &&
    rules !== undefined &&
    confs !== undefined &&
    problems.length === 0
  ) {
    return { containers, sources, rules, confs };
  }
  await Promise.all(sources.map((source) => source.close()));
  throw new InputError(problems);
}

/** The output folder must be new or empty, unless `--force` is given. */
async function checkOut({ out, force }: ReplayOptions): Promise<void> {
  let entries: string[];
  try {
    entries = await readdir(out);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return;
    throw InputError.fromSystem(out, cause);
  }
  if (entries.length > 0 && force !== true) {
    throw new InputError([`${out}: the output folder is not empty (--force replaces its logs)`]);
  }
}

/** Makes the output folder. */
async function prepareOut(out: string): Promise<void> {
  await machineDisk.makeFolder(out, 0o750).catch((cause: unknown) => {
    throw InputError.fromSystem(out, cause);
  });
}

/** How far the replay has got. */
interface Progress {
  source: LogSource | undefined;
  /** Files that are done. */
  done: number;
}

async function run(
  node: Node,
  sources: readonly LogSource[],
  options: ReplayOptions,
  io: Io,
): Promise<number> {
  const progress: Progress = { source: undefined, done: 0 };
  const bar = startBar(sources, io);
  const started = performance.now();
  let failure: unknown;
  try {
    await feed(node, sources, progress, io);
  } catch (error) {
    failure = error;
  }
  try {
    await node.finish(failure === undefined && io.stop.signal === undefined);
  } catch (error) {
    failure ??= error;
  }
  const seconds = (performance.now() - started) / 1000;
  bar?.stop();
  await node.stop();
  const report = node.report();
  tellMalformed(node.dispatcher.malformed, io);
  const signal = io.stop.signal;
  if (signal !== undefined || failure !== undefined) {
    io.err(`${howFar(progress, sources, node.dispatcher.lines)}\n`);
  }
  if (options.json === true) {
    const stopped = signal ?? null;
    const summary = { ...accountingJson(report), bus: node.bus, seconds, stopped };
    io.out(`${JSON.stringify(summary, null, 2)}\n`);
  } else {
    io.out(accountingTable(report));
  }
  if (failure !== undefined) throw failure;
  const unfinished = report.scopes.some(({ account }) => account.inFlight > 0);
  if (report.problems.length > 0 || unfinished) return 1;
  return signal === undefined ? 0 : io.stop.exitCode;
}

async function feed(
  node: Node,
  sources: readonly LogSource[],
  progress: Progress,
  io: Io,
): Promise<void> {
  const { dispatcher } = node;
  for (const source of sources) {
    progress.source = source;
    void io.stop.requested.then(() => source.stop());
    for await (const chunk of source.chunks()) {
      dispatcher.push(chunk);
      await dispatcher.room();
      if (io.stop.signal !== undefined) return;
    }
    if (io.stop.signal !== undefined) return;
    progress.done++;
  }
}

function howFar(progress: Progress, sources: readonly LogSource[], lines: number): string {
  const { source, done } = progress;
  if (source === undefined) return "cauditd: stopped before the first log";
  const of = source.size > 0 ? ` of ${source.size}` : "";
  const at = Math.min(done + 1, sources.length);
  return (
    `cauditd: stopped after ${lines} lines, in log ${at} of ${sources.length} ` +
    `(${source.label}, ${source.read}${of} bytes read); they are in the logs`
  );
}

function startBar(sources: readonly LogSource[], io: Io): SingleBar | undefined {
  const total = sources.reduce((sum, source) => sum + source.size, 0);
  if (!io.terminal || total === 0) return undefined;
  const bar = new SingleBar({
    format: "replay [{bar}] {percentage}% | {duration_formatted} | eta {eta_formatted}",
    hideCursor: true,
    etaBuffer: 50,
  });
  bar.start(total, 0);
  const timer = setInterval(() => {
    bar.update(sources.reduce((sum, source) => sum + source.read, 0));
  }, PROGRESS_MS);
  timer.unref();
  const stop = bar.stop.bind(bar);
  bar.stop = () => {
    clearInterval(timer);
    bar.update(sources.reduce((sum, source) => sum + source.read, 0));
    stop();
  };
  return bar;
}

/** Malformed input by kind, and the first places of each. */
function tellMalformed(malformed: MalformedLog, io: Io): void {
  if (malformed.total === 0) return;
  const kinds = MALFORMED_KINDS.filter((kind) => malformed.counts[kind] > 0);
  const counts = kinds.map((kind) => `${malformed.counts[kind]} ${kind}`).join(", ");
  io.err(`cauditd: ${malformed.total} malformed: ${counts}\n`);
  for (const { kind, line, offset, excerpt } of malformed.samples) {
    io.err(`cauditd:   line ${line}, byte ${offset}: ${kind}: ${excerpt}\n`);
  }
}
