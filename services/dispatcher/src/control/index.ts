export { CONTROL_VERBS, type ControlVerb, MAX_RULES } from "./bodies.ts";
export type { ListedInstance } from "./container-verbs.ts";
export { Control, type ControlOptions } from "./control.ts";
export { controlLine } from "./control-line.ts";
export type { ListedRule, RulesPage, StatusReply } from "./instance-verbs.ts";
export type { ControlledInstance, ControlledNode, TaskState } from "./ports.ts";
export { credentialsOf, localRoot, type Principal } from "./principal.ts";
