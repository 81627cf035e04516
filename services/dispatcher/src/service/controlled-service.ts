// The dispatcher's process as control sees it: containers here, instances elsewhere.
import type { InstanceRequests } from "@cauditd/bus";
import type { Container, ControlRecord, Registration } from "@cauditd/kernel";
import type { Chain } from "@cauditd/libaudit";
import { controlLine } from "../control/control-line.ts";
import type { ControlledNode, TaskState } from "../control/ports.ts";
import { HOST_SCOPE } from "../dispatcher.ts";
import type { ReloadedNode } from "./reload.ts";
import { type RemoteInstance, remoteInstance } from "./remote-instance.ts";
import type { DispatcherService, ServiceLog } from "./service.ts";

/** What it is made of. */
export interface ControlledServiceOptions {
  readonly service: DispatcherService;
  readonly requests: InstanceRequests;
  readonly told: ServiceLog;
  /** Time in ms since 1970. */
  readonly now: () => number;
  /** What stands at a path (latin1) of this machine, links followed. */
  readonly stat: ControlledNode["stat"];
}

/** A ControlledNode over the processes of a host. */
export class ControlledService implements ControlledNode, ReloadedNode {
  readonly #options: ControlledServiceOptions;
  readonly #service: DispatcherService;
  #serial = 0;

  constructor(options: ControlledServiceOptions) {
    this.#options = options;
    this.#service = options.service;
  }

  get registry(): ControlledNode["registry"] {
    return this.#service.dispatcher.registry;
  }

  containerOf(pid: number): Container | undefined {
    return this.#service.dispatcher.containerOf(pid);
  }

  taskState(pid: number): TaskState {
    return this.#service.dispatcher.hasChildren(pid) ? "busy" : "free";
  }

  register(registration: Registration, owner: string): Promise<Container> {
    return this.#service.register(registration, owner);
  }

  adopt(container: Container, pid: number): Promise<void> {
    return this.#service.adopt(container, pid);
  }

  get changeable(): boolean {
    return this.#service.changeable;
  }

  listed(): ReturnType<ReloadedNode["listed"]> {
    return this.#service.listed();
  }

  attach(registration: Registration): Promise<Container> {
    return this.#service.attach(registration);
  }

  claim(container: Container, pid: number): Promise<void> {
    return this.#service.claim(container, pid);
  }

  /** A worker that is away must not keep the container: it finds the scope gone later. */
  async end(contid: bigint): Promise<void> {
    const remote = this.instanceOf(this.registry.find(contid));
    await this.#service.end(contid, async (queue) => {
      try {
        await remote.reached(queue.place);
        await remote.end();
      } catch (err) {
        const { scope } = queue;
        this.#options.told.error({ err, scope }, "the instance of an ended container is away");
      }
    });
  }

  instanceOf(container: Container | undefined): RemoteInstance {
    const scope = container === undefined ? HOST_SCOPE : String(container.contid);
    return remoteInstance(container?.name ?? HOST_SCOPE, this.#options.requests.of(scope));
  }

  record(record: ControlRecord, target: Container | undefined, chain: Chain): void {
    const line = controlLine(record, this.#options.now(), ++this.#serial);
    this.#service.dispatcher.record(line, target, chain);
  }

  async settled(container: Container | undefined): Promise<void> {
    // One that has just ended has no queue, and its log is complete.
    if (container?.live === false) return;
    const { place } = this.#service.dispatcher.queueOf(container);
    // An answer must not fail because its record is late.
    await this.instanceOf(container)
      .reached(place)
      .catch(() => undefined);
  }

  stat(path: string): ReturnType<ControlledNode["stat"]> {
    return this.#options.stat(path);
  }
}
