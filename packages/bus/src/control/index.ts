export { ControlClient, type ControlClientOptions, type ControlTransport } from "./client.ts";
export {
  type ControlAnswer,
  type ControlRequest,
  decodeAnswer,
  decodeRequest,
  encodeAnswer,
  encodeRequest,
  MAX_ANSWER_BYTES,
  MAX_LIFE_MS,
  MAX_REQUEST_BYTES,
} from "./codec.ts";
export {
  type ControlCall,
  ControlDesk,
  type ControlDeskOptions,
  type ControlHandler,
  MAX_REMEMBERED,
  MAX_WAITING,
} from "./desk.ts";
export { memoryTransport } from "./memory-control.ts";
export type { NatsControl, NatsControlOptions, NatsTransportOptions } from "./nats-control.ts";
export type { InstanceAnswers, InstanceRequests, NatsInstancesOptions } from "./nats-instances.ts";
export {
  MAX_SOCKET_PATH,
  type SocketControl,
  serveSocketControl,
  socketTransport,
} from "./socket-control.ts";
export { CONTROL_WORD, controlSubject, inboxPrefix, parseControlSubject } from "./subject.ts";
