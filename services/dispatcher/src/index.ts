export * from "./control/index.ts";
export { Dispatcher, type DispatcherOptions, HOST_SCOPE } from "./dispatcher.ts";
export { queueStats } from "./queue-stats.ts";
export { type FullPolicy, ScopeQueue, WAITING_FRAMES } from "./scope-queue.ts";
