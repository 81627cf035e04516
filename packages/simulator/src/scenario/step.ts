import type { ScenarioWorld } from "./scenario-world.ts";
import type { StepReader } from "./step-reader.ts";

/** Carries a step out and answers its result lines. */
export type Run = (world: ScenarioWorld) => string[];

/** How a kind of step is read. */
export interface StepKind {
  /** Words of the form KEY=VALUE that it takes, in any order. */
  readonly keys: readonly string[];
  readonly read: (reader: StepReader) => Run;
}

/** Kinds of steps by the word they begin with. */
export type StepKinds = Readonly<Record<string, StepKind>>;
