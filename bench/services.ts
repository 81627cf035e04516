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

const folder = mkdtempSync(join(tmpdir(), "cauditd-bench-"));
try {
  const log = corpusLog();
  const rows: string[] = [];
  const inputs = [asItIs, asPlugins].flatMap((make) => [8, 32].map((times) => ({ make, times })));
  for (const { make, times } of inputs) {
    const input = make(log, folder, times);
    const wanted = lengths(input, folder);
    const loads: number[] = [];
    const seconds = { logs: [] as number[], streams: [] as number[], laurel: [] as number[] };
    const cpu = { logs: [] as number[], streams: [] as number[], laurel: [] as number[] };
    const peers = {
      logs: () => services(input, folder, wanted, "none"),
      streams: () => services(input, folder, wanted, ["main"]),
      laurel: async () => laurel(input, folder),
    };
    for (let round = 0; round < ROUNDS; round++) {
      loads.push(loadavg()[0] ?? 0);
      const told: string[] = [];
      for (const peer of ["logs", "streams", "laurel"] as const) {
        const before = childSeconds();
        seconds[peer].push(await peers[peer]());
        cpu[peer].push(childSeconds() - before);
        told.push(
          `${peer} ${seconds[peer].at(-1)?.toFixed(2)} s (CPU ${cpu[peer].at(-1)?.toFixed(1)} s)`,
        );
      }
      console.log(`${input.name} x ${times}: ${told.join(", ")}`);
    }
    const ratio = (ours: readonly number[]): string =>
      (median(seconds.laurel) / median(ours)).toFixed(1);
    const records = input.lines.toLocaleString("en");
    const megabytes = Math.round([...wanted.values()].reduce((sum, one) => sum + one, 0) / 1e6);
    const cells = [
      `${input.name} x ${times}`,
      records,
      megabytes,
      rate(input, seconds.logs),
      rate(input, seconds.streams),
      rate(input, seconds.laurel),
      ratio(seconds.logs),
      ratio(seconds.streams),
      ...[cpu.logs, cpu.streams, cpu.laurel].map((one) => median(one).toFixed(1)),
      median(loads).toFixed(0),
    ];
    rows.push(`| ${cells.join(" | ")} |`);
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
      `${rows.join("\n")}\n`,
  );
  console.log(rows.join("\n"));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
