export { type Consumed, type ConsumeOptions, consumeEvents } from "./consume.ts";
export { type EventRecord, eventJson, eventsOf, type TenantEvent } from "./event.ts";
export {
  type Followed,
  type FollowOptions,
  type From,
  followEvents,
  type Position,
} from "./follow.ts";
export { followLog } from "./follow-log.ts";
export { type Gap, GapWatch } from "./gap.ts";
