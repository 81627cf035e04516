// Random worlds of tasks, and what must hold in each: a check names what does not.
import type { Chain } from "@cauditd/libaudit";
import { readContid, setCapcontid, setContid } from "../../src/emulation/contid-calls.ts";
import { changeRules, setStatus } from "../../src/emulation/control-calls.ts";
import { startDaemon, stopDaemon } from "../../src/emulation/daemon-calls.ts";
import type { EmulatedKernel } from "../../src/emulation/emulated-kernel.ts";
import { setLoginuid } from "../../src/emulation/loginuid-calls.ts";
import { sendUserRecord } from "../../src/emulation/netlink-calls.ts";
import { packet } from "../../src/emulation/packet-calls.ts";
import { kill, signalInfo } from "../../src/emulation/signal-calls.ts";
import {
  exec,
  exit,
  fork,
  reap,
  setns,
  syscall,
  thread,
  unshare,
} from "../../src/emulation/task-calls.ts";
import type { Scope } from "../../src/scope/scope.ts";
import type { Task } from "../../src/task/task.ts";
import { rule } from "../rules.ts";
import { emulate } from "./host.ts";

/** The most tasks that run at once. */
const TASKS = 220;
/** Contids that are found in a record only where a contid stands. */
export const contidOf = (n: number): bigint => 7_700_000_000_000n + BigInt(n % 40);
const RULE = rule("-a never,exit -S getppid");

/** A small generator: the same numbers for the same seed. */
class Dice {
  #state: number;
  constructor(seed: number) {
    this.#state = seed | 1;
  }
  below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1103515245) + 12345) & 0x7fffffff;
    return Math.floor((this.#state / 0x80000000) * limit);
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}

/** One scope's log: every line that its daemon got, and what was lost. */
interface Log {
  readonly scope: Scope;
  readonly chain: Chain;
  readonly lines: string[];
}

/** A world, and what its scopes' daemons got. */
export class World {
  readonly kernel: EmulatedKernel = emulate();
  readonly tasks: Task[] = [this.kernel.init];
  readonly logs: Map<Scope, Log> = new Map();
  readonly dice: Dice;
  #names = 0;

  /** @param plant changes the kernel before anything happens in it */
  constructor(seed: number, plant: (kernel: EmulatedKernel) => void = () => {}) {
    this.dice = new Dice(seed);
    plant(this.kernel);
  }

  /** Fetches what has arrived; before a scope can end. */
  collect(): void {
    for (const scope of this.kernel.scopes.all()) this.#fetch(scope);
    // Scopes that have ended keep what their daemons had received.
    for (const { scope } of this.logs.values()) this.#fetch(scope);
  }

  #fetch(scope: Scope): void {
    let log = this.logs.get(scope);
    if (log === undefined) {
      log = { scope, chain: scope.container?.chain ?? [], lines: [] };
      this.logs.set(scope, log);
    }
    log.lines.push(...scope.receive());
  }

  #running(): Task {
    for (;;) {
      const task = this.dice.pick(this.tasks);
      if (task.state === "running") return task;
    }
  }

  #add(make: (name: string) => Task): void {
    if (this.tasks.filter(({ state }) => state === "running").length >= TASKS) return;
    try {
      this.tasks.push(make(`t${this.#names++}`));
    } catch {
      // A namespace that has ended, or is not the thread's own.
    }
  }

  step(): void {
    const { kernel, dice } = this;
    // The host loses nothing: its log is what the others are compared with.
    if (kernel.scopes.host.daemon === undefined) startDaemon(kernel, kernel.init);
    const task = this.#running();
    const other = dice.below(4) === 0 ? this.#running() : (task.leader.realParent ?? kernel.init);
    const kind = dice.below(100);
    if (kind < 30) this.#add((name) => fork(kernel, name, task));
    else if (kind < 32) this.#add((name) => thread(kernel, name, task));
    else if (kind < 38) unshare(kernel, task, dice.pick(["user", "pid", "net"]));
    else if (kind < 40) setns(kernel, task, dice.pick(["user", "pid", "net"]), other);
    else if (kind < 58) {
      const text = String(contidOf(dice.below(40)));
      setContid(kernel, { task, text, by: other });
    } else if (kind < 62) setCapcontid(kernel, { task, text: String(dice.below(3)), by: other });
    else if (kind < 64) setLoginuid(kernel, { task, text: String(dice.below(9)), by: other });
    else if (kind < 70) startDaemon(kernel, task);
    else if (kind < 72) stopDaemon(kernel, task);
    else if (kind < 80) syscall(kernel, task, { number: dice.pick([39, 110]), exit: 0 });
    else if (kind < 83) kill(kernel, [task, other], dice.pick([1, 2, 15]), this.#running());
    else if (kind < 85) signalInfo(kernel, task);
    else if (kind < 87) packet(kernel, task.netns);
    else if (kind < 89) sendUserRecord(kernel, task, { type: 1112, text: "op=x" });
    else if (kind < 91) changeRules(kernel, task, task.chain[0], { kind: "add", rule: RULE });
    else if (kind < 93) {
      const limit = { backlog_limit: dice.below(20) + 1 };
      if (task.container !== undefined) setStatus(kernel, task, task.chain[0], limit);
    } else if (kind < 94) exec(kernel, task, "/bin/x");
    else if (kind < 95) readContid(kernel, task, other);
    else if (kind < 98) {
      if (task !== kernel.init) exit(kernel, task);
    } else {
      const dead = this.tasks.find(({ state }) => state === "zombie");
      if (dead !== undefined) reap(kernel, dead);
    }
  }

  /** Everybody exits, children before their parents. */
  end(): void {
    const { kernel } = this;
    for (const task of kernel.tasks.within(kernel.tasks.initPidns)) {
      if (task !== kernel.init && task.state === "running") exit(kernel, task);
      this.collect();
    }
  }
}

