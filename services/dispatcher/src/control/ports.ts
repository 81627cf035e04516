// What control needs of the node around it.
import type {
  Container,
  ContainerRegistry,
  ControlRecord,
  InstanceAnswer,
  InstanceRequest,
  Registration,
} from "@cauditd/kernel";
import type { AuditdSignal, Chain } from "@cauditd/libaudit";

/**
 * What is known of a task that is to get a contid: `gone`, `busy` (it has children or threads, or
 * is a thread), or neither, as far as the node can tell.
 */
export type TaskState = "gone" | "busy" | "free";

/** An instance, here or in another process, as far as it can be controlled. */
export interface ControlledInstance {
  /** The container's name, or `host`. */
  readonly name: string;
  /**
   * Asks it. Where the answer is one that says so, it is also what it does from now on. Errors:
   * EHOSTDOWN when no process answers for it.
   */
  ask(request: InstanceRequest): Promise<InstanceAnswer>;
  /**
   * What auditd does at a signal: HUP reloads, USR1 rotates the log, USR2 resumes logging, CONT
   * reports its state, TERM ends it. Errors: EOPNOTSUPP, and what the instance says.
   */
  signal(signal: AuditdSignal): Promise<void>;
}

/** The node: containers, instances and the way of records. `undefined` = the host. */
export interface ControlledNode {
  readonly registry: ContainerRegistry;
  /** The container of a task, as far as it is known. */
  containerOf(pid: number): Container | undefined;
  /** What is known of a task. */
  taskState(pid: number): TaskState;
  /**
   * Registers a container for a principal and starts its instance. Errors as
   * ContainerRegistry.register.
   */
  register(registration: Registration, owner: string): Promise<Container>;
  /** Puts another task into a container. */
  adopt(container: Container, pid: number): Promise<void>;
  /** Ends a container: its instance is drained and removed. Errors as ContainerRegistry.end. */
  end(contid: bigint): Promise<void>;
  instanceOf(container: Container | undefined): ControlledInstance | undefined;
  /** Makes a record an event of the host and of the containers from `target` upwards. */
  record(record: ControlRecord, target: Container | undefined, chain: Chain): void;
  /** Resolves when the records made so far are in the log of the scope, or after a short time. */
  settled(container: Container | undefined): Promise<void>;
  /** What stands at a path (latin1) of this machine, links followed. */
  stat(path: string): "directory" | "other" | undefined;
}
