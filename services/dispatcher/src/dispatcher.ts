import { AuditParser, type MalformedLog } from "@cauditd/auparse";
import type { Bus } from "@cauditd/bus";
import {
  Attributor,
  type Container,
  type ContainerRegistry,
  type HostAccount,
  type Registration,
  Router,
  trimEvent,
} from "@cauditd/kernel";
import { type Chain, formatChain, trimChain } from "@cauditd/libaudit";
import { type FullPolicy, ScopeQueue, WAITING_FRAMES } from "./scope-queue.ts";

/** How a dispatcher works. */
export interface DispatcherOptions {
  readonly bus: Bus;
  /** What to do when a scope's queue is full: hold the source back, or drop and count. */
  readonly onFull: FullPolicy;
  /** The node name of this host's records; default: that of the first event. */
  readonly node?: string;
  /** A bus that does not answer is asked on, without end. Default: that ends the dispatcher. */
  readonly patient?: boolean;
  /** The source can be read again from its start: what of it is stored already, by scope. */
  readonly source?: { readonly id: string; readonly stored: ReadonlyMap<string, number> };
}

/** The name of the host scope. */
export const HOST_SCOPE = "host";

/**
 * The host: takes record bytes, assembles events, gives each to a container, and routes it to
 * every scope that may see it, over the bus.
 */
export class Dispatcher {
  readonly #bus: Bus;
  readonly #options: DispatcherOptions;
  readonly #attributor: Attributor;
  readonly #router: Router;
  readonly #parser: AuditParser;
  readonly #host: ScopeQueue;
  /** By slot; undefined when the registration has ended. */
  readonly #queues: (ScopeQueue | undefined)[] = [];
  readonly #direct: number[] = [];
  #hostDirect = 0;
  /** Records of its own, each an event. */
  #own = 0;
  /** Woken whenever a frame has left. */
  readonly #waiting: (() => void)[] = [];

