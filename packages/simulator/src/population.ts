/** Which tasks there are, and in which containers: start, fork, exit, stop. */

import type { Program } from "./catalog.ts";
import {
  containerInit,
  containerPrograms,
  daemons,
  hostPrograms,
  shim,
  systemd,
} from "./catalog.ts";
import type { Random } from "./random.ts";
import type { Home, Tally, TaskIdentity } from "./task.ts";
import { firstReusablePid, PidTable, Task, unset } from "./task.ts";
import { byteText } from "./untrusted.ts";

/** A container to run. */
export interface ContainerSpec {
  /** Unique among running containers; "host" is taken. */
  readonly name: string;
  /** 0 to 2^64 - 2, unique among running containers. */
  readonly contid: bigint;
  /** contid of a running container that this one is nested in. */
  readonly parent?: bigint;
  /** Share of the load against the others; above 0, default 1. */
  readonly weight?: number;
  /** uid (and gid) of its tasks; default 0. */
  readonly uid?: number;
  /** pid of its init, 2 to the limit, not in use; default the next free one. */
  readonly pid?: number;
}

/** What an orchestrator registers about a running container. */
export interface Registration {
  readonly name: string;
  readonly contid: bigint;
  /** Its init, in the host's pid namespace. */
  readonly pid: number;
  readonly parent?: bigint;
}

/** Sizes of a population. */
export interface PopulationOptions {
  /** Share of the host's own events, 0 or more, against the containers' weights; default 0.25. */
  readonly hostWeight?: number;
  /** Tasks that a container, or the host, has at most besides its lasting ones; default 16. */
  readonly tasksPerContainer?: number;
  /**
   * pids stay below it, 302 to 4194304; default 512 + 64 for each container given at first, and
   * above the pids that these are given.
   */
  readonly pidMax?: number;
}

const noIdentity: TaskIdentity = { auid: unset, uid: 0, ses: unset, tty: "(none)" };
const forever = Number.POSITIVE_INFINITY;
const directories = ["/", "/app", "/srv/my app", "/var/lib/données"].map(byteText);
const unsetContid = 2n ** 64n - 1n;

/** The tasks of a host. */
export class Population {
  /** The host outside containers. */
  readonly host: Home;
  readonly #pids: PidTable;
  /** pids that were given for containers which have not started yet. */
  readonly #reserved = new Set<number>();
  readonly #tasksPerContainer: number;
  /** Running containers by name, in the order of their start. */
  readonly #containers = new Map<string, Home>();
  readonly #contids = new Map<bigint, Home>();
  readonly #shims = new Map<Home, Task>();
  readonly #totals = new Map<string, Tally>();
  #homes: readonly Home[] = [];
  /** Upper end of each home's share, for the draw of a home; empty = to be made again. */
  #shares: number[] = [];
  #started = 0;

  /** @throws RangeError as start does, and on a size out of its range. */
  constructor(containers: readonly ContainerSpec[], options: PopulationOptions) {
    const { hostWeight = 0.25, tasksPerContainer = 16, pidMax } = options;
    if (!Number.isInteger(tasksPerContainer) || tasksPerContainer < 0) {
      throw new RangeError(`expected tasksPerContainer of 0 or more, got ${tasksPerContainer}`);
    }
    this.#tasksPerContainer = tasksPerContainer;
    this.#pids = new PidTable(pidMax ?? enoughFor(containers));
    for (const { name, pid } of containers) if (pid !== undefined) this.#reserve(name, pid);
    this.host = this.#home("host", undefined, undefined, hostWeight, 0);
    const first = new Task(1, 1, this.host, undefined, systemd, noIdentity, forever);
    this.host.tasks.push(first);
    for (const program of daemons) this.#lasting(this.host, first, program);
    for (const spec of containers) this.start(spec);
  }

