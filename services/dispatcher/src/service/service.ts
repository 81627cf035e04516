// The dispatcher as a process of its own: one for each host, the instances elsewhere.
import { setTimeout as pause } from "node:timers/promises";
import type { Bus } from "@cauditd/bus";
import { type Container, MAX_SCOPES, type Registration, type ScopeEntry } from "@cauditd/kernel";
import { AuditError, Errno } from "@cauditd/libaudit";
import { Dispatcher, HOST_SCOPE } from "../dispatcher.ts";
import type { ScopeQueue } from "../scope-queue.ts";
import { MAX_TASKS, type Registered } from "./book-shapes.ts";
import type { ListedContainer } from "./container-plan.ts";
import type { HostBook } from "./host-book.ts";
import { SourceCuts } from "./source-cuts.ts";
import { unlessAborted } from "./unless-aborted.ts";

/** Where records come from. */
export interface RecordSource {
  /** Set when it can be read again from its start, and waits: it loses nothing. */
  readonly id?: string | undefined;
  /** Hands bytes to `push` until `stop` fires or the input is over; waits for what it answers. */
  run(push: (bytes: Uint8Array) => Promise<void> | void, stop: AbortSignal): Promise<void>;
}

/** Where problems are told. */
export interface ServiceLog {
  warn(details: object, text: string): void;
  error(details: object, text: string): void;
}

/** What the service is made of. */
export interface DispatcherServiceOptions {
  readonly bus: Bus;
  readonly book: HostBook;
  readonly source: RecordSource;
  /** Those of the configuration, parents first. */
  readonly containers: readonly Registration[];
  readonly told: ServiceLog;
}

/** Events are held for at most this long before their frame goes, ms. */
const BATCH_MS = 5;
/** How often it is kept how far the source is stored, ms. */
const KEEP_MS = 1000;
/** The pause before the key store is asked again, ms. */
const SILENCE_MS = 250;
/** The longest wait, at a stop, for the bus to take what is held, ms. */
const DRAIN_MS = 10_000;

/** A dispatcher with its book and its source. */
export class DispatcherService {
  readonly dispatcher: Dispatcher;
  readonly #options: DispatcherServiceOptions;
  readonly #kept: Map<Container, Registered> = new Map();
  #generation = 0;
  /** How far the source was stored when that was kept last. */
  #saved = "";
  /** The key store has not answered the last time. */
  #away = false;
  #keeping = false;
  readonly #cuts: SourceCuts;
  /** Another dispatcher of the host has begun. */
  readonly #replaced: AbortController = new AbortController();

  private constructor(options: DispatcherServiceOptions) {
    this.#options = options;
    const { bus, book, source } = options;
    const { id } = source;
    const known = id === undefined ? undefined : book.sourceOf(id);
    this.#cuts = new SourceCuts(known?.cuts ?? []);
    this.dispatcher = new Dispatcher({
      bus,
      onFull: id === undefined ? "drop" : "wait",
      patient: true,
      ...(known === undefined ? {} : { source: known }),
    });
  }

  /**
   * Registers the containers of the configuration, then those that an earlier life had registered
   * beside them, and tells the workers.
   * @throws as HostBook.write and ContainerRegistry.register
   */
  static async start(options: DispatcherServiceOptions): Promise<DispatcherService> {
    const service = new DispatcherService(options);
    const { registered } = options.book;
    service.#generation = registered.reduce((most, one) => Math.max(most, one.generation), 0);
    for (const registration of options.containers) {
      const before = registered.find((one) => isOf(one, registration));
      service.#add(registration, before, false);
    }
    for (const one of registered) if (one.live) service.#restore(one);
    await service.#write();
    return service;
  }

