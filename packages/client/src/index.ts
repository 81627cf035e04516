export { type Consumed, type ConsumeOptions, consumeEvents } from "./consume.ts";
export { type EventRecord, eventJson, eventsOf, type TenantEvent } from "./event.ts";
export {
  type Followed,
  type FollowOptions,
  type From,
  followEvents,
  type Position,
  quarter,
} from "./follow.ts";
export { followLog } from "./follow-log.ts";
export { type Gap, GapWatch } from "./gap.ts";
export { PatientReader, type PatientReaderOptions, pauseFor } from "./patient-reader.ts";
