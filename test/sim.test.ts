// The simulation finds nothing in the code, and finds what is planted.
import t from "tap";
import { round } from "./sim/round.ts";
import type { Mutant } from "./sim/world.ts";

const ROUNDS = Number(process.env["CAUDITD_SIM_ROUNDS"] ?? 24);
const SEED = Number(process.env["CAUDITD_SIM_SEED"] ?? Date.now() % 1_000_000);

t.setTimeout(300_000);

t.test(`${ROUNDS} rounds from seed ${SEED} leave the logs as without faults`, async (t) => {
  for (let seed = SEED; seed < SEED + ROUNDS; seed++) {
    const { problem } = await round(seed);
    if (problem !== undefined) t.fail(`seed ${seed}: ${problem}`);
  }
  t.end();
});

t.test("a seed that is run twice gives the same trace, another one another", async (t) => {
  for (const seed of [7, 8]) t.equal((await round(seed)).trace, (await round(seed)).trace);
  t.not((await round(7)).trace, (await round(8)).trace);
});

/** What is planted, and the first seed that is tried; it is found within 200. */
const PLANTED: readonly (readonly [Mutant, number])[] = [
  ["acknowledged before it is written", 1],
  ["no lock and no takeover", 1],
  ["frames are not known again", 1],
  ["acks count for ever", 198],
  ["claim behind the opening", 198],
  ["a disk that loses writes", 1],
  ["out of order", 1],
  ["foreign frame", 1],
];

for (const [mutant, first] of PLANTED) {
  t.test(`planted: ${mutant}`, async (t) => {
    for (let seed = first; seed < first + 200; seed++) {
      const { problem } = await round(seed, mutant);
      if (problem === undefined) continue;
      t.pass(`seed ${seed}: ${problem}`);
      return;
    }
    t.fail("not found");
  });
}
