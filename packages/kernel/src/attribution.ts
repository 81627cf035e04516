import { type AuditEvent, contidText, scanTask, TaskFields } from "@cauditd/auparse";
import { parseContidList, RecordType } from "@cauditd/libaudit";
import { type Container, ContainerRegistry, type Registration } from "./container-registry.ts";
import { isExit, isExitGroup } from "./exit-calls.ts";
import { HOST, TaskLineage } from "./task-lineage.ts";

/** How an event was given to a container. */
export const AttributedBy = {
  /** Its CONTAINER_ID record or a contid field. */
  contid: "contid",
  /** The task registry: a registered pid or its lineage. */
  task: "task",
  /** It came late, and the rest of the same event had been given to this container. */
  late: "late",
  /** Nothing names a container. */
  host: "host",
} as const;
export type AttributedBy = (typeof AttributedBy)[keyof typeof AttributedBy];

/** Whose event it is. One object is used again. */
export interface Attribution {
  /** The registered container that it belongs to directly; undefined = the host. */
  container: Container | undefined;
  /**
   * Chain text, leaf first; "" when no container is named. By contid it is the record's list,
   * which has several chains for the members of a network namespace (CID-64).
   */
  chain: string;
  by: AttributedBy;
}

/** Remembered attributions, for records that come after their event was complete. */
const RECENT = 4096;

/**
 * Gives every event to a container: by its CONTAINER_ID record or contid field, else by its task
 * (registered pid, inherited along ppid), else to the host.
 */
export class Attributor {
  readonly registry: ContainerRegistry;
  /** The node whose tasks are registered; undefined = that of the first event. */
  #node: string | undefined;
  readonly #lineage = new TaskLineage();
  readonly #task = new TaskFields();
  readonly #chains: string[] = [];
  readonly #result: Attribution = { container: undefined, chain: "", by: AttributedBy.host };
  readonly #recentSerial = new Float64Array(RECENT).fill(-1);
  readonly #recentTime = new Float64Array(RECENT);
  readonly #recentNode = new Uint16Array(RECENT);
  readonly #recentSlot = new Int16Array(RECENT);

  /**
   * @param node the node name of this host's records; records of other nodes have process IDs
   * and contids of their own and are the host's. Default: the name in the first event.
   */
  constructor(registry: ContainerRegistry = new ContainerRegistry(), node?: string) {
    this.registry = registry;
    this.#node = node;
  }

  /** Registers a container and its first task; throws as ContainerRegistry.register does. */
  register(registration: Registration): Container {
    const container = this.registry.register(registration);
    this.#lineage.register(container.pid, container.slot, container.parent?.slot ?? HOST);
    this.#chains[container.slot] = container.chain.join(",^");
    return container;
  }

  /** Puts another task into a registered container: its owner enters it (CID-28). */
  adopt(container: Container, pid: number): void {
    this.#lineage.register(pid, container.slot, container.parent?.slot ?? HOST);
  }

  /** The container of a task, as far as registrations and events have told. */
  containerOf(pid: number): Container | undefined {
    return this.registry.at(this.#lineage.slotOfPid(pid));
  }

  /** True when events have told of a child of a task, in a container, that still runs. */
  hasChildren(pid: number): boolean {
    return this.#lineage.hasChildren(pid);
  }

  /** Ends a registration; its tasks' events are the host's from now on. */
  end(contid: bigint): Container {
    const container = this.registry.end(contid);
    this.#lineage.end(container.slot);
    return container;
  }

  /** Whose event it is. The result is valid until the next call. */
  attribute(event: AuditEvent): Attribution {
    const result = this.#result;
    result.container = undefined;
    result.chain = "";
    result.by = AttributedBy.host;
    const task = this.#task;
    const time = event.time;
    this.#node ??= event.node;
    // Process IDs and contids of another node are not those of this one.
    if (event.node !== this.#node) return result;
    scanTask(event, task);
    let slot = HOST;
    if (task.pid > 0) {
      slot = this.#lineage.slotOf(task.pid, task.ppid, time);
      this.#noteExit(event, task, time);
    }
    const text = contidText(event);
    if (text !== "" && this.#byContid(text)) {
      this.#remember(event, time, this.#result.container?.slot ?? HOST);
      return this.#result;
    }
    if (slot !== HOST) result.by = AttributedBy.task;
    else if (event.late && task.pid === 0) {
      slot = this.#recall(event, time);
      if (slot !== HOST) result.by = AttributedBy.late;
    }
    if (slot !== HOST) {
      result.container = this.registry.at(slot);
      result.chain = this.#chains[slot] ?? "";
    }
    this.#remember(event, time, slot);
    return result;
  }

  /** The list that a record names: the first registered container of it, leaf first. */
  #byContid(text: string): boolean {
    const contids = parseContidList(text)?.flat() ?? [];
    if (contids.length === 0) return false;
    this.#result.by = AttributedBy.contid;
    this.#result.chain = text;
    for (const contid of contids) {
      const container = this.registry.find(contid);
      if (container === undefined) continue;
      this.#result.container = container;
      break;
    }
    return true;
  }

  #noteExit(event: AuditEvent, task: TaskFields, time: number): void {
    if (isExitGroup(task.arch, task.syscall)) {
      this.#lineage.exit(task.pid, time);
    } else if (event.types[0] === RecordType.ANOM_ABEND) {
      this.#lineage.exit(task.pid, time);
    } else if (isExit(task.arch, task.syscall)) {
      this.#lineage.threadExit(task.pid);
    }
  }

  #remember(event: AuditEvent, time: number, slot: number): void {
    const at = event.serial & (RECENT - 1);
    this.#recentSerial[at] = event.serial;
    this.#recentTime[at] = time;
    this.#recentNode[at] = event.nodeId;
    this.#recentSlot[at] = slot;
  }

  #recall(event: AuditEvent, time: number): number {
    const at = event.serial & (RECENT - 1);
    const same =
      this.#recentSerial[at] === event.serial &&
      this.#recentTime[at] === time &&
      this.#recentNode[at] === event.nodeId;
    const slot = same ? (this.#recentSlot[at] ?? HOST) : HOST;
    return this.registry.at(slot)?.live === true ? slot : HOST;
  }
}
