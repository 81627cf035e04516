import type { Chain } from "@cauditd/libaudit";
import type { ContainerObject } from "../container/container-object.ts";
import { Instance } from "../instance/instance.ts";
import { Kauditd, type SendResult } from "../instance/kauditd.ts";
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
  /** `preview` has shown it. */
  shown: boolean;
}

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
  readonly #queues: Kauditd<Waiting>;
  #received: string[] = [];
  readonly #listeners: Map<Task, string[]> = new Map();

  /** @param pidns the initial pid namespace: the host is shown its pids */
  constructor(container: ContainerObject | undefined, pidns: PidNamespace) {
    this.container = container;
    this.#pidns = pidns;
    this.instance = new Instance(container === undefined ? "host" : `${container.contid}`);
    // Here a gap in the serials is all that tells of a loss.
    this.instance.holdsMarkers = true;
    this.#queues = new Kauditd(this.instance);
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
   * Takes an event: rules, then a serial, then the kernel's queues, from which the daemon gets it
   * at once if it can take it. Nobody is ever made to wait for it (CID-99).
   */
  offer(draft: Draft): void {
    const { instance } = this;
    const seen = seenBy(draft, this.#view(undefined));
    if (seen.records.length === 0) return;
    const chain = draft.chains.find((each) => this.#inScope(each)) ?? [];
    const trimmed =
      this.contid === undefined ? chain : chain.slice(0, chain.indexOf(this.contid) + 1);
    const decision = instance.decide(auditEvent(seen, draft.time), trimmed);
    // A call that turns auditing on has begun without it (AUD-96).
    if (draft.begunOff === this) {
      instance.offer(false, draft.time);
      return;
    }
    const always = draft.always(this.contid);
    const off = always && instance.status.enabled === 0;
    const kept = seen.records.map((_, index) => off || decision?.leftOut[index] !== 1);
    const serial = instance.offer(off || (decision?.record ?? true), draft.time);
    if (serial < 0) return;
    const key = keyText(decision?.key);
    this.#queues.push({ draft, serial, kept, key, shown: false }, serial);
    this.run();
  }

  #inScope(chain: Chain): boolean {
    return this.contid === undefined || chain.includes(this.contid);
  }

  #render({ draft, serial, kept, key }: Waiting): string[] {
    const seen: SeenEvent = seenBy(draft, this.#view(key));
    const records = seen.records.filter((_, index) => kept[index]);
    return linesOf({ records }, draft.time, serial);
  }

  /**
   * The kernel's thread empties the queues. Without a daemon events are held up to backlog_limit
   * (CID-105); a daemon that is stopped makes them wait to be tried again.
   */
  run(): void {
    const multicast = (waiting: Waiting): void => {
      for (const heard of this.#listeners.values()) heard.push(...this.#render(waiting));
    };
    this.#queues.run(this.daemon === undefined ? undefined : this.#send, multicast);
  }

  #send = (waiting: Waiting): SendResult => {
    if (this.daemon?.stopped === true) return "again";
    this.#received.push(...this.#render(waiting));
    return "sent";
  };

  /** A daemon has registered: what waited is delivered first, in order (CID-106). */
  connect(daemon: Task): void {
    this.daemon = daemon;
    this.run();
  }

  /** The daemon has gone: what it did not take is held. */
  disconnect(): void {
    this.daemon = undefined;
    this.#queues.reset();
  }

  /** Its container has ended, and with it the queues; what waited is as lost as its scope. */
  end(): void {
    if (this.daemon === undefined) this.#received.push(...this.preview());
    this.#queues.clear();
  }

  /** Events that wait for a daemon. */
  get waiting(): number {
    const { main, retry, hold } = this.#queues.sizes;
    return main + retry + hold;
  }

  /** What waits and was not shown yet, as the kernel log would have it; it goes on waiting. */
  preview(): string[] {
    const lines: string[] = [];
    for (const waiting of this.#queues.unsent()) {
      if (!waiting.shown) lines.push(...this.#render(waiting));
      waiting.shown = true;
    }
    return lines;
  }

  /** The lines that the daemon has received since the last call. */
  receive(): string[] {
    const lines = this.#received;
    this.#received = [];
    return lines;
  }

  /** A reader of the multicast group comes; who is there stays. */
  join(task: Task): void {
    if (!this.#listeners.has(task)) this.#listeners.set(task, []);
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
