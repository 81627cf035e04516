// `npm run sim`: thousands of rounds of the simulation; a seed draws the same round again.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { round } from "./round.ts";
import { Tally, type Told, told } from "./tally.ts";

const USAGE = "npm run sim -- [--seed FIRST] [--rounds COUNT] [--jobs PROCESSES]";
/** Rounds between two lines about how far it is. */
const NEWS = 500;

const tell = (text: string): boolean => process.stdout.write(`${text}\n`);
const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    rounds: { type: "string", default: "2000" },
    jobs: { type: "string", default: "1" },
    /** Of a child: it runs one seed of so many. */
    every: { type: "string", default: "1" },
  },
});
const [first, rounds, jobs, every] = [values.seed, values.rounds, values.jobs, values.every].map(
  (text) => {
    if (/^\d{1,9}$/.test(text)) return Number(text);
    process.stderr.write(`${text}: expected a number\n${USAGE}\n`);
    return process.exit(2);
  },
) as [number, number, number, number];

/** Runs rounds; each is told as it ends. */
async function run(each: (one: Told) => void): Promise<void> {
  // A stack for each of a million expected errors takes its time; one round shows them.
  if (rounds > 1) Error.stackTraceLimit = 0;
  for (let seed = first; seed < first + rounds; seed += every) each(told(seed, await round(seed)));
}

/** The same in so many processes, each with every so many-th seed. */
async function share(each: (one: Told) => void): Promise<void> {
  const begin = (i: number): ChildProcess => {
    const part = ["--seed", `${first + i}`, "--rounds", `${rounds - i}`, "--every", `${jobs}`];
    return fork(fileURLToPath(import.meta.url), part);
  };
  const children = Array.from({ length: Math.min(jobs, rounds) }, (_, i) => begin(i));
  const ends = children.map(async (child) => {
    child.on("message", (one) => each(one as Told));
    const [code] = await once(child, "exit");
    if (code !== 0) throw new Error(`a process of rounds ended with ${code}`);
  });
  await Promise.all(ends);
}

if (process.send !== undefined) {
  await run((one) => process.send?.(one));
  process.disconnect();
} else {
  tell(`${rounds} rounds from seed ${first}`);
  const began = performance.now();
  const tally = new Tally();
  const each = (one: Told): void => {
    tally.add(one);
    const { seed, problem } = one;
    if (problem !== undefined)
      tell(`seed ${seed}: ${problem} (npm run sim -- --seed ${seed} --rounds 1)`);
    if (tally.rounds % NEWS === 0 && tally.rounds < rounds)
      tell(`${tally.rounds} rounds, ${tally.failed} failed`);
  };
  await (jobs > 1 ? share(each) : run(each));
  for (const line of tally.faults()) tell(line);
  tell(`trace ${tally.trace()}`);
  const seconds = Math.round((performance.now() - began) / 1000);
  tell(`${rounds} rounds, ${tally.steps} steps, ${tally.failed} failed, ${seconds} s`);
  process.exitCode = tally.failed === 0 && tally.rounds === rounds ? 0 : 1;
}
