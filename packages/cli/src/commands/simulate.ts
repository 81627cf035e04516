import { formatProblem, formatStep, parseScenario, runScenario } from "@cauditd/simulator";
import { readText } from "../config/text-file.ts";
import { InputError } from "../terminal/input-error.ts";
import type { Io } from "../terminal/io.ts";

/** Options of `cauditd simulate`. */
export interface SimulateOptions {
  /** As kernels without the contid patches: no rights outside the initial user namespace. */
  readonly mainline?: boolean;
  readonly json?: boolean;
}

/** Output is collected up to this many characters. */
const BATCH = 64 * 1024;

/**
 * Runs a scenario on an emulated kernel and prints each step with its result.
 * @returns 0, whatever the steps answered
 * @throws {InputError} when a line cannot be read; then nothing is run
 */
export async function simulate(path: string, options: SimulateOptions, io: Io): Promise<number> {
  const name = path === "-" ? "stdin" : path;
  const scenario = parseScenario(await readText(path === "-" ? "/dev/stdin" : path));
  if (scenario.problems.length > 0) {
    throw new InputError(scenario.problems.map((problem) => formatProblem(name, problem)));
  }
  const mainline = options.mainline ?? false;
  if (options.json === true) {
    const results = [...runScenario(scenario, { mainline })];
    io.out(`${JSON.stringify(results, null, 2)}\n`);
    return 0;
  }
  let text = "";
  for (const result of runScenario(scenario, { mainline })) {
    text += formatStep(result);
    if (text.length > BATCH) {
      io.out(text);
      text = "";
    }
    if (io.stop.signal !== undefined) break;
  }
  io.out(text);
  return io.stop.exitCode;
}
