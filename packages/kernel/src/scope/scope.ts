import type { Chain } from "@cauditd/libaudit";
import type { ContainerObject } from "../container/container-object.ts";
import { Instance } from "../instance/instance.ts";
import type { PidNamespace } from "../task/namespaces.ts";
import type { Task } from "../task/task.ts";
import type { Draft, View } from "./draft.ts";
import { auditEvent, keyText, linesOf, type SeenEvent, seenBy } from "./event-lines.ts";

/** Who sent the registered daemon a signal. */
export interface SignalInfo {
  /** The sender's audit user ID if it has one, else its user ID. */
  readonly uid: number;
  readonly sender: Task;
  readonly signal: number;
  /** The sender's containers when it sent it. */
  readonly chain: Chain;
  /** The container of the sender: kept from being used again. */
  readonly held: ContainerObject | undefined;
}

/** An event that waits for a daemon. */
interface Waiting {
  readonly draft: Draft;
  readonly serial: number;
  /** The records that the rules left in, by their place among those seen. */
  readonly kept: readonly boolean[];
  readonly key: string | undefined;
}

/** The most events that wait without a limit of their own (backlog_limit 0). */
const WAITING_MAX = 65536;

/** One scope of the emulated host: its instance, its daemon, and what waits for it. */
export class Scope {
  /** The container; undefined = the host. */
  readonly container: ContainerObject | undefined;
  /** Rules, status, serials and account. */
  readonly instance: Instance;
  /** The registered daemon. */
  daemon: Task | undefined;
  /** The last TERM, HUP, USR1 or USR2 that its daemon got. */
  signal: SignalInfo | undefined;
  #pidns: PidNamespace;
  readonly #waiting: Waiting[] = [];
  #received: string[] = [];
  /** How many of those that wait were shown by `preview`. */
  #shown = 0;
  readonly #listeners: Map<Task, string[]> = new Map();

  /** @param pidns the initial pid namespace: the host is shown its pids */
  constructor(container: ContainerObject | undefined, pidns: PidNamespace) {
    this.container = container;
    this.#pidns = pidns;
    this.instance = new Instance(container === undefined ? "host" : `${container.contid}`);
    // Here a gap in the serials is all that tells of a loss.
    this.instance.holdsMarkers = true;
  }

  /** Contid; undefined = the host. */
  get contid(): bigint | undefined {
    return this.container?.contid;
  }

  get #chain(): Chain {
    return this.container?.chain ?? [];
  }

  #view(key: string | undefined): View {
    this.#settle();
    return { scope: this.contid, chain: this.#chain, pidns: this.#pidns, key };
  }

  /** Finds the pid namespace of its daemon, else the innermost in which a task of it lives. */
  #settle(): void {
    if (this.container === undefined) return;
    if (this.daemon !== undefined) {
      this.#pidns = this.daemon.pidns;
      return;
    }
    for (const member of this.container.members) {
      if (member.pidns.isWithin(this.#pidns)) this.#pidns = member.pidns;
    }
  }

  /**
   * Takes an event: rules, then a serial, then the daemon; without one it waits, and is lost when
   * more wait than backlog_limit allows (CID-105). Nobody is ever made to wait for it (CID-99).
   */
  offer(draft: Draft): void {
    const { instance } = this;
    const seen = seenBy(draft, this.#view(undefined));
    if (seen.records.length === 0) return;
    const chain = draft.chains.find((each) => this.#inScope(each)) ?? [];
    const trimmed =
      this.contid === undefined ? chain : chain.slice(0, chain.indexOf(this.contid) + 1);
    const decision = instance.decide(auditEvent(seen, draft.time), trimmed);
    const always = draft.always(this.contid);
    const off = always && instance.status.enabled === 0;
    const kept = seen.records.map((_, index) => off || decision?.leftOut[index] !== 1);
    const serial = instance.offer(off || (decision?.record ?? true), draft.time);
    if (serial < 0) return;
    const waiting = { draft, serial, kept, key: keyText(decision?.key) };
    for (const heard of this.#listeners.values()) heard.push(...this.#render(waiting));
    if (this.daemon !== undefined) this.#deliver(waiting);
    else {
      const limit = instance.status.backlog_limit;
      if (this.#waiting.length >= (limit === 0 ? WAITING_MAX : limit)) {
        instance.left(1);
        instance.failed(1, "backlog", serial, serial);
      } else this.#waiting.push(waiting);
    }
  }

  #inScope(chain: Chain): boolean {
    return this.contid === undefined || chain.includes(this.contid);
  }

  #render({ draft, serial, kept, key }: Waiting): string[] {
    const seen: SeenEvent = seenBy(draft, this.#view(key));
    const records = seen.records.filter((_, index) => kept[index]);
    return linesOf({ records }, draft.time, serial);
  }

  #deliver(waiting: Waiting): void {
    this.#received.push(...this.#render(waiting));
    this.instance.left(1);
    this.instance.written(1);
  }

  /** A daemon has registered: what waited is delivered first, in order (CID-106). */
  connect(daemon: Task): void {
    this.daemon = daemon;
    this.#shown = 0;
    for (const waiting of this.#waiting.splice(0)) this.#deliver(waiting);
  }

  /** The daemon has gone. */
  disconnect(): void {
    this.daemon = undefined;
  }

  /** Events that wait for a daemon. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** What waits and was not shown yet, as the kernel log would have it; it goes on waiting. */
  preview(): string[] {
    const fresh = this.#waiting.slice(this.#shown);
    this.#shown = this.#waiting.length;
    return fresh.flatMap((waiting) => this.#render(waiting));
  }

  /** The lines that the daemon has received since the last call. */
  receive(): string[] {
    const lines = this.#received;
    this.#received = [];
    return lines;
  }

  /** A reader of the multicast group comes. */
  join(task: Task): void {
    this.#listeners.set(task, []);
  }

  /** It goes. False if it was not there. */
  quit(task: Task): boolean {
    return this.#listeners.delete(task);
  }

  /** The lines that a listener has heard since the last call; undefined for who does not listen. */
  heard(task: Task): string[] | undefined {
    const lines = this.#listeners.get(task);
    if (lines !== undefined) this.#listeners.set(task, []);
    return lines;
  }
}
