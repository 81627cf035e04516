export { readSearchArguments, type SearchMachine, type SearchRequest } from "./arguments.ts";
export {
  type Checkpoint,
  CheckpointFilter,
  formatCheckpoint,
  parseCheckpoint,
} from "./checkpoint.ts";
export { EventScan, type ScanBounds, type SearchEventSink } from "./event-scan.ts";
export { Matcher, type PasswordLookup } from "./match.ts";
export { defaultText, rawLines } from "./print.ts";
export { newQuery, type Query } from "./query.ts";
export type { LocalClock, LocalTime } from "./time.ts";
