export { Lag, type LagOptions } from "./lag.ts";
export { Latency, type Stage } from "./latency.ts";
export { Metrics, type MetricsOptions, type StatsSource } from "./metrics.ts";
export { type Operations, type OperationsOptions, openOperations } from "./operations.ts";
export { LISTEN_PATTERN, type PageServer, servePages } from "./page-server.ts";
export {
  type ControlStats,
  type InstanceStats,
  type LogStats,
  PROCESS_ROLES,
  type ProcessRole,
  type ProcessStats,
  type QueueStats,
  type TenantStreamStats,
} from "./stats.ts";
export { TimedBus } from "./timed-bus.ts";
