// The timers and the rising clock of this thread, given to a simulation: code that runs in one of
// its processes waits in virtual time, and everything else as ever. What would be done beside the
// event loop is done in a step.
import { syncBuiltinESMExports } from "node:module";
import promised from "node:timers/promises";
import zlib from "node:zlib";
import type { Scheduler, Timer } from "./scheduler.ts";

/** What `setTimeout` gives to code in the simulation. */
class VirtualTimer {
  timer: Timer | undefined;
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
  hasRef(): boolean {
    return true;
  }
}

/** Takes the clock; what it returns gives it back. */
export function takeClock(scheduler: Scheduler): () => void {
  const real = { setTimeout, clearTimeout, setInterval, clearInterval };
  const realPause = promised.setTimeout;
  const realCompress = zlib.brotliCompress;
  const realNow = performance.now;
  const begin = (what: string, run: () => void, ms: number, again: boolean): VirtualTimer => {
    const who = scheduler.current ?? 0;
    const handle = new VirtualTimer();
    const plan = (): void => {
      handle.timer = scheduler.after(who, what, ms, () => {
        if (again) plan();
        run();
      });
    };
    plan();
    return handle;
  };
  const end = (handle: unknown): void => {
    if (handle instanceof VirtualTimer && handle.timer !== undefined)
      scheduler.cancel(handle.timer);
    else real.clearTimeout(handle as NodeJS.Timeout);
  };
  const timeout = (run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => {
    if (scheduler.current === undefined) return real.setTimeout(run, ms, ...args);
    return begin("timer", () => run(...args), ms, false);
  };
  const interval = (run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => {
    if (scheduler.current === undefined) return real.setInterval(run, ms, ...args);
    return begin("interval", () => run(...args), ms, true);
  };
  const pause: typeof realPause = (ms = 0, value, options) => {
    const { current } = scheduler;
    if (current === undefined) return realPause(ms, value, options);
    return scheduler.sleep(current, ms).then(() => value as never);
  };
  const compress = (
    bytes: zlib.InputType,
    options: zlib.BrotliOptions,
    done: (error: Error | null, packed: Buffer) => void,
  ): void => {
    const { current } = scheduler;
    if (current === undefined) {
      realCompress(bytes, options, done);
      return;
    }
    const packed = zlib.brotliCompressSync(bytes, options);
    void scheduler.turn(current, "compresses").then(() => done(null, packed));
  };
  Object.assign(globalThis, { setTimeout: timeout, setInterval: interval });
  Object.assign(globalThis, { clearTimeout: end, clearInterval: end });
  performance.now = () =>
    scheduler.current === undefined ? realNow.call(performance) : scheduler.now;
  Object.assign(promised, { setTimeout: pause });
  Object.assign(zlib, { brotliCompress: compress });
  syncBuiltinESMExports();
  return () => {
    Object.assign(globalThis, real);
    performance.now = realNow;
    Object.assign(promised, { setTimeout: realPause });
    Object.assign(zlib, { brotliCompress: realCompress });
    syncBuiltinESMExports();
  };
}