  /** Names of the principals that registered containers. */
  get owners(): ReadonlyMap<Container, string> {
    const all = [...this.#kept].map(([container, { owner }]) => [container, owner] as const);
    return new Map(
      all.filter((pair): pair is readonly [Container, string] => pair[1] !== undefined),
    );
  }

  /** The tasks that were put into a container, in this life or an earlier one. */
  tasksOf(container: Container): readonly number[] {
    return [container.pid, ...(this.#kept.get(container)?.tasks ?? [])];
  }

  /** True while containers may come and go: events of a source read again must stay the same. */
  get changeable(): boolean {
    return this.#options.source.id === undefined;
  }

  /**
   * Takes the source until it is over, or `stop` fires; then what is held goes to the bus.
   * @throws EOWNERDEAD when another dispatcher of the host has begun; what the source says
   */
  async run(stop: AbortSignal): Promise<void> {
    const { source } = this.#options;
    const { dispatcher } = this;
    const ending = AbortSignal.any([stop, this.#replaced.signal]);
    const resumable = source.id !== undefined;
    const batch = resumable ? undefined : setInterval(() => dispatcher.flushIdle(), BATCH_MS);
    const keep = setInterval(() => void this.#keepInTurn(), KEEP_MS);
    const push = (bytes: Uint8Array): Promise<void> | undefined => {
      this.#cuts.push(dispatcher, bytes);
      return resumable ? unlessAborted(dispatcher.room(), ending) : undefined;
    };
    try {
      await source.run(push, ending);
      if (resumable) await this.#over(ending);
    } finally {
      clearInterval(batch);
      await this.#drain(ending);
      clearInterval(keep);
      await this.#keep();
    }
    this.#replaced.signal.throwIfAborted();
  }

  /**
   * Registers a container for which a worker starts an instance.
   * @throws EOPNOTSUPP for a source that is read again; as ContainerRegistry.register and
   * HostBook.write, after which it is not registered
   */
  async register(registration: Registration, owner?: string): Promise<Container> {
    return await this.#register(registration, owner, true);
  }

  /** The same for a container that the configuration has now. Errors as `register`. */
  async attach(registration: Registration): Promise<Container> {
    return await this.#register(registration, undefined, false);
  }

  async #register(
    registration: Registration,
    owner: string | undefined,
    live: boolean,
  ): Promise<Container> {
    this.#checkChangeable();
    if (this.dispatcher.containers.length + 2 > MAX_SCOPES) {
      throw new AuditError(Errno.ENOSPC, `register ${registration.name}: ${MAX_SCOPES} scopes`);
    }
    const container = this.#add(registration, undefined, live);
    const kept = this.#kept.get(container);
    if (kept !== undefined) this.#kept.set(container, { ...kept, owner });
    try {
      await this.#write();
    } catch (error) {
      this.#kept.delete(container);
      await this.dispatcher.unregister(container.contid);
      throw error;
    }
    return container;
  }

  /** Puts another task into a container. Errors as HostBook.write. */
  async adopt(container: Container, pid: number): Promise<void> {
    this.#checkChangeable();
    this.dispatcher.adopt(container, pid);
    const kept = this.#kept.get(container);
    if (kept === undefined) return;
    const tasks = [...kept.tasks.filter((task) => task !== pid), pid].slice(-MAX_TASKS);
    this.#kept.set(container, { ...kept, tasks });
    await this.#write();
  }

  /** A container is the configuration's from now on, with this first task. Errors as `adopt`. */
  async claim(container: Container, pid: number): Promise<void> {
    this.#checkChangeable();
    const kept = this.#kept.get(container);
    if (kept === undefined) return;
    this.dispatcher.adopt(container, pid);
    this.#kept.set(container, { ...kept, pid, live: false });
    await this.#write();
  }

  /** The containers, parents first. */
  listed(): readonly ListedContainer[] {
    return [...this.#kept].map(([container, { pid, live }]) => {
      const { name, contid, parent } = container;
      return {
        name,
        contid,
        pid,
        live,
        ...(parent === undefined ? {} : { parent: parent.contid }),
      };
    });
  }

  /**
   * Ends a container: no event is routed to it any more.
   * @param ended called when its last frame is on the bus: its instance may finish and go
   * @throws as ContainerRegistry.end, HostBook.write and `ended`
   */
  async end(contid: bigint, ended: (queue: ScopeQueue) => Promise<void>): Promise<void> {
    this.#checkChangeable();
    const container = this.dispatcher.registry.find(contid);
    const queue = await this.dispatcher.unregister(contid);
    await ended(queue);
    if (container !== undefined) this.#kept.delete(container);
    await this.#write();
    await this.#options.bus.remove(queue.scope);
  }

  #checkChangeable(): void {
    if (this.changeable) return;
    throw new AuditError(
      Errno.EOPNOTSUPP,
      "the containers of a log are those of the configuration",
    );
  }

  #add(registration: Registration, before: Registered | undefined, live: boolean): Container {
    const container = this.dispatcher.register(registration);
    const { name, contid, pid, parent } = registration;
    const kept = { name, contid: String(contid), pid, live, tasks: before?.tasks ?? [] };
    const generation = before?.generation ?? ++this.#generation;
    this.#kept.set(container, {
      ...kept,
      generation,
      ...(before?.owner === undefined ? {} : { owner: before.owner }),
      ...(parent === undefined ? {} : { parent: String(parent) }),
    });
    if (before?.pid !== pid) return container;
    for (const task of kept.tasks) this.dispatcher.adopt(container, task);
    return container;
  }

