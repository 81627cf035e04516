import { AuditParser, type MalformedLog } from "@cauditd/auparse";
import type { Bus } from "@cauditd/bus";
import {
  Attributor,
  type Container,
  type HostAccount,
  type Registration,
  Router,
} from "@cauditd/kernel";
import { type FullPolicy, ScopeQueue, WAITING_FRAMES } from "./scope-queue.ts";

/** How a dispatcher works. */
export interface DispatcherOptions {
  readonly bus: Bus;
  /** What to do when a scope's queue is full: hold the source back, or drop and count. */
  readonly onFull: FullPolicy;
  /** The node name of this host's records; default: that of the first event. */
  readonly node?: string;
}

/** The name of the host scope. */
export const HOST_SCOPE = "host";

/**
 * The host: takes record bytes, assembles events, gives each to a container, and routes it to
 * every scope that may see it, over the bus.
 */
export class Dispatcher {
  readonly #bus: Bus;
  readonly #onFull: FullPolicy;
  readonly #attributor: Attributor;
  readonly #router: Router;
  readonly #parser: AuditParser;
  readonly #host: ScopeQueue;
  /** By slot. */
  readonly #queues: ScopeQueue[] = [];
  readonly #direct: number[] = [];
  #hostDirect = 0;
  /** Woken whenever a frame has left. */
  readonly #waiting: (() => void)[] = [];

  constructor(options: DispatcherOptions) {
    this.#bus = options.bus;
    this.#onFull = options.onFull;
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

  /** The live containers. */
  get containers(): readonly Container[] {
    return this.#attributor.registry.containers;
  }

  /** The host's account. */
  get account(): HostAccount {
    const { counts, malformed, open } = this.#parser;
    const direct = new Map([[HOST_SCOPE, this.#hostDirect]]);
    for (const container of this.containers) {
      direct.set(container.name, this.#direct[container.slot] as number);
    }
    return {
      captured: this.#parser.captured,
      malformed: malformed.total,
      eoe: counts.eoe,
      records: counts.records,
      events: counts.events,
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

  /** The queue of a scope: `undefined` for the host. */
  queueOf(container: Container | undefined): ScopeQueue {
    return container === undefined ? this.#host : (this.#queues[container.slot] as ScopeQueue);
  }

  /** Takes the next bytes of the source. The buffer may be used again afterwards. */
  push(chunk: Uint8Array): void {
    this.#parser.push(chunk);
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
    this.#parser.settle();
    for (const queue of this.#all()) queue.seal();
  }

  /** Lines taken so far. */
  get lines(): number {
    return this.#parser.lines;
  }

  /**
   * The source is over: everything that waits is routed and published.
   * @param complete false when the source is given up: a line whose end has not come is no record
   * @throws the bus's error, when it has not taken every frame
   */
  async end(complete = true): Promise<void> {
    if (complete) this.#parser.end();
    else this.#parser.abandon();
    await Promise.all(this.#all().map((queue) => queue.finish()));
    this.#throwFailure();
  }

  #queue(scope: string): ScopeQueue {
    return new ScopeQueue(scope, this.#bus, this.#onFull, () => {
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  #all(): ScopeQueue[] {
    return [this.#host, ...this.#queues];
  }

  #crowded(): boolean {
    for (const queue of this.#all()) {
      if (queue.failure === undefined && queue.waiting > WAITING_FRAMES / 2) return true;
    }
    return false;
  }

  #throwFailure(): void {
    for (const queue of this.#all()) if (queue.failure !== undefined) throw queue.failure;
  }
}
