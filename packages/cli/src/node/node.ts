import { randomBytes } from "node:crypto";
import {
  Auditd,
  type AuditdInstance,
  type AuditdLog,
  type ServeOptions,
  setAside,
} from "@cauditd/auditd";
import {
  type Bus,
  connectNatsBus,
  MemoryBus,
  type NatsBus,
  openNatsTenantStreams,
  type QueueLimits,
  type TenantStreams,
} from "@cauditd/bus";
import { Dispatcher, type FullPolicy, HOST_SCOPE, type ScopeQueue } from "@cauditd/dispatcher";
import {
  type Container,
  type HostAccount,
  hostProblem,
  newScopeAccount,
  type Registration,
  type ScopeAccount,
  scopeProblem,
} from "@cauditd/kernel";
import type { StreamsConfig } from "../config/streams-schema.ts";
import {
  type InstanceSettings,
  type InstanceStreams,
  NATS_LIMITS,
  type ServeOptionsOf,
  serveOptionsOf,
} from "../services/serve-options.ts";

/** Bounds of a scope's queue on the embedded bus. */
const QUEUE_LIMITS: QueueLimits = { frames: 64, bytes: 32 * 1024 * 1024 };

/** How a node is put together. */
export interface NodeOptions extends Omit<InstanceSettings, "streams"> {
  /** Folder of the logs: `DIR/<name>/audit.log`. */
  readonly out: string;
  readonly containers: readonly Registration[];
  /** NATS server; the embedded bus when not given. */
  readonly nats?: string | undefined;
  /** Credentials file for the NATS server. */
  readonly creds?: string | undefined;
  /** File of certificates that the server's must be signed by. */
  readonly ca?: string | undefined;
  readonly onFull: FullPolicy;
  readonly log: AuditdLog;
  /** The tenants' streams on the NATS server, which tells hosts apart by their names. */
  readonly streams?: { readonly host: string; readonly config: StreamsConfig } | undefined;
  /** How all logs are kept. */
  readonly logs?: Omit<ServeOptions, "rules">;
  /** Puts something around the bus, which measures it. */
  readonly around?: (bus: Bus) => Bus;
  /** Makes the folder ready: called when the bus is connected, before a log is opened. */
  readonly prepare?: () => Promise<void>;
}

/** One scope as it is reported. */
export interface ScopeReport {
  readonly name: string;
  readonly scope: string;
  readonly account: ScopeAccount;
  /** Path of its log. */
  readonly path: string;
}

/** What a node has done. */
export interface NodeReport {
  readonly host: HostAccount;
  readonly scopes: readonly ScopeReport[];
  /** What does not add up; empty when the accounting law holds. */
  readonly problems: readonly string[];
}

/** A scope's way through the node. */
export interface Served {
  readonly queue: ScopeQueue;
  readonly instance: AuditdInstance;
}

/** Dispatcher and instances in one process: the host and one instance for each container. */
export class Node {
  readonly dispatcher: Dispatcher;
  readonly #bus: Bus;
  /** The bus without what is around it, over NATS. */
  readonly #nats: NatsBus | undefined;
  readonly #auditd: Auditd;
  readonly #served: Served[] = [];
  readonly #destroy: () => Promise<void>;
  #optionsOf: ServeOptionsOf;
  readonly #streams: InstanceStreams | undefined;
  readonly #logs: NonNullable<NodeOptions["logs"]>;
  /** The source can wait: no event has to be lost. */
  readonly patient: boolean;
  readonly #out: string;
  readonly #log: AuditdLog;

  private constructor({ bus, nats, streams, destroy }: NodeBus, options: NodeOptions) {
    this.#bus = bus;
    this.#nats = nats;
    this.#destroy = destroy;
    this.#streams = streams;
    this.#optionsOf = serveOptionsOf({ ...options, streams });
    this.#logs = options.logs ?? {};
    this.patient = options.onFull === "wait";
    this.#out = options.out;
    this.#log = options.log;
    this.dispatcher = new Dispatcher({ bus, onFull: options.onFull });
    this.#auditd = new Auditd(bus, options.out, options.log);
  }

  /** Connects the bus, registers the containers and starts their instances and the host's. */
  static async start(options: NodeOptions): Promise<Node> {
    const { around = (bus) => bus } = options;
    const opened = await openBus(options);
    const node = new Node({ ...opened, bus: around(opened.bus) }, options);
    try {
      await options.prepare?.();
      await node.#serve(undefined);
      for (const registration of options.containers) {
        await node.#serve(node.dispatcher.register(registration));
      }
    } catch (error) {
      await node.stop();
      throw error;
    }
    return node;
  }

  /** The instance of a container, or of the host; undefined while there is none. */
  served(container: Container | undefined): Served | undefined {
    const scope = scopeOf(container);
    return this.#served.find(({ queue }) => queue.scope === scope);
  }

  /** What instances are set to that begin from now on. */
  use(settings: Omit<InstanceSettings, "streams">): void {
    this.#optionsOf = serveOptionsOf({ ...settings, streams: this.#streams });
  }

  /** Registers a container and starts its instance. Errors as ContainerRegistry.register. */
  async attach(registration: Registration): Promise<Container> {
    const container = this.dispatcher.register(registration);
    try {
      await this.#serve(container);
    } catch (error) {
      await this.dispatcher.unregister(container.contid);
      throw error;
    }
    return container;
  }

