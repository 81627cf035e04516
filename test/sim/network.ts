// What lies between a process and the server: requests, answers and deliveries, each of which may
// be late, lost, doubled, damaged or overtaken.
import { OUTSIDE, type Scheduler } from "./scheduler.ts";

/** Of so many requests, answers or deliveries, one is hit by a fault of each kind. */
const ONE_IN = 60;
/** The longest delay, ms. */
const LATE_MS = 150;
/** Virtual ms after which a request counts as not answered: far less than the real one. */
export const ANSWER_MS = 120;

/** Told when a connection is lost or back. */
export interface Watcher {
  lost(): void;
  back(): void;
}

/** The network of one round. */
export class Network {
  readonly #scheduler: Scheduler;
  /** Until when nothing passes, by process. */
  readonly #silent: Map<number, number> = new Map();
  readonly #down: Map<number, number> = new Map();
  readonly #watchers: Map<number, Set<Watcher>> = new Map();
  /** What processes have still to be told, in order. */
  readonly #news: Map<number, (() => void)[]> = new Map();
  /** Nothing goes wrong. */
  quiet = false;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** Whether one more of its kind is hit; drawn. */
  draws(fault: string): boolean {
    if (this.quiet || this.#scheduler.draw(ONE_IN) !== 0) return false;
    this.#scheduler.hit(fault);
    return true;
  }

  /** A delay in ms, mostly none. */
  delay(): number {
    return this.draws("delay") ? this.#scheduler.draw(LATE_MS) : 0;
  }

  /** Whether a message of a process is stopped by a partition. */
  isCut(who: number): boolean {
    const now = this.#scheduler.now;
    const cut = (this.#silent.get(who) ?? 0) > now || this.isDown(who);
    if (cut) this.#scheduler.hit("partition: message lost");
    return cut;
  }

  /** Whether a process knows that it has no connection. */
  isDown(who: number): boolean {
    return this.#down.has(who);
  }

  watch(who: number, watcher: Watcher): () => void {
    const watchers = this.#watchers.get(who) ?? new Set();
    this.#watchers.set(who, watchers.add(watcher));
    return () => watchers.delete(watcher);
  }

  /** For so long nothing passes, and nobody is told. */
  silence(who: number, ms: number): void {
    this.#scheduler.hit("partition");
    this.#silent.set(who, this.#scheduler.now + ms);
  }

  /** The connection breaks, and is back so much later. */
  break(who: number, ms: number): void {
    this.#scheduler.hit("connection cut");
    const until = Math.max(this.#down.get(who) ?? 0, this.#scheduler.now + ms);
    const known = this.#down.has(who);
    this.#down.set(who, until);
    if (!known) this.#tell(who, "lost");
    this.#scheduler.after(OUTSIDE, "connects", ms, () => {
      if (this.#down.get(who) === until) this.#mend(who);
    });
  }

  /** From here on nothing goes wrong, and everything passes. */
  mend(): void {
    this.quiet = true;
    this.#silent.clear();
    for (const who of [...this.#down.keys()]) this.#mend(who);
  }

  #mend(who: number): void {
    this.#down.delete(who);
    this.#tell(who, "back");
  }

  #tell(who: number, what: "lost" | "back"): void {
    const news = this.#news.get(who) ?? [];
    this.#news.set(who, news);
    for (const watcher of this.#watchers.get(who) ?? []) {
      news.push(() => watcher[what]());
      this.#scheduler.after(who, what, 0, () => news.shift()?.());
    }
  }
}

/** One connection of a process: its requests reach the server in order, unless one is overtaken. */
export class Wire {
  readonly who: number;
  readonly #scheduler: Scheduler;
  readonly #network: Network;
  #sent: Promise<void> = Promise.resolve();
  #arriving: Promise<void> = Promise.resolve();

  constructor(scheduler: Scheduler, network: Network, who: number) {
    this.#scheduler = scheduler;
    this.#network = network;
    this.who = who;
  }

  /** A request and its answer; `lost` makes the error of one that has none. */
  async call<T>(what: string, run: () => T, lost: () => Error): Promise<T> {
    const { who } = this;
    const request = await this.#request(what);
    if (!request) return this.#unanswered(lost);
    const answer = settle(run);
    const cut = this.#network.isCut(who) || this.#network.draws("loss: answer");
    if (cut) return this.#unanswered(lost);
    const late = this.#network.delay();
    if (late > 0) await this.#scheduler.sleep(OUTSIDE, late);
    await this.#scheduler.turn(who, `${what} answered`);
    return answer();
  }

  /** A message without an answer. */
  async send(what: string, run: () => void): Promise<void> {
    if (await this.#request(what)) run();
  }

  /** A message of the server to this process. */
  deliver(what: string, run: (damaged: boolean) => void): void {
    const network = this.#network;
    if (network.isCut(this.who) || network.draws("loss: delivery")) return;
    const copies = network.draws("duplicate: delivery") ? 2 : 1;
    const damaged = network.draws("damage");
    for (let copy = 0; copy < copies; copy++) void this.#arrive(what, () => run(damaged));
  }

  async #arrive(what: string, run: () => void): Promise<void> {
    const scheduler = this.#scheduler;
    const before = this.#arriving;
    const overtakes = this.#network.draws("reorder: delivery");
    const late = this.#network.delay() + scheduler.draw(4);
    const arrived = (async () => {
      await scheduler.sleep(OUTSIDE, late);
      if (!overtakes) await before;
      await new Promise<void>((resolve) => {
        if (!scheduler.lives(this.who)) resolve();
        else scheduler.after(this.who, what, 0, resolve);
      });
      if (scheduler.lives(this.who)) run();
    })();
    this.#arriving = Promise.all([before, arrived]).then(() => undefined);
    await arrived;
  }

  /** Resolves when a request is with the server; false: it never is. */
  async #request(what: string): Promise<boolean> {
    const { who } = this;
    const before = this.#sent;
    let passed = (): void => undefined;
    const sent = new Promise<void>((resolve) => {
      passed = resolve;
    });
    this.#sent = sent;
    await this.#scheduler.turn(who, what);
    const lost = this.#network.isCut(who) || this.#network.draws("loss: request");
    if (lost) {
      passed();
      return false;
    }
    const overtakes = this.#network.draws("reorder: request");
    const late = this.#network.delay();
    if (late > 0) await this.#scheduler.sleep(OUTSIDE, late);
    if (!overtakes) await before;
    await this.#scheduler.turn(OUTSIDE, what);
    passed();
    return true;
  }

  async #unanswered(lost: () => Error): Promise<never> {
    await this.#scheduler.sleep(this.who, ANSWER_MS);
    throw lost();
  }
}

function settle<T>(run: () => T): () => T {
  try {
    const value = run();
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
