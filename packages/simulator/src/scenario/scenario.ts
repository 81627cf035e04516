import { AuditError } from "@cauditd/libaudit";
import { CONTID_STEPS } from "./contid-steps.ts";
import { CONTROL_STEPS } from "./control-steps.ts";
import { errorName, ScenarioWorld } from "./scenario-world.ts";
import type { Run, StepKinds } from "./step.ts";
import { type ScenarioProblem, StepError, StepReader } from "./step-reader.ts";
import { TASK_STEPS } from "./task-steps.ts";
import { splitWords } from "./words.ts";

const KINDS: StepKinds = { ...TASK_STEPS, ...CONTID_STEPS, ...CONTROL_STEPS };

/** The longest line of a scenario, in characters. */
const LINE_MAX = 16384;

/** A step that was read. */
export interface Step {
  /** Line of the file, from 1. */
  readonly line: number;
  /** The line without blanks around it. */
  readonly text: string;
  readonly run: Run;
}

/** What a scenario's text says. */
export interface Scenario {
  readonly steps: readonly Step[];
  /** Lines that cannot be read; the scenario is not to be run when there are any. */
  readonly problems: readonly ScenarioProblem[];
}

/** What a step answered. */
export interface StepResult {
  readonly line: number;
  readonly step: string;
  readonly result: readonly string[];
}

/** Reads a scenario: one step a line, empty lines and lines that begin with `#` aside. */
export function parseScenario(text: string): Scenario {
  const steps: Step[] = [];
  const problems: ScenarioProblem[] = [];
  const tasks = new Set(["init"]);
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    try {
      steps.push({ line: index + 1, text: line, run: readStep(line, tasks) });
    } catch (error) {
      if (!(error instanceof StepError)) throw error;
      problems.push({ line: index + 1, ...error.problem });
    }
  }
  return { steps, problems };
}

function readStep(line: string, tasks: Set<string>): Run {
  if (line.length > LINE_MAX) throw new StepError("line", `${LINE_MAX} characters at most`, "more");
  const words = splitWords(line);
  if (words === undefined) throw new StepError("line", 'a " that ends the quoted text', line);
  const verb = words[0]?.text ?? "";
  const kind = Object.hasOwn(KINDS, verb) ? KINDS[verb] : undefined;
  if (kind === undefined) {
    throw new StepError("step", `one of ${Object.keys(KINDS).join(", ")}`, verb);
  }
  const reader = new StepReader(line, words.slice(1), kind.keys, tasks);
  const run = kind.read(reader);
  reader.end();
  return run;
}

/** Runs the steps of a scenario, one after the other, in a world of its own. */
export function* runScenario(
  scenario: Scenario,
  options: { readonly mainline?: boolean } = {},
): Generator<StepResult, void, undefined> {
  const world = new ScenarioWorld(options);
  for (const { line, text, run } of scenario.steps) {
    world.tick();
    yield { line, step: text, result: answer(run, world) };
  }
}

function answer(run: Run, world: ScenarioWorld): string[] {
  try {
    return run(world);
  } catch (error) {
    if (error instanceof AuditError) return [errorName(error.errno)];
    throw error;
  }
}

/** A step as `cauditd simulate` prints it: the step, then its result, indented by two blanks. */
export function formatStep({ step, result }: StepResult): string {
  return [step, ...result.map((line) => `  ${line}`), ""].join("\n");
}

/** A problem in words, behind the name of the file. */
export function formatProblem(file: string, problem: ScenarioProblem): string {
  const { line, field, expected, found } = problem;
  const got = found === undefined ? "nothing" : `"${found}"`;
  return `${file}:${line}: ${field}: expected ${expected}, found ${got}`;
}
