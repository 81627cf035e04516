// The control of a node: its socket, its service on NATS, and what they reach.

import type { AuditdLog } from "@cauditd/auditd";
import {
  ControlDesk,
  type NatsControl,
  type SocketControl,
  serveNatsControl,
  serveSocketControl,
} from "@cauditd/bus";
import {
  CONTROL_VERBS,
  Control,
  type ControlledInstance,
  type ControlledNode,
  controlLine,
  type ReloadedNode,
  type TaskState,
} from "@cauditd/dispatcher";
import { type Container, type ControlRecord, carryOut, type Registration } from "@cauditd/kernel";
import type { Chain } from "@cauditd/libaudit";
import type { ControlStats } from "@cauditd/operations";
import { type ControlConfig, LOCAL_PRINCIPAL, principalsOf } from "../config/control-schema.ts";
import type { RegistrationFile } from "../config/registration-file.ts";
import { taskHere } from "../source/tasks-here.ts";
import { signalInstance } from "./instance-signal.ts";
import { statOf } from "./machine.ts";
import { type Node, reached } from "./node.ts";

/** Longest time in ms that a request waits for its record to be in a log. */
const SETTLE_MS = 2000;
/** Version of the services. */
export const VERSION = "0.1.0";

/** What the control of a node is made of. */
export interface NodeControlOptions {
  readonly node: Node;
  readonly config: ControlConfig;
  /** Path of the socket; undefined = none. */
  readonly socket?: string | undefined;
  /** NATS server, and its credentials file. */
  readonly nats?: string | undefined;
  readonly creds?: string | undefined;
  /** File of certificates that the server's must be signed by. */
  readonly ca?: string | undefined;
  readonly log: AuditdLog;
  /** Where containers that come and go are kept for the next start. */
  readonly registrations?: RegistrationFile;
  /** Containers that were kept, and the names of who registered them. */
  readonly owners?: ReadonlyMap<Container, string>;
  /** The records are of this machine's own tasks, and /proc shows them. */
  readonly liveTasks?: boolean;
  /** Time in ms since 1970. */
  readonly now: () => number;
  /** Reads an instance's settings again, as auditd at SIGHUP. */
  readonly reload?: (name: string) => Promise<void>;
}

/** Answers control requests about a node. */
export class NodeControl {
  readonly desk: ControlDesk;
  readonly #ends: (SocketControl | NatsControl)[] = [];
  #nats: NatsControl | undefined;

  readonly #control: Control;

  private constructor(desk: ControlDesk, control: Control) {
    this.desk = desk;
    this.#control = control;
  }

  /**
   * Opens the socket, and the service on NATS if there is a server and a principal. Errors as
   * serveSocketControl and serveNatsControl.
   */
  static start(options: NodeControlOptions): Promise<NodeControl> {
    return NodeControl.over(new ControlledScopes(options), options);
  }

  /** The same for any node. */
  static async over(
    node: ControlledNode,
    options: Omit<NodeControlOptions, "node">,
  ): Promise<NodeControl> {
    const { config, socket, nats, creds, log, now } = options;
    const principals = principalsOf(config);
    const control = new Control({
      node,
      principals,
      policy: config.policy,
      now,
      ...(options.owners === undefined ? {} : { owners: options.owners }),
    });
    const desk = new ControlDesk({
      now,
      isPrincipal: (name) => control.isPrincipal(name),
      verbs: CONTROL_VERBS,
      handler: ({ principal, verb, body }) => control.handle(principal, verb, body),
      onError: (err, { principal, verb }) => log.error({ err, principal, verb }, "control failed"),
    });
    const served = new NodeControl(desk, control);
    try {
      if (socket !== undefined) {
        served.#ends.push(await serveSocketControl(socket, LOCAL_PRINCIPAL, desk));
      }
      if (nats !== undefined && config.principals.length > 0) {
        const { host } = config;
        const onAstray = (astray: object): void => {
          log.warn(astray, "a tenant wants answers sent to where others listen");
        };
        const onFlood = (flood: object): void => {
          log.warn(flood, "a principal asks for more than is read");
        };
        const onCut = (connection: string): void => {
          log.warn({ connection }, "a connection for control has ended, and is made again");
        };
        const where = { url: nats, creds, ca: options.ca, host, version: VERSION };
        const principals = config.principals.map(({ name }) => name);
        const told = { onAstray, onFlood, onCut };
        served.#nats = await serveNatsControl({ ...where, principals, ...told }, desk);
        served.#ends.push(served.#nats);
      }
    } catch (error) {
      await served.close();
      throw error;
    }
    return served;
  }