  /** @returns the registrations of the running containers, in the order of start. */
  registrations(): Registration[] {
    return [...this.#containers.values()].map((home) => this.#registration(home));
  }

  /** @returns the host and the running containers. */
  homes(): Home[] {
    return [this.host, ...this.#containers.values()];
  }

  /** @returns the tallies by container name and "host", of stopped containers too. */
  totals(): ReadonlyMap<string, Readonly<Tally>> {
    return this.#totals;
  }

  /** @throws RangeError when no such container runs. */
  running(name: string): Home {
    const home = this.#containers.get(name);
    if (home === undefined) throw new RangeError(`expected a running container, got "${name}"`);
    return home;
  }

  /** @returns the running containers directly nested in the given one. */
  nested(home: Home): Home[] {
    return [...this.#containers.values()].filter((other) => other.parent === home);
  }

  /** @returns the first task of a place, which outlives the others. */
  init(home: Home): Task {
    const init = home.tasks[0];
    if (init === undefined) throw new RangeError(`expected "${home.name}" to have tasks`);
    return init;
  }

  /**
   * Starts a container: a shim in the place around it, an init below the shim. Emits nothing; an
   * orchestrator registers the pid before the init runs.
   *
   * @throws RangeError on a name, contid, parent or weight out of range or taken, and when no pid
   * is left.
   */
  start(spec: ContainerSpec): Registration {
    const { name, contid, weight = 1, uid = 0 } = spec;
    if (name === "" || name === "host" || this.#containers.has(name)) {
      throw new RangeError(`expected a container name not in use, got "${name}"`);
    }
    if (contid < 0n || contid >= unsetContid || this.#contids.has(contid)) {
      throw new RangeError(`expected a contid from 0 to 2^64 - 2 not in use, got ${contid}`);
    }
    const parent = spec.parent === undefined ? undefined : this.#contids.get(spec.parent);
    if (spec.parent !== undefined && parent === undefined) {
      throw new RangeError(`expected a running container as parent, got contid ${spec.parent}`);
    }
    if (spec.pid !== undefined && !this.#reserved.delete(spec.pid)) this.#take(name, spec.pid);
    const outside = parent ?? this.host;
    const home = this.#home(name, contid, parent, weight, uid);
    const shimTask = this.#lasting(outside, this.init(outside), shim);
    this.#lasting(home, shimTask, containerInit, spec.pid);
    this.#containers.set(name, home);
    this.#contids.set(contid, home);
    this.#shims.set(home, shimTask);
    this.#shares = [];
    return this.#registration(home);
  }

  /** Forgets a container whose tasks are gone. @returns its shim, whose exit is still to come. */
  remove(home: Home): Task | undefined {
    const shimTask = this.#shims.get(home);
    this.#shims.delete(home);
    this.#containers.delete(home.name);
    if (home.contid !== undefined) this.#contids.delete(home.contid);
    this.#shares = [];
    return shimTask;
  }

  /** @returns a place, drawn by weight. */
  draw(random: Random): Home {
    if (this.#shares.length === 0) this.#share();
    const total = this.#shares[this.#shares.length - 1] ?? 0;
    const point = random.fraction() * total;
    let low = 0;
    let high = this.#shares.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (point < (this.#shares[middle] ?? 0)) high = middle;
      else low = middle + 1;
    }
    return this.#homes[low] ?? this.host;
  }

  /**
   * @param life events that the child makes before it exits.
   * @returns a new child; undefined when its place is full or no pid is left.
   */
  fork(parent: Task, life: number): Task | undefined {
    const { home } = parent;
    if (home.room === 0) return undefined;
    const pid = this.#pids.allocate();
    if (pid === 0) return undefined;
    home.room -= 1;
    const inner = home.contid === undefined ? pid : ++home.lastInnerPid;
    const child = new Task(pid, inner, home, parent, parent.program, parent.identity, life);
    home.tasks.push(child);
    return child;
  }

  /** Takes a task away: its children go to the first task of their place, its pid is free. */
  exit(task: Task): void {
    const { home } = task;
    const index = home.tasks.indexOf(task);
    const last = home.tasks.pop();
    if (last !== undefined && last !== task) home.tasks[index] = last;
    task.leave(home.tasks[0] ?? this.host.tasks[0]);
    this.#pids.release(task.pid);
    if (!task.lasting) home.room += 1;
  }

  /** A task that is there from the start of its home to its end. */
  #lasting(home: Home, parent: Task | undefined, program: Program, given?: number): Task {
    const pid = given ?? this.#pids.allocate();
    if (pid === 0) throw new RangeError("expected a larger pidMax: no pid is left");
    const inner = home.contid === undefined ? pid : ++home.lastInnerPid;
    const identity = home.uid === 0 ? noIdentity : { ...noIdentity, uid: home.uid };
    const task = new Task(pid, inner, home, parent, program, identity, forever);
    home.tasks.push(task);
    return task;
  }

  /** Before other tasks get pids. */
  #reserve(name: string, pid: number): void {
    this.#take(name, pid);
    this.#reserved.add(pid);
  }

  #take(name: string, pid: number): void {
    if (this.#pids.take(pid)) return;
    throw new RangeError(`expected a pid not in use for "${name}", from 2 on, got ${pid}`);
  }

  #home(
    name: string,
    contid: bigint | undefined,
    parent: Home | undefined,
    weight: number,
    uid: number,
  ): Home {
    if (!Number.isFinite(weight) || weight < 0 || (weight === 0 && contid !== undefined)) {
      throw new RangeError(`expected a weight above 0 for "${name}", got ${weight}`);
    }
    const tally = this.#totals.get(name) ?? { events: 0, records: 0 };
    this.#totals.set(name, tally);
    const number = this.#started++;
    return {
      name,
      contid,
      parent,
      weight,
      uid,
      programs: contid === undefined ? hostPrograms : containerPrograms,
      tasks: [],
      device: contid === undefined ? "fe:00" : `00:${(39 + (number % 200)).toString(16)}`,
      inode: 2187000 + number * 1000,
      cwd: directories[number % directories.length] ?? "/",
      tally,
      room: this.#tasksPerContainer,
      lastInnerPid: 0,
    };
  }

  #share(): void {
    this.#homes = this.homes();
    let sum = 0;
    this.#shares = this.#homes.map((home) => {
      sum += home.weight;
      return sum;
    });
  }

  #registration(home: Home): Registration {
    const { name, contid = 0n, parent } = home;
    const pid = this.init(home).pid;
    const around = parent?.contid;
    return around === undefined ? { name, contid, pid } : { name, contid, pid, parent: around };
  }
}

/** The limit that leaves pids for tasks, and is above those that are given. */
function enoughFor(containers: readonly ContainerSpec[]): number {
  const given = containers.reduce((most, { pid = 0 }) => Math.max(most, pid), 0);
  return Math.max(firstReusablePid + 212 + 64 * containers.length, given + 1);
}
