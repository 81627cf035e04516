// Virtual time, and whose turn it is: everything that processes do is drawn from one seed.
import { createHash, type Hash } from "node:crypto";
import { nextTick } from "node:process";
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

/** Notes that are hashed at once. */
const NOTES = 1000;

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
  /** What has happened and is not in the hash yet. */
  readonly #notes: string[] = [];
  #current: number | undefined;
  #ready: Ready[] = [];
  #timers: Timer[] = [];
  readonly #killed: Set<number> = new Set();
  readonly #still: Map<number, number> = new Map();
  readonly #armed: Map<number, { what: string; happens: () => void }> = new Map();

  constructor(seed: number) {
    this.draw = draws(seed);
  }

  /** Hash of all that has happened. */
  get hash(): string {
    this.#hashNotes();
    return this.#trace.copy().digest("hex");
  }

  /** The process whose step runs now, with all that follows at once; undefined outside of one. */
  get current(): number | undefined {
    return this.#current;
  }

  /** Runs something as a process, in a step of its own. */
  async run<T>(who: number, what: string, work: () => Promise<T>): Promise<T> {
    await this.turn(who, what);
    return work();
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

  /** Something happens as this one is about to make its next step whose name begins so. */
  at(who: number, what: string, happens: () => void): void {
    this.#armed.set(who, { what, happens });
  }

  /** Everybody goes on. */
  wake(): void {
    this.#still.clear();
    this.#armed.clear();
  }

  /** Resolves when it is this one's turn. */
  turn(who: number, what: string, torn?: () => void): Promise<void> {
    const armed = this.#armed.get(who);
    const turn = new Promise<void>((go) => {
      if (this.lives(who)) this.#ready.push({ who, what, go, torn });
    });
    if (armed !== undefined && what.startsWith(armed.what)) {
      this.#armed.delete(who);
      armed.happens();
    }
    return turn;
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
    const goes = this.#begin();
    // What follows from it are microtasks; a tick comes when there are no more.
    await new Promise<void>(nextTick);
    this.#current = undefined;
    return goes;
  }

  #begin(): boolean {
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
      this.#current = next.who;
      next.go();
    } else if (timer !== undefined) {
      this.cancel(timer);
      this.#note(timer.who, timer.what);
      this.#current = timer.who;
      timer.run();
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
    this.#notes.push(`${this.now} ${who} ${what}`);
    if (this.#notes.length >= NOTES) this.#hashNotes();
  }

  #hashNotes(): void {
    this.#trace.update(this.#notes.join("\n"));
    this.#notes.length = 0;
  }
}
