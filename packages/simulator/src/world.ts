/**
 * The emulated host: tasks in containers and outside, and the audit records that a kernel writes
 * about them. Everything follows from the seed and the times given; there is no clock in here.
 */

import { activities } from "./activities.ts";
import { Draft } from "./draft.ts";
import type { ContainerSpec, PopulationOptions, Registration } from "./population.ts";
import { Population } from "./population.ts";
import { Random } from "./random.ts";
import { roleActivities } from "./roles.ts";
import type { Activity, Scene } from "./scene.ts";
import type { Home, Tally, Task } from "./task.ts";
import { unset } from "./task.ts";

/** How to build an EmulatedHost. */
export interface EmulatedHostOptions extends PopulationOptions {
  /** Any integer; its low 32 bits count. */
  readonly seed: number;
  readonly containers: readonly ContainerSpec[];
  /** Milliseconds since the epoch; no event is earlier. */
  readonly startTimeMs: number;
  /** Serial of the first event, 32 bits; default 1. After 2^32 - 1 comes 0, as in the kernel. */
  readonly firstSerial?: number;
  /** End the events of system calls with EOE, as plugins see them; default false, as in a log. */
  readonly eoe?: boolean;
  /** Chance, 0 to 1, that fill() mixes the records of an event with the next; default 0. */
  readonly interleave?: number;
}

/** One finished event and the truth about it. */
export interface EmulatedEvent {
  /** The container in which it happened; undefined = the host. */
  readonly contid: bigint | undefined;
  /** The acting task as the records name it; undefined for an event without a task. */
  readonly pid: number | undefined;
  readonly sec: number;
  readonly milli: number;
  readonly serial: number;
  /** Lines without line feed, ASCII only, in order. */
  readonly records: readonly string[];
}

/** Takes events one by one. */
export type EventSink = (event: EmulatedEvent) => void;

/** Many events as log text. */
export interface Chunk {
  /** Whole events; every line ends in a line feed. */
  readonly bytes: Uint8Array;
  readonly events: number;
  readonly records: number;
  /** The truth by contid; undefined = the host. Only those with events are listed. */
  readonly tally: ReadonlyMap<bigint | undefined, Readonly<Tally>>;
}

const encoder = new TextEncoder();

/** A host with containers under load. See step and fill. */
export class EmulatedHost {
  readonly #random: Random;
  /** Draws for the order of records alone, so that the events do not depend on it. */
  readonly #order: Random;
  readonly #population: Population;
  readonly #eoe: boolean;
  readonly #interleave: number;
  readonly #scene: Scene & { event: Draft };
  #session = 0;
  #timeMs: number;
  #serial: number;

  /**
   * @throws RangeError on a name, contid, parent, weight or limit that is out of range or taken,
   * and when pidMax leaves no pid for the first tasks.
   */
  constructor(options: EmulatedHostOptions) {
    const { seed, containers, startTimeMs } = options;
    if (!Number.isFinite(startTimeMs) || startTimeMs < 0) {
      throw new RangeError(`expected startTimeMs of 0 or more, got ${startTimeMs}`);
    }
    this.#random = new Random(seed);
    this.#order = new Random(~seed);
    this.#timeMs = Math.floor(startTimeMs);
    this.#serial = (options.firstSerial ?? 1) >>> 0;
    this.#eoe = options.eoe ?? false;
    this.#interleave = options.interleave ?? 0;
    this.#population = new Population(containers, options);
    this.#scene = {
      random: this.#random,
      event: new Draft(undefined, undefined, this.#timeMs, 0),
      fork: (parent) => this.#population.fork(parent, 4 + this.#random.below(40)),
      exit: (task) => this.#population.exit(task),
      nextSession: () => ++this.#session,
    };
  }

  /** @returns what an orchestrator would register now, in the order of start. */
  registrations(): Registration[] {
    return this.#population.registrations();
  }

  /**
   * @returns the pid of the container's init in the host's pid namespace.
   * @throws RangeError when no such container runs.
   */
  initPid(name: string): number {
    return this.#population.init(this.#population.running(name)).pid;
  }

  /** @returns what was emitted so far, by container name; "host" is the rest. */
  totals(): ReadonlyMap<string, Readonly<Tally>> {
    return this.#population.totals();
  }

  /**
   * Starts a container; a contid or name that was stopped may be used again. Emits nothing: an
   * orchestrator registers the pid before the init runs.
   *
   * @throws RangeError on a name, contid, parent or weight out of range or taken, and when no pid
   * is left.
   */
  startContainer(spec: ContainerSpec): Registration {
    return this.#population.start(spec);
  }

  /**
   * Stops a container: exit_group of every task of the containers nested in it, of its own tasks,
   * of its init, and last of the shim (an event of the place around it).
   *
   * @throws RangeError when no such container runs.
   */
  stopContainer(name: string, nowMs: number, sink: EventSink): void {
    this.#advance(nowMs);
    this.#stop(this.#population.running(name), sink);
  }