  /** What cannot be registered again has no room beside the configuration. */
  #restore(one: Registered): void {
    if (!this.changeable || this.dispatcher.registry.find(BigInt(one.contid)) !== undefined) return;
    const { name, pid, parent } = one;
    const contid = BigInt(one.contid);
    const nested = parent === undefined ? {} : { parent: BigInt(parent) };
    try {
      this.#add({ name, contid, pid, ...nested }, one, true);
    } catch (err) {
      this.#options.told.error({ err, name }, "a container of an earlier life is not registered");
    }
  }

  async #write(): Promise<void> {
    const registered = [...this.#kept.values()];
    const scopes: ScopeEntry[] = [{ scope: HOST_SCOPE, name: HOST_SCOPE, generation: 1 }];
    for (const { name, contid, generation } of registered) {
      scopes.push({ scope: contid, name, generation });
    }
    await this.#options.book.write(registered, scopes);
  }

  /**
   * The source may grow before the next life: where it is over now is kept first, when something
   * waits for what follows. @throws as SourceCuts.add
   */
  async #over(ending: AbortSignal): Promise<void> {
    const { dispatcher } = this;
    if (ending.aborted || !dispatcher.unfinished || !this.#cuts.add(dispatcher.offset)) return;
    while (!ending.aborted && !(await this.#keep())) {
      await unlessAborted(pause(SILENCE_MS), ending);
    }
  }

  /** A bus that is away must not keep a process that is to stop. */
  async #drain(ending: AbortSignal): Promise<void> {
    const ended = this.dispatcher.end(!ending.aborted).then(() => true);
    const late = aborted(ending).then(async () => {
      await pause(DRAIN_MS, undefined, { ref: false });
      return false;
    });
    if (await Promise.race([ended, late])) return;
    ended.catch(() => undefined);
    const held = this.dispatcher.queues.reduce((sum, queue) => sum + queue.held, 0);
    this.#options.told.error({ events: held }, "the bus has not taken everything");
  }

  /** One that waits for its answer is enough: those behind it would only fail after it. */
  async #keepInTurn(): Promise<void> {
    if (this.#keeping) return;
    this.#keeping = true;
    await this.#keep();
    this.#keeping = false;
  }

  /**
   * Keeps how far the source is stored, and looks whether this is the dispatcher still.
   * @returns true when it is kept
   */
  async #keep(): Promise<boolean> {
    const { source, book, told } = this.#options;
    const stored = new Map(this.dispatcher.queues.map((queue) => [queue.scope, queue.stored]));
    const cuts = this.#cuts.places;
    const text = JSON.stringify([...stored, ...cuts]);
    try {
      if (source.id === undefined || text === this.#saved) await book.check();
      else await book.writeSource({ id: source.id, stored, cuts });
      this.#saved = text;
      if (this.#away) told.warn({}, "the key store answers again");
      this.#away = false;
      return true;
    } catch (err) {
      if (err instanceof AuditError && err.errno === Errno.EOWNERDEAD) this.#replaced.abort(err);
      else if (!this.#away) told.warn({ err }, "the key store does not answer");
      this.#away = true;
      return false;
    }
  }
}

function isOf(one: Registered, { name, contid }: Registration): boolean {
  return one.name === name && one.contid === String(contid);
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
