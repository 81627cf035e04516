/*
 * `npm run bench:services`: the corpus repeated eight times through `cauditd dispatcher`, a NATS
 * server with JetStream on files, and two `cauditd auditd`, until the last event is in its log;
 * beside laurel on the same file. Needs laurel and nats-server (NATS_SERVER, or on the PATH).
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { machine, median, writeSection } from "./report.ts";
import {
  asItIs,
  asPlugins,
  childSeconds,
  corpus,
  corpusLog,
  type Input,
  laurel,
  rate,
  root,
  time,
} from "./whole.ts";

const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 3);
const WORKERS = ["a", "b"];
const bin = join(root, "packages/cli/bin/cauditd.mjs");
const list = join(corpus, "containers.json");
const containers = JSON.parse(readFileSync(list, "utf8")) as Record<string, unknown>[];
const names = ["host", ...containers.map(({ name }) => String(name))];

/** A port that is free now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

function size(folder: string, name: string): number {
  return statSync(join(folder, name, "audit.log"), { throwIfNoEntry: false })?.size ?? 0;
}

function start(command: string, args: readonly string[]): ChildProcess {
  return spawn(command, args, { stdio: ["ignore", "pipe", "ignore"] });
}

/** Lengths of the logs that an input makes, by a replay in one process. */
function lengths(input: Input, folder: string): Map<string, number> {
  const out = join(folder, "reference");
  rmSync(out, { recursive: true, force: true });
  time(process.execPath, [bin, "replay", "-", "--containers", list, "--out", out], input.path);
  return new Map(names.map((name) => [name, size(out, name)]));
}

/** Seconds from the start of the dispatcher to the last byte in the last log. */
async function services(
  input: Input,
  folder: string,
  wanted: ReadonlyMap<string, number>,
): Promise<number> {
  const home = join(folder, "services");
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home);
  const port = await freePort();
  const server = process.env["NATS_SERVER"] ?? "nats-server";
  const nats = start(server, ["-js", "-sd", join(home, "js"), "-a", "127.0.0.1", "-p", `${port}`]);
  const config = join(home, "cauditd.yaml");
  const logs = join(home, "logs");
  const host = { logs, host: "bench", nats: `nats://127.0.0.1:${port}`, worker: { ttl: 10 } };
  const source = { type: "log", path: input.path };
  const known = containers.map(({ name, contid, pid }) => ({ name, contid, pid }));
  const all = { ...host, source, control: { socket: false }, containers: known };
  writeFileSync(config, JSON.stringify(all));
  const workers: ChildProcess[] = [];
  for (const name of WORKERS) {
    const worker = start(process.execPath, [bin, "auditd", "--config", config, "--name", name]);
    workers.push(worker);
    if (worker.stdout !== null) await once(worker.stdout, "data");
  }
  try {
    const started = performance.now();
    const dispatcher = start(process.execPath, [bin, "dispatcher", "--config", config]);
    dispatcher.stdout?.resume();
    const [code] = await once(dispatcher, "exit");
    if (code !== 0) throw new Error(`the dispatcher ended with ${code}`);
    while (names.some((name) => size(logs, name) < (wanted.get(name) ?? 0))) await pause(10);
    return (performance.now() - started) / 1000;
  } finally {
    for (const worker of workers) {
      worker.kill("SIGTERM");
      await once(worker, "exit");
    }
    nats.kill("SIGTERM");
    await once(nats, "exit");
  }
}

const folder = mkdtempSync(join(tmpdir(), "cauditd-bench-"));
try {
  const log = corpusLog();
  const rows: string[] = [];
  for (const input of [asItIs(log, folder), asPlugins(log, folder)]) {
    const wanted = lengths(input, folder);
    const ours: number[] = [];
    const theirs: number[] = [];
    const cpu: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] };
    for (let round = 0; round < ROUNDS; round++) {
      const before = childSeconds();
      ours.push(await services(input, folder, wanted));
      const between = childSeconds();
      theirs.push(laurel(input, folder));
      cpu.ours.push(between - before);
      cpu.theirs.push(childSeconds() - between);
      console.log(
        `${input.name}: services ${ours.at(-1)} s (CPU ${cpu.ours.at(-1)} s), ` +
          `laurel ${theirs.at(-1)} s (CPU ${cpu.theirs.at(-1)} s)`,
      );
    }
    const ratio = (median(theirs) / median(ours)).toFixed(1);
    const records = input.lines.toLocaleString("en");
    const seconds = [median(cpu.ours), median(cpu.theirs)].map((one) => one.toFixed(1));
    rows.push(
      `| ${input.name} | ${records} | ${rate(input, ours)} | ${rate(input, theirs)} | ${ratio} | ` +
        `${seconds.join(" | ")} |`,
    );
  }
  writeSection(
    "Services beside laurel",
    `\`npm run bench:services\`, ${ROUNDS} rounds, ${machine()}.\n\n` +
      "Dispatcher, NATS server (JetStream on files) and two workers as processes, from the start " +
      "of the dispatcher to the last byte in the last log: the host's and three containers'. " +
      "laurel from start to exit, its one JSON log. Thousands of records per second; CPU seconds " +
      "of all processes of a run, from their start.\n\n" +
      "| corpus x 8 | records | services | laurel | ratio | CPU services | CPU laurel |\n" +
      "|---|---|---|---|---|---|---|\n" +
      `${rows.join("\n")}\n`,
  );
  console.log(rows.join("\n"));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
