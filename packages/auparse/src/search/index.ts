export { AuditEvent } from "../event.ts";
export { readSearchArguments, type SearchMachine } from "./arguments.ts";
export {
  type Checkpoint,
  CheckpointFilter,
  formatCheckpoint,
  parseCheckpoint,
} from "./checkpoint.ts";
export { EventScan, type ScanBounds, type SearchEventSink } from "./event-scan.ts";
export { Matcher, type PasswordLookup } from "./match.ts";
export { SearchPlan } from "./plan.ts";
export { type BytesSink, clockText, RawPrinter } from "./print.ts";
export { newQuery, type Query, type SearchRequest } from "./query.ts";
export { RecordLines } from "./record-lines.ts";
export { type RunPlace, RunReplay, type RunSink } from "./run-replay.ts";
export {
  decodeSegment,
  SEGMENT_HEAD_BYTES,
  type Segment,
  type SegmentHead,
  segmentHead,
} from "./segment.ts";
export { SEGMENT_BYTES, SegmentBuilder } from "./segment-builder.ts";
export type { LocalClock, LocalTime } from "./time.ts";