  /**
   * Ends every task but the lasting ones: exit_group of each. Who reads the records knows no pid
   * of theirs any more, so that another host may use the same ones.
   */
  endTasks(nowMs: number, sink: EventSink): void {
    this.#advance(nowMs);
    for (const { tasks } of this.#population.homes()) {
      for (const task of tasks.filter(({ lasting }) => !lasting)) {
        sink(this.#act(task, activities.exit));
      }
    }
  }

  /** Emits one event at nowMs (milliseconds since the epoch; an earlier time than before holds). */
  step(nowMs: number, sink: EventSink): void {
    this.#advance(nowMs);
    sink(this.#next());
  }

  /**
   * Emits events at nowMs until they make at least targetBytes of log text. With `interleave`,
   * records of two events of different tasks are mixed; each event's own order stays.
   *
   * @param targetBytes above 0; the last event is not cut, so the chunk may be longer.
   * @throws RangeError when targetBytes is not above 0.
   */
  fill(targetBytes: number, nowMs: number): Chunk {
    if (!(targetBytes > 0))
      throw new RangeError(`expected targetBytes above 0, got ${targetBytes}`);
    this.#advance(nowMs);
    const tally = new Map<bigint | undefined, Tally>();
    const lines: string[] = [];
    let length = 0;
    let events = 0;
    const take = (): Draft => {
      const event = this.#next();
      const sum = tally.get(event.contid);
      if (sum === undefined) {
        tally.set(event.contid, { events: 1, records: event.records.length });
      } else {
        sum.events += 1;
        sum.records += event.records.length;
      }
      events += 1;
      return event;
    };
    while (length < targetBytes) {
      const event = take();
      const mixed = this.#interleave > 0 && this.#order.chance(this.#interleave);
      for (const line of mixed ? this.#mix(event, take()) : event.records) {
        lines.push(line);
        length += line.length + 1;
      }
    }
    // A last empty line, so that the text ends in a line feed.
    const records = lines.length;
    lines.push("");
    return { bytes: encoder.encode(lines.join("\n")), events, records, tally };
  }

  #mix(first: Draft, second: Draft): string[] {
    // A task is in one call at a time: records of one task never mix.
    if (first.pid === second.pid) return [...first.records, ...second.records];
    const lines: string[] = [];
    let one = 0;
    let two = 0;
    while (one < first.records.length || two < second.records.length) {
      const fromFirst =
        two === second.records.length || (one < first.records.length && this.#order.chance(0.5));
      const line = fromFirst ? first.records[one++] : second.records[two++];
      if (line !== undefined) lines.push(line);
    }
    return lines;
  }

  #advance(nowMs: number): void {
    if (nowMs > this.#timeMs) this.#timeMs = Math.floor(nowMs);
  }

  #next(): Draft {
    const home = this.#population.draw(this.#random);
    if (home.contid === undefined && this.#random.below(64) === 0) return this.#anomaly();
    const task = this.#random.pick(home.tasks);
    return this.#act(task, this.#choose(task));
  }

  #choose(task: Task): Activity {
    const random = this.#random;
    if (!task.lasting && task.left <= 0) return activities.exit;
    const { role } = task.program;
    // A child of sshd logs a user in before it runs a shell.
    const login = role === "sshd" && !task.lasting && task.identity.auid === unset;
    const inRole = task.lasting || task.started || login;
    // Only a task that records have placed by its ppid may send records that have no ppid.
    if (role !== undefined && inRole && task.seen && random.chance(login ? 0.75 : 0.25)) {
      return random.pick(roleActivities[role]);
    }
    if (!task.lasting && !task.started) {
      return random.chance(0.4) ? activities.execve : activities.plain;
    }
    return activities.usual[random.next() & 255] ?? activities.plain;
  }

  #act(task: Task, activity: Activity): Draft {
    const event = this.#event(task.home, task.pid);
    this.#scene.event = event;
    const inCall = activity(this.#scene, task);
    if (inCall) {
      event.add("PROCTITLE", `proctitle=${task.proctitle}`);
      if (this.#eoe) event.add("EOE", "");
    }
    task.seen = true;
    task.left -= 1;
    return this.#count(task.home, event);
  }

  /** An interface that changes outside any system call: one record, no task. */
  #anomaly(): Draft {
    const event = this.#event(this.#population.host, undefined);
    const device = `veth${this.#random.below(1 << 20).toString(16)}`;
    event.add(
      "ANOM_PROMISCUOUS",
      `dev=${device} prom=0 old_prom=256 auid=${unset} uid=0 gid=0 ses=${unset}`,
    );
    return this.#count(this.#population.host, event);
  }

  #event(home: Home, pid: number | undefined): Draft {
    const serial = this.#serial;
    this.#serial = (serial + 1) >>> 0;
    return new Draft(home.contid, pid, this.#timeMs, serial);
  }

  #count(home: Home, event: Draft): Draft {
    home.tally.events += 1;
    home.tally.records += event.records.length;
    return event;
  }

  #stop(home: Home, sink: EventSink): void {
    for (const inner of this.#population.nested(home)) this.#stop(inner, sink);
    for (let task = home.tasks.at(-1); task !== undefined; task = home.tasks.at(-1)) {
      sink(this.#act(task, activities.exit));
    }
    const shim = this.#population.remove(home);
    if (shim !== undefined) sink(this.#act(shim, activities.exit));
  }
}
