export {
  type Bus,
  type Delivery,
  type DeliveryListener,
  type ErrorListener,
  type Lease,
  type PublishOutcome,
  type QueueLimits,
  type QueueState,
  type SubscribeOptions,
  type Subscription,
  WINDOW_MAX,
} from "./bus.ts";
export * from "./control/index.ts";
export {
  decodeFrame,
  EVENT_WORDS,
  FRAME_VERSION,
  type Frame,
  FrameError,
  MAX_FRAME_BYTES,
  MAX_FRAME_EVENTS,
  MAX_FRAME_RECORDS,
  RECORD_WORDS,
  SCOPE_PATTERN,
} from "./frame/frame.ts";
export {
  FRAME_BEHIND_BYTES,
  FRAME_TARGET_BYTES,
  FrameBuilder,
  type FrameEvent,
  MAX_FRAME_BLOB,
} from "./frame/frame-builder.ts";
export { packFrame } from "./frame/packed.ts";
export {
  type BucketKind,
  bucketName,
  KEY_PATTERN,
  type KeyEntry,
  type KeyStore,
  MAX_VALUE_BYTES,
  OWNERS_KEY,
  SCOPES_KEY,
} from "./key-store.ts";
export { MemoryBus } from "./memory/memory-bus.ts";
export { type MemoryKeyStoreOptions, MemoryKeys } from "./memory/memory-key-store.ts";
export {
  connectNatsBus,
  natsStatsAsker,
  natsTransport,
  openInstanceAnswers,
  openInstanceRequests,
  openNatsKeyStore,
  openNatsTenantReader,
  openNatsTenantStreams,
  serveNatsControl,
  serveNatsStats,
} from "./nats/connect.ts";
export type { NatsBus } from "./nats/nats-bus.ts";
export type { NatsKeyStoreOptions } from "./nats/nats-key-store.ts";
export {
  isNatsUrl,
  type NatsBusOptions,
  type NatsConnectionOptions,
} from "./nats/nats-options.ts";
export { includes, type Place, type SourceRange } from "./place.ts";
export type {
  NatsStats,
  NatsStatsAsker,
  NatsStatsOptions,
  NatsStatsQuery,
} from "./stats/nats-stats.ts";
export { type Batch, batchId, MAX_BATCH_BYTES, type StoredBatch } from "./stream/batch.ts";
export { MemoryTenantStreams } from "./stream/memory-tenant-streams.ts";
export type { NatsTenantReaderOptions } from "./stream/nats-tenant-reader.ts";
export type { NatsTenantStreamsOptions } from "./stream/nats-tenant-streams.ts";
export type {
  BatchDelivery,
  ConsumerLag,
  StreamLimits,
  TenantReader,
  TenantStreamOptions,
  TenantStreams,
  TenantWriter,
} from "./stream/tenant-stream.ts";
