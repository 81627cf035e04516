import { randomBytes, randomUUID } from "node:crypto";
import { Auditd, type AuditdInstance, type AuditdLog, type ServeOptions } from "@cauditd/auditd";
import { type Bus, connectNatsBus, MemoryBus, type NatsBus } from "@cauditd/bus";
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
import type { InstanceRulesMap } from "./instance-rules.ts";
import { machineArch } from "./machine.ts";

/** Bounds of a scope's queue on the bus. */
const QUEUE_LIMITS = { frames: 64, bytes: 32 * 1024 * 1024 };

/** How a node is put together. */
export interface NodeOptions {
  /** Folder of the logs: `DIR/<name>/audit.log`. */
  readonly out: string;
  readonly containers: readonly Registration[];
  /** NATS server; the embedded bus when not given. */
  readonly nats?: string | undefined;
  /** Credentials file for the NATS server. */
  readonly creds?: string | undefined;
  readonly onFull: FullPolicy;
  readonly log: AuditdLog;
  /** Rules of instances by name; the others have the default rule. */
  readonly rules?: InstanceRulesMap;
  /** How the logs are kept. */
  readonly logs?: Omit<ServeOptions, "rules">;
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

interface Served {
  readonly queue: ScopeQueue;
  readonly instance: AuditdInstance;
}

/** Dispatcher and instances in one process: the host and one instance for each container. */
export class Node {
  readonly dispatcher: Dispatcher;
  readonly #bus: Bus;
  readonly #auditd: Auditd;
  readonly #served: Served[] = [];
  readonly #destroy: () => Promise<void>;
  readonly #rules: InstanceRulesMap;
  readonly #logs: NonNullable<NodeOptions["logs"]>;
  /** The source can wait: no event has to be lost. */
  readonly #patient: boolean;

  private constructor(bus: Bus, destroy: () => Promise<void>, options: NodeOptions) {
    this.#bus = bus;
    this.#destroy = destroy;
    this.#rules = options.rules ?? new Map();
    this.#logs = options.logs ?? {};
    this.#patient = options.onFull === "wait";
    this.dispatcher = new Dispatcher({ bus, onFull: options.onFull });
    // A dispatcher counts its frames from 1: each one is a life of its own.
    this.#auditd = new Auditd(bus, options.out, options.log, randomUUID());
  }

  /** Connects the bus, registers the containers and starts their instances and the host's. */
  static async start(options: NodeOptions): Promise<Node> {
    const { bus, destroy } = await openBus(options);
    const node = new Node(bus, destroy, options);
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
    const ends = await Promise.allSettled(
      this.#served.map(({ queue, instance }) => instance.reached(queue.sequence)),
    );
    for (const end of ends) if (end.status === "rejected") throw end.reason;
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
    const scope = container === undefined ? HOST_SCOPE : String(container.contid);
    const name = container?.name ?? HOST_SCOPE;
    const rules = this.#rules.get(name);
    const instance = await this.#auditd.serve(name, scope, {
      ...this.#logs,
      patient: this.#patient,
      ...(rules === undefined ? {} : { rules: { rules, arch: machineArch() } }),
    });
    this.#served.push({ queue: this.dispatcher.queueOf(container), instance });
  }
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

async function openBus(options: NodeOptions): Promise<{ bus: Bus; destroy: () => Promise<void> }> {
  if (options.nats === undefined) {
    const bus = new MemoryBus(QUEUE_LIMITS);
    return { bus, destroy: () => bus.close() };
  }
  const bus: NatsBus = await connectNatsBus({
    url: options.nats,
    creds: options.creds,
    host: `node-${randomBytes(8).toString("hex")}`,
    limits: QUEUE_LIMITS,
  });
  return { bus, destroy: () => bus.destroy() };
}
