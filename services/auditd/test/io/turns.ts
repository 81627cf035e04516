// Lets processes that share a disk take its steps in an order that a test draws.
import type { Disk, DiskFile } from "../../src/io/disk.ts";
import type { Draw } from "./fault-file.ts";

interface Waiting {
  readonly who: number;
  readonly go: () => void;
}

/** Whose step on a disk is next. Those that stand still, or were killed, get no turn. */
export class Turns {
  readonly #draw: Draw;
  readonly #killed: Set<number> = new Set();
  readonly #still: Set<number> = new Set();
  #waiting: Waiting[] = [];

  constructor(draw: Draw) {
    this.#draw = draw;
  }

  /** It makes no further step; what it waits for never comes. */
  kill(who: number): void {
    this.#killed.add(who);
    this.#waiting = this.#waiting.filter((waiting) => waiting.who !== who);
  }

  lives(who: number): boolean {
    return !this.#killed.has(who);
  }

  stop(who: number): void {
    this.#still.add(who);
  }

  wake(who: number): void {
    this.#still.delete(who);
  }

  /** Lets one make a step; false when nobody wants to. */
  async step(): Promise<boolean> {
    // What follows a step runs in microtasks.
    await new Promise(setImmediate);
    const ready = this.#waiting.filter(({ who }) => !this.#still.has(who));
    const next = ready[this.#draw(ready.length)];
    if (next === undefined) return false;
    this.#waiting.splice(this.#waiting.indexOf(next), 1);
    next.go();
    return true;
  }

  /** The disk as one process sees it. */
  view<T extends Disk | DiskFile>(who: number, of: T): T {
    const turn = () => this.#turn(who);
    const view = <F extends DiskFile>(file: F): F => this.view(who, file);
    return new Proxy(of, {
      get(target, name) {
        const found: unknown = Reflect.get(target, name);
        if (typeof found !== "function") return found;
        return async (...given: unknown[]) => {
          await turn();
          const result: unknown = await Reflect.apply(found, target, given);
          return name === "open" ? view(result as DiskFile) : result;
        };
      },
    });
  }

  #turn(who: number): Promise<void> {
    return new Promise((go) => {
      if (this.lives(who)) this.#waiting.push({ who, go });
    });
  }
}
