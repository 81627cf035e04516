/*
 * `npm run bench:services`: the corpus repeated 8 and 32 times through `cauditd dispatcher`, a NATS
 * server with JetStream on files, and two `cauditd auditd`, until the last event is in its log,
 * without and with tenants' streams; beside laurel on the same file. Needs laurel and nats-server
 * (NATS_SERVER, or on the PATH).
 */
import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { bin, corpusContainers, Deployment, list, sizeOf } from "./deployment.ts";
import { machine, median, writeSection } from "./report.ts";
import {
  asItIs,
  asPlugins,
  childSeconds,
  corpusLog,
  type Input,
  laurel,
  rate,
  time,
} from "./whole.ts";

const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 3);
const containers = corpusContainers();

/** Lengths of the logs that an input makes, by a replay in one process. */
function lengths(input: Input, folder: string): Map<string, number> {
  const out = join(folder, "reference");
  rmSync(out, { recursive: true, force: true });
  time(process.execPath, [bin, "replay", "-", "--containers", list, "--out", out], input.path);
  const names = ["host", ...containers.map(({ name }) => name)];
  const found = new Map(names.map((name) => [name, sizeOf(out, name)]));
  rmSync(out, { recursive: true, force: true });
  return found;
}

/** Seconds from the start of the dispatcher to the last byte in the last log. */
async function services(
  input: Input,
  folder: string,
  wanted: ReadonlyMap<string, number>,
  consumers: readonly string[] | "none",
): Promise<number> {
  const home = join(folder, "services");
  const deployment = await Deployment.start(home, input.path, containers, consumers);
  try {
    return await deployment.dispatch(wanted);
  } finally {
    await deployment.stop();
  }
}

const PEERS = ["logs", "streams", "laurel"] as const;
type Peer = (typeof PEERS)[number];

/** What the rounds of one input took. */
interface Measured {
  readonly name: string;
  readonly times: number;
  readonly input: Input;
  readonly megabytes: number;
  readonly seconds: Readonly<Record<Peer, number[]>>;
  readonly cpu: Readonly<Record<Peer, number[]>>;
  readonly loads: number[];
}

/** All peers on one input, in turn. */
async function measure(make: typeof asItIs, times: number, folder: string): Promise<Measured> {
  const input = make(corpusLog(), folder, times);
  const wanted = lengths(input, folder);
  const bytes = [...wanted.values()].reduce((sum, one) => sum + one, 0);
  const seconds: Measured["seconds"] = { logs: [], streams: [], laurel: [] };
  const cpu: Measured["cpu"] = { logs: [], streams: [], laurel: [] };
  const loads: number[] = [];
  const peers = {
    logs: () => services(input, folder, wanted, "none"),
    streams: () => services(input, folder, wanted, ["main"]),
    laurel: async () => laurel(input, folder),
  };
  for (let round = 0; round < ROUNDS; round++) {
    loads.push(loadavg()[0] ?? 0);
    const told: string[] = [];
    for (const peer of PEERS) {
      const before = childSeconds();
      const took = await peers[peer]();
      const used = childSeconds() - before;
      seconds[peer].push(took);
      cpu[peer].push(used);
      told.push(`${peer} ${took.toFixed(2)} s (CPU ${used.toFixed(1)} s)`);
    }
    console.log(`${input.name} x ${times}: ${told.join(", ")}`);
  }
  return { name: input.name, times, input, megabytes: bytes / 1e6, seconds, cpu, loads };
}

/** A row of the whole runs. */
function wholeRow({ name, times, input, megabytes, seconds, cpu, loads }: Measured): string {
  const cells = [
    `${name} x ${times}`,
    input.lines.toLocaleString("en"),
    megabytes.toFixed(0),
    ...PEERS.map((peer) => rate(input, seconds[peer])),
    ...ratios((peer) => median(seconds[peer])),
    ...PEERS.map((peer) => median(cpu[peer]).toFixed(1)),
    median(loads).toFixed(0),
  ];
  return `| ${cells.join(" | ")} |`;
}

/** A row of what the longer of two inputs took more than the shorter. */
function moreRow(short: Measured, long: Measured): string {
  const lines = long.input.lines - short.input.lines;
  const more = (peer: Peer): number => median(long.seconds[peer]) - median(short.seconds[peer]);
  const cells = [
    `${long.name}, from x ${short.times} to x ${long.times}`,
    lines.toLocaleString("en"),
    ...PEERS.map((peer) => (lines / more(peer) / 1000).toFixed(0)),
    ...ratios(more),
  ];
  return `| ${cells.join(" | ")} |`;
}

/** How many times as long laurel took as services without and with streams. */
function ratios(seconds: (peer: Peer) => number): string[] {
  return [seconds("logs"), seconds("streams")].map((ours) => (seconds("laurel") / ours).toFixed(1));
}

const folder = mkdtempSync(join(tmpdir(), "cauditd-bench-"));
try {
  const rows: string[] = [];
  const more: string[] = [];
  for (const make of [asItIs, asPlugins]) {
    const short = await measure(make, 8, folder);
    const long = await measure(make, 32, folder);
    rows.push(wholeRow(short), wholeRow(long));
    more.push(moreRow(short, long));
  }
  writeSection(
    "Services beside laurel",
    `\`npm run bench:services\`, ${ROUNDS} rounds, ${machine()}.\n\n` +
      "Dispatcher, NATS server (JetStream on files) and two workers as processes, without and" +
      " with tenants' streams, from the start of the dispatcher to the last byte in the last " +
      "log: the host's and three containers'. A container's event is in two logs; of the " +
      "repetitions with later times most events are the host's only. laurel from start to " +
      "exit, its one JSON log. Thousands of records per second; CPU seconds of all processes " +
      "of a run, from their start to their end; load is that of the machine before the run: " +
      "above the number of processors, what else runs has a share of them.\n\n" +
      "| corpus | records | logs, MB | services | with streams | laurel | ratio | with streams |" +
      " CPU services | with streams | CPU laurel | load |\n" +
      "|---|---|---|---|---|---|---|---|---|---|---|---|\n" +
      `${rows.join("\n")}\n\n` +
      "What the longer file took more than the shorter one, by the medians above: the rate " +
      "once processes have started and their code is compiled, of all three.\n\n" +
      "| corpus | records more | services | with streams | laurel | ratio | with streams |\n" +
      "|---|---|---|---|---|---|---|\n" +
      `${more.join("\n")}\n`,
  );
  console.log([...rows, ...more].join("\n"));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
