// The simulation finds nothing in the code, and finds what is planted.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import t from "tap";
import { round } from "./sim/round.ts";
import type { Mutant } from "./sim/world.ts";

const ROUNDS = Number(process.env["CAUDITD_SIM_ROUNDS"] ?? 40);
const SEED = Number(process.env["CAUDITD_SIM_SEED"] ?? Date.now() % 1_000_000);
/** What has to hit in every so many rounds, or the simulation is not what it says. */
const CLASSES: readonly string[] = [
  ...["loss: request", "loss: answer", "loss: delivery", "delay", "crash", "stall", "damage"],
  ...["duplicate: publish", "duplicate: delivery", "reorder: request", "reorder: delivery"],
  ...["partition", "connection cut", "server restart", "clock step", "power cut"],
  ...["full store: refused", "full queue: refused", "redelivery", "torn write"],
];
/** Seeds whose rounds found an error in the code. */
const FOUND: readonly (readonly [number, string])[] = [
  [14, "events were missing in a stream: files had moved while the log was read for it"],
  [154, "an owner whose lease was over opened the stream, and shut the next one out for good"],
];

t.setTimeout(600_000);

t.test(`${ROUNDS} rounds from seed ${SEED} leave logs and streams as without faults`, async (t) => {
  for (let seed = SEED; seed < SEED + ROUNDS; seed++) {
    const { problem } = await round(seed);
    if (problem !== undefined) t.fail(`seed ${seed}: ${problem}`);
  }
  t.end();
});

t.test("what rounds have found stays mended", async (t) => {
  for (const [seed, found] of FOUND) t.equal((await round(seed)).problem, undefined, found);
});

t.test("every kind of fault hits", async (t) => {
  const left = new Set(CLASSES);
  for (let seed = 1; left.size > 0 && seed <= 100; seed++) {
    for (const fault of (await round(seed)).hits.keys()) left.delete(fault);
  }
  t.same([...left], []);
});

t.test("without faults nothing is refused, lost or sent twice", async (t) => {
  const { problem, hits } = await round(1, undefined, true);
  t.equal(problem, undefined);
  t.same([...hits.keys()], []);
});

t.test(
  "a seed that is run twice gives the same trace, also shared out over processes",
  async (t) => {
    const main = fileURLToPath(new URL("sim/main.ts", import.meta.url));
    const node = ["--import=tsx", "--conditions=@cauditd/source", main];
    const run = async (seed: number, jobs: number): Promise<string> => {
      const args = [...node, "--seed", String(seed), "--rounds", "2", "--jobs", String(jobs)];
      const { stdout } = await promisify(execFile)(process.execPath, args);
      return /^trace \w+$/m.exec(stdout)?.[0] ?? stdout;
    };
    const [first, second, other] = await Promise.all([run(7, 1), run(7, 2), run(9, 1)]);
    t.match(first, /^trace [0-9a-f]{16}$/);
    t.equal(first, second);
    t.not(first, other);
  },
);

/** What is planted, and the first seed that is tried; it is found within 100. */
const PLANTED: readonly (readonly [Mutant, number])[] = [
  ["acknowledged before it is written", 2],
  ["no lock and no takeover", 36],
  ["frames are not known again", 4],
  ["acks count for ever", 468],
  ["claim behind the opening", 232],
  ["a disk that loses writes", 1],
  ["out of order", 1],
  ["foreign frame", 1],
  ["no fence", 23],
  ["the source is read from its start", 14],
  ["a consumer's state is lost", 8],
];

for (const [mutant, first] of PLANTED) {
  t.test(`planted: ${mutant}`, async (t) => {
    for (let seed = first; seed < first + 100; seed++) {
      const { problem } = await round(seed, mutant);
      if (problem === undefined) continue;
      t.pass(`seed ${seed}: ${problem}`);
      return;
    }
    t.fail("not found");
  });
}
