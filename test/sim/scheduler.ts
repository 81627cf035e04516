// Virtual time, and whose turn it is: everything that processes do is drawn from one seed.
import { AsyncLocalStorage } from "node:async_hooks";
import { createHash, type Hash } from "node:crypto";
import { type Draw, draws } from "../../services/auditd/test/io/fault-disk.ts";

interface Ready {
  readonly who: number;
  readonly what: string;
  readonly go: () => void;
  /** What a crash in the middle of it does. */
  readonly torn: (() => void) | undefined;
}

/** Something that happens at a time, to one process. */
export interface Timer {
  readonly at: number;
  readonly who: number;
  readonly what: string;
  readonly run: () => void;
}

/** The network and the server: never killed, never still. */
export const OUTSIDE = 0;

/** Runs steps of processes one at a time, in an order that is drawn. */
export class Scheduler {
  readonly draw: Draw;
  /** Virtual ms; a clock that rises also for a process that stands still. */
  now = 0;
  steps = 0;
  /** How often each kind of fault has hit. */
  readonly hits: Map<string, number> = new Map();
  readonly #trace: Hash = createHash("sha256");
  readonly #current = new AsyncLocalStorage<number>();
  #ready: Ready[] = [];
  #timers: Timer[] = [];
  readonly #killed: Set<number> = new Set();
  readonly #still: Map<number, number> = new Map();
  readonly #armed: Map<number, { what: string; ms: number }> = new Map();

  constructor(seed: number) {
    this.draw = draws(seed);
  }

  /** Hash of all that has happened. */
  get hash(): string {
    return this.#trace.copy().digest("hex");
  }

  /** The process that runs now; undefined outside the simulation. */
  get current(): number | undefined {
    return this.#current.getStore();
  }

  /** Runs something as a process: what follows from it is that process's, too. */
  as<T>(who: number, run: () => T): T {
    return this.#current.run(who, run);
  }

  /** A fault has hit. */
  hit(fault: string): void {
    this.hits.set(fault, (this.hits.get(fault) ?? 0) + 1);
  }

  lives(who: number): boolean {
    return !this.#killed.has(who);
  }

  /** It makes no further step; a write that it is at may be done in part. */
  kill(who: number): void {
    this.#killed.add(who);
    for (const { who: whose, torn } of this.#ready) {
      if (whose !== who || torn === undefined || this.draw(2) === 0) continue;
      torn();
      this.hit("torn write");
    }
    this.#ready = this.#ready.filter((ready) => ready.who !== who);
    this.#timers = this.#timers.filter((timer) => timer.who !== who);
    this.#note(who, "killed");
  }

  /** It stands still for so long, wherever it is. */
  stall(who: number, ms: number): void {
    this.#still.set(who, this.now + ms);
    this.hit("stall");
    this.#note(who, "stands still");
  }

  /** It stands still for so long from the next step of this kind on, which it has not yet made. */
  stallAt(who: number, what: string, ms: number): void {
    this.#armed.set(who, { what, ms });
  }

  /** Everybody goes on. */
  wake(): void {
    this.#still.clear();
    this.#armed.clear();
  }

  /** Resolves when it is this one's turn. */
  turn(who: number, what: string, torn?: () => void): Promise<void> {
    const armed = this.#armed.get(who);
    if (armed?.what === what) {
      this.#armed.delete(who);
      this.stall(who, armed.ms);
    }
    return new Promise((go) => {
      if (this.lives(who)) this.#ready.push({ who, what, go, torn });
    });
  }

  /** Runs something in so many ms, unless the process is killed before. */
  after(who: number, what: string, ms: number, run: () => void): Timer {
    const timer = { at: this.now + Math.max(0, ms), who, what, run };
    if (this.lives(who)) this.#timers.push(timer);
    return timer;
  }

  /** Takes back what `after` has planned. */
  cancel(timer: Timer): void {
    const at = this.#timers.indexOf(timer);
    if (at >= 0) this.#timers.splice(at, 1);
  }

  /** Resolves in so many ms. */
  sleep(who: number, ms: number): Promise<void> {
    return new Promise((resolve) => this.after(who, "sleeps", ms, resolve));
  }

  /** One step; false when nothing will ever happen. */
  async step(): Promise<boolean> {
    // What follows a step runs in microtasks.
    await new Promise(setImmediate);
    this.steps++;
    this.now += this.draw(2);
    for (const [who, until] of this.#still) if (until <= this.now) this.#still.delete(who);
    const ready = this.#ready.filter(({ who }) => !this.#still.has(who));
    const due = this.#timers.filter(({ who, at }) => at <= this.now && !this.#still.has(who));
    if (ready.length + due.length === 0) return this.#skip();
    const index = this.draw(ready.length + due.length);
    const next = ready[index];
    const timer = due[index - ready.length];
    if (next !== undefined) {
      this.#ready.splice(this.#ready.indexOf(next), 1);
      this.#note(next.who, next.what);
      next.go();
    } else if (timer !== undefined) {
      this.cancel(timer);
      this.#note(timer.who, timer.what);
      this.as(timer.who, timer.run);
    }
    return true;
  }

  /** Nothing to do now: time goes on to where there is. */
  #skip(): boolean {
    const times = this.#timers.map(({ at, who }) => Math.max(at, this.#still.get(who) ?? 0));
    times.push(...this.#ready.map(({ who }) => this.#still.get(who) ?? 0));
    if (times.length === 0) return false;
    this.now = Math.max(this.now, Math.min(...times));
    return true;
  }

  #note(who: number, what: string): void {
    this.#trace.update(`${this.now} ${who} ${what}\n`);
  }
}
