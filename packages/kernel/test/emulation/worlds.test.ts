// Random worlds: hundreds of tasks, thousands of steps, and what must hold after each.
import type { Chain } from "@cauditd/libaudit";
import fc from "fast-check";
import t from "tap";
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

const SEED = 20210112;
const TASKS = 220;
const STEPS = 3000;
/** Contids that are found in a record only where a contid stands. */
const contidOf = (n: number): bigint => 7_700_000_000_000n + BigInt(n % 40);
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

class World {
  readonly kernel: EmulatedKernel = emulate();
  readonly tasks: Task[] = [this.kernel.init];
  readonly logs: Map<Scope, Log> = new Map();
  readonly dice: Dice;
  #names = 0;

  constructor(seed: number) {
    this.dice = new Dice(seed);
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
    else if (kind < 93)
      setStatus(kernel, task, task.chain[0], { backlog_limit: dice.below(20) + 1 });
    else if (kind < 94) exec(kernel, task, "/bin/x");
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

function play(seed: number, steps: number): World {
  const world = new World(seed);
  for (let i = 0; i < steps; i++) {
    world.step();
    world.collect();
  }
  return world;
}

const world = play(SEED, STEPS);

t.test(`a world of seed ${SEED} is as large as it has to be`, async (t) => {
  const running = world.tasks.filter(({ state }) => state === "running").length;
  t.ok(running >= 200, `${running} tasks`);
  t.ok(world.kernel.containers.created >= 30, `${world.kernel.containers.created} containers`);
  t.ok(world.logs.size >= 10, `${world.logs.size} scopes`);
});

t.test(
  "CID-93: no byte of a scope's log holds a contid of a proper ancestor or a stranger",
  async (t) => {
    let checked = 0;
    for (const { chain, lines } of world.logs.values()) {
      const foreign = chain.slice(1);
      for (const line of lines) {
        checked++;
        const seen = foreign.find((contid) => line.includes(String(contid)));
        if (seen !== undefined) t.fail(`${chain.join(",^")} was shown ${seen}: ${line}`);
      }
    }
    t.ok(checked > 1000, `${checked} lines`);
  },
);

/** Records that are only in events of a task, or of a namespace, that is in the scope. */
const OF_SUBJECT = /^type=(SYSCALL|USER_LOGIN|NETFILTER_PKT) /;

t.test("CID-90, CID-91, CID-95: no event is outside its scopes", async (t) => {
  const { host } = world.kernel.scopes;
  t.equal(host.instance.account.routed, world.kernel.scopes.built, "the host gets every event");
  const serialOf = (line: string): string => /:(\d+)\): /.exec(line)?.[1] ?? "";
  let checked = 0;
  for (const { chain, lines, scope } of world.logs.values()) {
    if (chain.length === 0) continue;
    const linked = new Set<string>();
    for (const line of lines) {
      const list = /^type=CONTAINER_ID .* contid=([0-9,^]+)$/.exec(line)?.[1];
      if (list === undefined) continue;
      const chains = list.split(/,(?!\^)/).map((text) => text.split(",^"));
      if (!chains.every((text) => text.at(-1) === String(scope.contid))) t.fail(line);
      linked.add(serialOf(line));
    }
    for (const line of lines.filter((each) => OF_SUBJECT.test(each))) {
      checked++;
      if (!linked.has(serialOf(line))) t.fail(`${scope.contid}: ${line}`);
    }
  }
  t.ok(checked > 200, `${checked} events`);
});

t.test("CID-96: serials have no gap but what was lost or waits", async (t) => {
  for (const { scope, lines } of world.logs.values()) {
    const serials = new Set(lines.map((line) => Number(/:(\d+)\): /.exec(line)?.[1])));
    const { account, serial } = scope.instance;
    t.equal(serials.size + account.lost.backlog + scope.waiting, serial, String(scope.contid));
    const sorted = [...serials];
    t.same(
      sorted,
      sorted.toSorted((a, b) => a - b),
      "in order",
    );
  }
});

t.test(
  "CID-47: no chain has a contid twice, and parents are older than their children",
  async (t) => {
    for (const container of world.kernel.containers.all()) {
      t.equal(new Set(container.chain).size, container.chain.length);
      t.same(container.chain.slice(1), container.parent?.chain ?? []);
    }
  },
);

t.test("CID-35: when all have exited every container has ended, and nothing is left", async (t) => {
  const { kernel } = world;
  world.end();
  kernel.forgetSignal(undefined);
  t.equal(kernel.containers.dropped, kernel.containers.created);
  t.same(kernel.containers.all(), []);
  t.equal(kernel.netns.size(kernel.tasks.initNetns), 0);
  const drops = [...(world.logs.get(kernel.scopes.host)?.lines ?? [])].filter((line) =>
    line.includes(" op=drop "),
  );
  const { account } = kernel.scopes.host.instance;
  if (account.lost.backlog === 0 && kernel.scopes.host.waiting === 0) {
    t.equal(drops.length, kernel.containers.created);
  }
});

t.test("CID-38: in any world a refused call changes nothing", async () => {
  const picture = ({ kernel, tasks }: World): string =>
    JSON.stringify([
      kernel.containers.created,
      kernel.containers.dropped,
      tasks.map((each) => [each.chain.map(String), each.capcontid, each.auid, each.ses]),
      kernel.containers
        .all()
        .map((each) => [String(each.contid), each.members.size, each.nested, each.holds]),
      kernel.scopes
        .all()
        .map(({ daemon, instance: { rules, status } }) => [
          daemon?.name,
          rules.version,
          status.backlog_limit,
        ]),
    ]);
  fc.assert(
    fc.property(fc.integer(), fc.nat(39), (seed, n) => {
      const world = play(seed, 150);
      const { kernel, dice, tasks } = world;
      for (let i = 0; i < 60; i++) {
        const [task, by] = [dice.pick(tasks), dice.pick(tasks)];
        if (by.state !== "running") continue;
        const before = picture(world);
        const text = String(contidOf(n + i));
        const refused = [
          () => setContid(kernel, { task, text, by }),
          () => setCapcontid(kernel, { task, text: "1", by }),
          () => setLoginuid(kernel, { task, text: "5", by }),
          () => startDaemon(kernel, by),
          () => setStatus(kernel, by, task.chain[0], { backlog_limit: 77 }).errno,
        ][i % 5]?.();
        if (refused !== 0 && picture(world) !== before) return false;
      }
      return true;
    }),
    { numRuns: 20 },
  );
});
