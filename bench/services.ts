/*
 * `npm run bench:services`: the corpus repeated 8 and 32 times through `cauditd dispatcher`, a NATS
 * server with JetStream on files, and two `cauditd auditd`, with tenants' streams, until the last
 * event is in its log; beside laurel on the same file. Needs laurel and nats-server (NATS_SERVER,
 * or on the PATH).
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
): Promise<number> {
  const deployment = await Deployment.start(join(folder, "services"), input.path, containers);
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
    const ours: number[] = [];
    const theirs: number[] = [];
    const cpu: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] };
    for (let round = 0; round < ROUNDS; round++) {
      loads.push(loadavg()[0] ?? 0);
      const before = childSeconds();
      ours.push(await services(input, folder, wanted));
      const between = childSeconds();
      theirs.push(laurel(input, folder));
      cpu.ours.push(between - before);
      cpu.theirs.push(childSeconds() - between);
      console.log(
        `${input.name} x ${times}: services ${ours.at(-1)} s (CPU ${cpu.ours.at(-1)} s), ` +
          `laurel ${theirs.at(-1)} s (CPU ${cpu.theirs.at(-1)} s)`,
      );
    }
    const ratio = (median(theirs) / median(ours)).toFixed(1);
    const load = median(loads).toFixed(0);
    const records = input.lines.toLocaleString("en");
    const megabytes = Math.round([...wanted.values()].reduce((sum, one) => sum + one, 0) / 1e6);
    const seconds = [median(cpu.ours), median(cpu.theirs)].map((one) => one.toFixed(1));
    rows.push(
      `| ${input.name} x ${times} | ${records} | ${megabytes} | ${rate(input, ours)} | ` +
        `${rate(input, theirs)} | ${ratio} | ${seconds.join(" | ")} | ${load} |`,
    );
  }
  writeSection(
    "Services beside laurel",
    `\`npm run bench:services\`, ${ROUNDS} rounds, ${machine()}.\n\n` +
      "Dispatcher, NATS server (JetStream on files) and two workers as processes, with tenants' " +
      "streams, from the start of the dispatcher to the last byte in the last log: the host's " +
      "and three containers'. A container's event is in two logs; of the repetitions with later " +
      "times most events are the host's only. laurel from start to exit, its one JSON log. " +
      "Thousands of records per second; CPU seconds of all processes of a run, from their start " +
      "to their end; load is that of the machine before the run: above the number of processors, " +
      "what else runs has a share of them.\n\n" +
      "| corpus | records | logs, MB | services | laurel | ratio | CPU services | CPU laurel |" +
      " load |\n" +
      "|---|---|---|---|---|---|---|---|---|\n" +
      `${rows.join("\n")}\n`,
  );
  console.log(rows.join("\n"));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