  /**
   * Ends a container: what was routed to it is written, then its instance is removed and its
   * folder set aside, so that the next of this name starts empty (CID-104). Errors as
   * ContainerRegistry.end.
   */
  async detach(contid: bigint): Promise<void> {
    const container = this.dispatcher.registry.find(contid);
    const queue = await this.dispatcher.unregister(contid);
    const served = this.#served.find((one) => one.queue === queue);
    if (served === undefined) return;
    // A log that cannot be written must not keep the container.
    await reached(served).catch((err: unknown) => {
      this.#log.error({ err, scope: queue.scope }, "the log of an ended container is not complete");
    });
    this.#served.splice(this.#served.indexOf(served), 1);
    await this.#auditd.release(queue.scope);
    await this.#bus.remove(queue.scope);
    if (container !== undefined) await setAside(this.#out, container.name);
  }

  /** The bus over NATS; undefined for the embedded one. */
  get nats(): NatsBus | undefined {
    return this.#nats;
  }

  /** The tenants' streams; undefined without them. */
  get streams(): TenantStreams | undefined {
    return this.#streams?.open;
  }

  /** Kind of the bus. */
  get bus(): Bus["kind"] {
    return this.#bus.kind;
  }

  /**
   * Everything that was taken from the source is published, and written to the logs.
   * @param complete false when the source was given up, perhaps in the middle of a line
   */
  async finish(complete = true): Promise<void> {
    await this.dispatcher.end(complete);
    // One instance that fails must not cut the others short.
    const ends = await Promise.allSettled(this.#served.map(reached));
    for (const end of ends) if (end.status === "rejected") throw end.reason;
  }

  /** The scopes that are served, in the order in which they were started. */
  get scopes(): readonly Served[] {
    return this.#served;
  }

  /** The instances, in the order in which they were started. */
  get instances(): readonly AuditdInstance[] {
    return this.#served.map(({ instance }) => instance);
  }

  /** Stops the instances and closes the bus. */
  async stop(): Promise<void> {
    await this.#auditd.stop();
    await this.#destroy();
  }

  /** The accounts as they stand now, and whether they add up. */
  report(): NodeReport {
    const host = this.dispatcher.account;
    const problems: string[] = [];
    const hostTrouble = hostProblem(host);
    if (hostTrouble !== undefined) problems.push(`host: ${hostTrouble}`);
    const scopes = this.#served.map(({ queue, instance }): ScopeReport => {
      const account = scopeAccount(queue, instance);
      const trouble = scopeProblem(instance.name, account);
      if (trouble !== undefined) problems.push(trouble);
      return {
        name: instance.name,
        scope: instance.instance.scope,
        account,
        path: instance.path,
      };
    });
    return { host, scopes, problems };
  }

  async #serve(container: Container | undefined): Promise<void> {
    const scope = scopeOf(container);
    const name = container?.name ?? HOST_SCOPE;
    const instance = await this.#auditd.serve(name, scope, {
      ...this.#logs,
      ...this.#optionsOf(name),
      patient: this.patient,
    });
    instance.instance.status.pid = process.pid;
    this.#served.push({ queue: this.dispatcher.queueOf(container), instance });
  }
}

/** Resolves when what was routed to a scope is in its log. Errors as AuditdInstance.reached. */
export function reached({ queue, instance }: Served): Promise<void> {
  const { sequence, epoch } = queue.place;
  return instance.reached(sequence, epoch);
}

function scopeOf(container: Container | undefined): string {
  return container === undefined ? HOST_SCOPE : String(container.contid);
}

/** The account of a scope, from what its queue and its instance counted on their own. */
function scopeAccount(queue: ScopeQueue, served: AuditdInstance): ScopeAccount {
  const seen = served.account;
  const account = newScopeAccount();
  account.routed = queue.routed;
  account.own = seen.own;
  account.filtered = seen.filtered;
  account.disabled = seen.disabled;
  account.written = seen.written;
  Object.assign(account.lost, seen.lost);
  account.lost.bus = queue.lost;
  // Events on the bus: what was published and has not been offered to the instance.
  const offered = seen.routed - seen.lost.bus;
  account.inFlight = queue.held + (queue.published - offered) + seen.inFlight;
  return account;
}

interface NodeBus {
  readonly bus: Bus;
  readonly nats?: NatsBus;
  readonly streams?: InstanceStreams;
  destroy(): Promise<void>;
}

async function openBus(options: NodeOptions): Promise<NodeBus> {
  const { nats: url, creds, ca, streams } = options;
  if (url === undefined) {
    const bus = new MemoryBus(QUEUE_LIMITS);
    return { bus, destroy: () => bus.close() };
  }
  const bus: NatsBus = await connectNatsBus({
    url,
    creds,
    ca,
    host: `node-${randomBytes(8).toString("hex")}`,
    limits: NATS_LIMITS,
  });
  if (streams === undefined) return { bus, nats: bus, destroy: () => bus.destroy() };
  let open: TenantStreams;
  try {
    open = await openNatsTenantStreams({ url, creds, ca, host: streams.host });
  } catch (error) {
    await bus.destroy();
    throw error;
  }
  const destroy = async (): Promise<void> => {
    await open.close();
    await bus.destroy();
  };
  return { bus, nats: bus, streams: { open, config: streams.config }, destroy };
}
