// `npm run sim`: thousands of rounds of the simulation; a seed draws the same round again.
import { createHash } from "node:crypto";
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
const traces = createHash("sha256");
const hits = new Map<string, number>();
/** Rounds in which a fault has hit at least once. */
const inRounds = new Map<string, number>();
let failed = 0;
let steps = 0;
for (let seed = first; seed < first + rounds; seed++) {
  const result = await round(seed);
  steps += result.steps;
  traces.update(result.trace);
  for (const [fault, times] of result.hits) {
    hits.set(fault, (hits.get(fault) ?? 0) + times);
    inRounds.set(fault, (inRounds.get(fault) ?? 0) + 1);
  }
  if (result.problem === undefined) continue;
  failed++;
  tell(`seed ${seed}: ${result.problem} (--seed ${seed} --rounds 1)`);
}
const seconds = Math.round((performance.now() - began) / 1000);
for (const [fault, times] of [...hits].sort(([a], [b]) => (a < b ? -1 : 1))) {
  tell(`${fault.padEnd(28)} ${String(times).padStart(8)} in ${inRounds.get(fault)} rounds`);
}
tell(`trace ${traces.digest("hex").slice(0, 16)}`);
tell(`${rounds} rounds, ${steps} steps, ${failed} failed, ${seconds} s`);
process.exitCode = failed === 0 ? 0 : 1;
