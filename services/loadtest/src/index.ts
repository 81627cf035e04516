export {
  type CountedElsewhere,
  type LoadReport,
  lostOf,
  type ScopeResult,
  scopeProblems,
} from "./load-report.ts";
export {
  type CountersOf,
  type LoadOptions,
  LoadRun,
  type LoadScope,
  type LoadSink,
} from "./load-run.ts";
export { type LoadTarget, RecordSender } from "./record-sender.ts";
export type { LatencySummary, ScopeCounts } from "./scope-ledger.ts";
