export { activities } from "./activities.ts";
export type { FileEntry, Program, Role } from "./catalog.ts";
export { containerPrograms, files, hostPrograms } from "./catalog.ts";
export { Draft } from "./draft.ts";
export type { ContainerSpec, PopulationOptions, Registration } from "./population.ts";
export { Population } from "./population.ts";
export { Random } from "./random.ts";
export { execveBodies, inet6Address, inetAddress, unixAddress } from "./records.ts";
export {
  formatProblem,
  formatStep,
  parseScenario,
  runScenario,
  type Scenario,
  type Step,
  type StepResult,
} from "./scenario/scenario.ts";
export type { ScenarioProblem } from "./scenario/step-reader.ts";
export type { Activity, Scene } from "./scene.ts";
export type { Home, Tally, TaskIdentity } from "./task.ts";
export { PidTable, Task } from "./task.ts";
export { byteText, commText, hexText, needsHex, proctitleText, untrusted } from "./untrusted.ts";
export type { Chunk, EmulatedEvent, EmulatedHostOptions, EventSink } from "./world.ts";
export { EmulatedHost } from "./world.ts";
