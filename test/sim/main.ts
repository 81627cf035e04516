// `npm run sim`: thousands of rounds of the simulation; a seed draws the same round again.
import { parseArgs } from "node:util";
import { round } from "./round.ts";

const tell = (text: string): boolean => process.stdout.write(`${text}\n`);
const { values } = parseArgs({
  options: { seed: { type: "string" }, rounds: { type: "string", default: "2000" } },
});
const first = Number(values.seed ?? Date.now() % 1_000_000);
const rounds = Number(values.rounds);
tell(`${rounds} rounds from seed ${first}`);
const began = performance.now();
let failed = 0;
let steps = 0;
for (let seed = first; seed < first + rounds; seed++) {
  const result = await round(seed);
  steps += result.steps;
  if (result.problem === undefined) continue;
  failed++;
  tell(`seed ${seed}: ${result.problem} (--seed ${seed} --rounds 1)`);
}
const seconds = Math.round((performance.now() - began) / 1000);
tell(`${rounds} rounds, ${steps} steps, ${failed} failed, ${seconds} s`);
process.exitCode = failed === 0 ? 0 : 1;