  constructor(options: DispatcherOptions) {
    this.#bus = options.bus;
    this.#options = options;
    this.#attributor = new Attributor(undefined, options.node);
    this.#router = new Router(this.#attributor.registry);
    this.#host = this.#queue(HOST_SCOPE);
    const deliver = (
      scope: Container | undefined,
      event: Parameters<ScopeQueue["append"]>[0],
      chain: string,
    ): void => {
      const queue = scope === undefined ? this.#host : (this.#queues[scope.slot] as ScopeQueue);
      queue.append(event, chain);
    };
    this.#parser = new AuditParser((event) => {
      const attribution = this.#attributor.attribute(event);
      const container = attribution.container;
      if (container === undefined) this.#hostDirect++;
      else this.#direct[container.slot] = (this.#direct[container.slot] as number) + 1;
      this.#router.route(event, attribution, deliver);
    });
  }

  /** Lines that were no records. */
  get malformed(): MalformedLog {
    return this.#parser.malformed;
  }

  /** The containers by contid and name. */
  get registry(): ContainerRegistry {
    return this.#attributor.registry;
  }

  /** The live containers. */
  get containers(): readonly Container[] {
    return this.#attributor.registry.containers;
  }

  /** The host's account. */
  get account(): HostAccount {
    const { counts, malformed, open } = this.#parser;
    const direct = new Map([[HOST_SCOPE, this.#hostDirect]]);
    for (const [slot, events] of this.#direct.entries()) {
      // A name may be used again after its container has ended.
      const name = this.registry.at(slot)?.name ?? "";
      direct.set(name, (direct.get(name) ?? 0) + events);
    }
    return {
      captured: this.#parser.captured + this.#own,
      malformed: malformed.total,
      eoe: counts.eoe,
      records: counts.records + this.#own,
      events: counts.events + this.#own,
      open,
      direct,
    };
  }

  /** Registers a container; errors as ContainerRegistry.register. */
  register(registration: Registration): Container {
    const container = this.#attributor.register(registration);
    this.#queues[container.slot] = this.#queue(String(container.contid));
    this.#direct[container.slot] = 0;
    return container;
  }

  /** Puts another task into a registered container (CID-28). */
  adopt(container: Container, pid: number): void {
    this.#attributor.adopt(container, pid);
  }

  /** The container of a task, as far as registrations and events have told. */
  containerOf(pid: number): Container | undefined {
    return this.#attributor.containerOf(pid);
  }

  /** True when a task has a child in a container, as far as events have told. */
  hasChildren(pid: number): boolean {
    return this.#attributor.hasChildren(pid);
  }

  /**
   * Ends a registration: events of its tasks are the host's from now on. Its queue gets no more
   * events; what is in it goes to the bus. Errors as ContainerRegistry.end.
   * @returns the queue, whose last frame has been let go
   */
  async unregister(contid: bigint): Promise<ScopeQueue> {
    const container = this.#attributor.end(contid);
    const queue = this.queueOf(container);
    await queue.finish();
    this.#queues[container.slot] = undefined;
    return queue;
  }

  /**
   * A record of the dispatcher's own, an event of one record: what became of a control request. It
   * goes to the host, and to every container from `target` upwards.
   * @param line the record, without newline
   * @param target the innermost scope that may see it; undefined = only the host
   * @param chain the chain of the task that caused it, leaf first; empty = no container's
   */
  record(line: string, target: Container | undefined, chain: Chain): void {
    this.#own++;
    const direct = this.registry.find(chain[0] ?? -1n);
    if (direct === undefined) this.#hostDirect++;
    else this.#direct[direct.slot] = (this.#direct[direct.slot] as number) + 1;
    const parser = new AuditParser((event) => {
      this.#host.appendOwn(event, chainText(chain));
      for (let scope = target; scope !== undefined; scope = scope.parent) {
        const seen = trimEvent(event, scope.contid);
        this.queueOf(scope).appendOwn(seen, chainText(trimChain(chain, scope.contid)));
      }
    });
    parser.push(Buffer.from(`${line}\n`, "latin1"));
    parser.end();
    this.#settle();
    for (const queue of this.#all()) queue.seal();
  }

  /** The queue of a scope: `undefined` for the host. */
  queueOf(container: Container | undefined): ScopeQueue {
    return container === undefined ? this.#host : (this.#queues[container.slot] as ScopeQueue);
  }

  /** Takes the next bytes of the source. The buffer may be used again afterwards. */
  push(chunk: Uint8Array): void {
    this.#parser.push(chunk);
    this.#ownEvents();
  }

  /**
   * Resolves when every scope has room: a source that must lose nothing waits for it.
   * @throws the bus's error, when it takes no frames of a scope
   */
  async room(): Promise<void> {
    while (this.#crowded()) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#throwFailure();
  }

  /** Lets the unfinished frames go: the source is quiet, or the batch time is over. */
  flush(): void {
    this.#settle();
    for (const queue of this.#all()) queue.seal();
  }

  /**
   * Lets those go that no other frame waits in front of. The rest are filled on: small frames would
   * use up the places of a queue that nobody empties.
   */
  flushIdle(): void {
    this.#settle();
    for (const queue of this.#all()) if (queue.waiting === 0) queue.seal();
  }

  /** Lines taken so far. */
  get lines(): number {
    return this.#parser.lines;
  }

  /** Bytes of the source taken so far. */
  get offset(): number {
    return this.#parser.offset;
  }

  /** What of the source waits for what follows: events, or the start of a line. */
  get unfinished(): boolean {
    return this.#parser.open > 0 || this.#parser.partial;
  }

  /** Routes everything that waits for what follows: once, nothing followed here. */
  cut(): void {
    this.#parser.end();
    this.#ownEvents();
  }

  /**
   * The source is over: everything that waits is routed and published.
   * @param complete false when the source is given up: a line whose end has not come is no record.
   * Of a source that is read again, what waits is left to the next life: it will know what follows
   * @throws the bus's error, when it has not taken every frame
   */
  async end(complete = true): Promise<void> {
    if (complete) this.#parser.end();
    else if (this.#options.source === undefined) this.#parser.abandon();
    await Promise.all(this.#all().map((queue) => queue.finish()));
    this.#throwFailure();
  }

  #ownEvents(): void {
    this.#host.own();
    for (const queue of this.#queues) queue?.own();
  }

  /** An event of a source that is read again is complete when its bytes say so, in every life. */
  #settle(): void {
    if (this.#options.source === undefined) this.#parser.settle();
  }

  #queue(scope: string): ScopeQueue {
    const { onFull, patient = false, source } = this.#options;
    const wake = (): void => {
      for (const waiting of this.#waiting.splice(0)) waiting();
    };
    const from = source && { id: source.id, from: source.stored.get(scope) ?? 0 };
    const packs = this.#bus.kind === "nats";
    return new ScopeQueue(scope, this.#bus, onFull, wake, { patient, packs, source: from });
  }

  /** The queues of all scopes. */
  get queues(): readonly ScopeQueue[] {
    return this.#all();
  }

  #all(): ScopeQueue[] {
    return [this.#host, ...this.#queues.filter((queue) => queue !== undefined)];
  }

  #crowded(): boolean {
    for (const queue of this.#all()) {
      if (!queue.gaveUp && queue.waiting > WAITING_FRAMES / 2) return true;
    }
    return false;
  }

  #throwFailure(): void {
    for (const queue of this.#all()) if (queue.gaveUp) throw queue.failure;
  }
}

/** Text of a CONTAINER_ID record to be put in; "" for none. */
function chainText(chain: Chain): string {
  return chain.length === 0 ? "" : formatChain(chain);
}