/** Plays a world of this many steps. */
export function play(seed: number, steps: number, plant?: (kernel: EmulatedKernel) => void): World {
  const world = new World(seed, plant);
  for (let i = 0; i < steps; i++) {
    world.step();
    world.collect();
  }
  return world;
}

const serialOf = (line: string): string => /:(\d+)\): /.exec(line)?.[1] ?? "";

/** CID-93: lines that hold a contid of a proper ancestor of their scope. */
export function shownAncestors({ logs }: World): string[] {
  const found: string[] = [];
  for (const { chain, lines } of logs.values()) {
    const ancestors = chain.slice(1).map(String);
    found.push(...lines.filter((line) => ancestors.some((contid) => line.includes(contid))));
  }
  return found;
}

/** Records that are only in events of a task, or of a namespace, that is in the scope. */
const OF_SUBJECT = /^type=(SYSCALL|USER_LOGIN|NETFILTER_PKT) /;

/** CID-90, CID-91, CID-95: lines of events that are none of their scope's. */
export function outsiders({ logs, kernel }: World): string[] {
  const found: string[] = [];
  const { host } = kernel.scopes;
  const missed = kernel.scopes.built - host.instance.account.routed;
  if (missed !== 0) found.push(`the host was not given ${missed} events`);
  for (const { chain, lines, scope } of logs.values()) {
    if (chain.length === 0) continue;
    const linked = new Set<string>();
    for (const line of lines) {
      const list = /^type=CONTAINER_ID .* contid=([0-9,^]+)$/.exec(line)?.[1];
      if (list === undefined) continue;
      const chains = list.split(/,(?!\^)/).map((text) => text.split(",^"));
      if (!chains.every((text) => text.at(-1) === String(chain[0]))) found.push(line);
      linked.add(serialOf(line));
    }
    const subjects = lines.filter((each) => OF_SUBJECT.test(each));
    found.push(...subjects.filter((line) => !linked.has(serialOf(line))));
    if (scope.container === undefined) found.push(`${chain} has no container`);
  }
  return found;
}

/** CID-96: scopes whose serials have gaps that were not lost and do not wait, or no order. */
export function gaps({ logs }: World): string[] {
  const found: string[] = [];
  for (const { scope, chain, lines } of logs.values()) {
    const serials = [...new Set(lines.map((line) => Number(serialOf(line))))];
    const { account, serial } = scope.instance;
    const seen = serials.length + account.lost.backlog + scope.waiting;
    if (seen !== serial) found.push(`${chain}: ${seen} of ${serial}`);
    if (serials.some((each, index) => index > 0 && each < (serials[index - 1] ?? 0))) {
      found.push(`${chain}: out of order`);
    }
  }
  return found;
}

/** CID-47: containers whose chain has a contid twice, or is not that of their parent. */
export function loops({ kernel }: World): string[] {
  return kernel.containers
    .all()
    .filter(({ chain, parent }) => {
      const once = new Set(chain).size === chain.length;
      return !once || String(chain.slice(1)) !== String(parent?.chain ?? []);
    })
    .map(({ chain }) => String(chain));
}

/** CID-35: after `end`, what is left of containers, and sets without a drop. */
export function leftovers({ kernel, logs }: World): string[] {
  const { containers, netns, scopes } = kernel;
  kernel.forgetSignal(undefined);
  const found = containers.all().map(({ contid }) => `${contid} is left`);
  if (containers.dropped !== containers.created) {
    found.push(`${containers.created} made, ${containers.dropped} ended`);
  }
  if (netns.size(kernel.tasks.initNetns) > 0) found.push("a network namespace has contids");
  const { account } = scopes.host.instance;
  if (account.lost.backlog > 0 || scopes.host.waiting > 0) found.push("the host lost events");
  const lines = logs.get(scopes.host)?.lines ?? [];
  const drops = lines.filter((line) => line.includes(" op=drop ")).length;
  if (drops !== containers.created) found.push(`${containers.created} made, ${drops} drop records`);
  return found;
}

/** What a call may change. */
export function picture({ kernel, tasks }: World): string {
  const { containers, scopes } = kernel;
  return JSON.stringify([
    containers.created,
    containers.dropped,
    tasks.map((each) => [each.chain.map(String), each.capcontid, each.auid, each.ses]),
    containers
      .all()
      .map((each) => [String(each.contid), each.members.size, each.nested, each.holds]),
    scopes
      .all()
      .map(({ daemon, instance: { rules, status } }) => [
        daemon?.name,
        rules.version,
        status.backlog_limit,
      ]),
  ]);
}

/** CID-38: refused calls, out of many, that changed something. */
export function changedByRefusal(world: World, calls: number): string[] {
  const { kernel, dice, tasks } = world;
  const found: string[] = [];
  for (let i = 0; i < calls; i++) {
    const [task, by] = [dice.pick(tasks), dice.pick(tasks)];
    if (by.state !== "running") continue;
    const text = String(contidOf(dice.below(40)));
    const before = picture(world);
    const ask = [
      () => setContid(kernel, { task, text, by }),
      () => setCapcontid(kernel, { task, text: "1", by }),
      () => setLoginuid(kernel, { task, text: "5", by }),
      () => startDaemon(kernel, by),
      () => setStatus(kernel, by, task.chain[0], { backlog_limit: 77 }).errno,
      () => changeRules(kernel, by, task.chain[0], { kind: "add", rule: RULE }).errno,
    ][i % 6];
    if (ask?.() !== 0 && picture(world) !== before) found.push(`call ${i}: ${String(ask)}`);
  }
  return found;
}
