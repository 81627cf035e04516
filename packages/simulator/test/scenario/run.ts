// Runs a scenario given as text.
import { parseScenario, runScenario } from "../../src/scenario/scenario.ts";

/** The result lines of each step; throws when a line cannot be read. */
export function run(text: string): string[][] {
  const scenario = parseScenario(text);
  if (scenario.problems.length > 0) throw new Error(JSON.stringify(scenario.problems));
  return [...runScenario(scenario)].map(({ result }) => [...result]);
}
