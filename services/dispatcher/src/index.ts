export * from "./control/index.ts";
export { Dispatcher, type DispatcherOptions, HOST_SCOPE } from "./dispatcher.ts";
export { queueStats } from "./queue-stats.ts";
export { type FullPolicy, ScopeQueue, WAITING_FRAMES } from "./scope-queue.ts";
export type { Registered } from "./service/book-shapes.ts";
export {
  type ContainerPlan,
  type ListedContainer,
  planContainers,
  type WantedContainer,
} from "./service/container-plan.ts";
export { ControlledService, type ControlledServiceOptions } from "./service/controlled-service.ts";
export { HostBook, type StoredSource } from "./service/host-book.ts";
export {
  type ContainerMaker,
  checkChangeable,
  type ReloadedNode,
  type ReloadOutcome,
  reloadContainers,
} from "./service/reload.ts";
export { type RemoteInstance, remoteInstance } from "./service/remote-instance.ts";
export {
  DispatcherService,
  type DispatcherServiceOptions,
  type RecordSource,
  type ServiceLog,
} from "./service/service.ts";