  /** What was not answered over NATS; undefined where it does not answer there. */
  get stats(): ControlStats | undefined {
    const nats = this.#nats;
    if (nats === undefined) return undefined;
    return {
      unanswered: nats.unanswered,
      astray: Object.fromEntries(nats.astray),
      flooded: Object.fromEntries(nats.flooded),
      cuts: Object.fromEntries(nats.cuts),
    };
  }

  /** Answers no more. */
  async close(): Promise<void> {
    for (const end of this.#ends.splice(0)) await end.close();
    this.#control.end();
  }
}

/** The node as control sees it. */
export class ControlledScopes implements ControlledNode, ReloadedNode {
  readonly #node: Node;
  readonly #options: NodeControlOptions;
  #serial = 0;
  /** First tasks of containers that have had another one before. */
  readonly #pids: Map<bigint, number> = new Map();

  constructor(options: NodeControlOptions) {
    this.#node = options.node;
    this.#options = options;
  }

  get registry(): ControlledNode["registry"] {
    return this.#node.dispatcher.registry;
  }

  containerOf(pid: number): Container | undefined {
    return this.#node.dispatcher.containerOf(pid);
  }

  taskState(pid: number): TaskState {
    if (this.#options.liveTasks === true) return taskHere(pid);
    return this.#node.dispatcher.hasChildren(pid) ? "busy" : "free";
  }

  async register(registration: Registration, owner: string): Promise<Container> {
    const container = await this.#node.attach(registration);
    await this.#keep((file) => file.registered(registration, owner));
    return container;
  }

  async adopt(container: Container, pid: number): Promise<void> {
    this.#node.dispatcher.adopt(container, pid);
    await this.#keep((file) => file.adopted(container.contid, pid));
  }

  /** A log that is replayed has the same containers to its end. */
  get changeable(): boolean {
    return !this.#node.patient;
  }

  listed(): ReturnType<ReloadedNode["listed"]> {
    const { registrations } = this.#options;
    return this.#node.dispatcher.containers.map(({ name, contid, pid, parent }) => ({
      ...{ name, contid, pid: this.#pids.get(contid) ?? pid },
      ...(parent === undefined ? {} : { parent: parent.contid }),
      live: registrations?.has(contid) === true,
    }));
  }

  attach(registration: Registration): Promise<Container> {
    return this.#node.attach(registration);
  }

  async claim({ contid }: Container, pid: number): Promise<void> {
    const container = this.registry.find(contid);
    if (container === undefined) return;
    this.#node.dispatcher.adopt(container, pid);
    this.#pids.set(contid, pid);
    await this.#keep((file) => file.ended(contid));
  }

  async end(contid: bigint): Promise<void> {
    this.#pids.delete(contid);
    await this.#node.detach(contid);
    await this.#keep((file) => file.ended(contid));
  }

  /** A folder that cannot be written must not undo what has been done. */
  async #keep(change: (file: RegistrationFile) => Promise<void>): Promise<void> {
    const { registrations, log } = this.#options;
    if (registrations === undefined) return;
    await change(registrations).catch((err: unknown) => {
      log.error({ err }, "registrations are not kept for the next start");
    });
  }

  instanceOf(container: Container | undefined): ControlledInstance | undefined {
    const served = this.#node.served(container);
    if (served === undefined) return undefined;
    const { reload } = this.#options;
    const { instance: auditd } = served;
    const { name, instance } = auditd;
    return {
      name,
      ask: async (request) => carryOut(instance, request),
      signal: (signal) => signalInstance(auditd, signal, reload && (({ name }) => reload(name))),
    };
  }

  record({ type, body }: ControlRecord, target: Container | undefined, chain: Chain): void {
    const line = controlLine({ type, body }, this.#options.now(), ++this.#serial);
    this.#node.dispatcher.record(line, target, chain);
  }

  async settled(container: Container | undefined): Promise<void> {
    const served = this.#node.served(container);
    if (served === undefined) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, SETTLE_MS);
    });
    const there = reached(served).catch(() => undefined);
    await Promise.race([there, late]);
    clearTimeout(timer);
  }

  stat(path: string): "directory" | "other" | undefined {
    return statOf(path);
  }
}
