// An Io that keeps what it is told, and that is stopped by hand.
import type { Io, StopRequest } from "../src/terminal/io.ts";

/** An Io for tests. */
export interface FakeIo extends Io {
  /** All of stdout so far. */
  readonly stdout: () => string;
  /** All of stderr so far. */
  readonly stderr: () => string;
  /** What was logged: `warn: text` or `error: text`. */
  readonly logged: string[];
  /** Asks to stop, as a signal does. */
  readonly signal: (name: NodeJS.Signals) => void;
  /** Resolves when stdout matches. */
  readonly shown: (pattern: RegExp) => Promise<void>;
}

/** Makes an Io without a terminal, unless asked for one. */
export function fakeIo(settings: { terminal?: boolean; screen?: boolean } = {}): FakeIo {
  let out = "";
  let err = "";
  const logged: string[] = [];
  const looking = new Set<() => void>();
  let signal: NodeJS.Signals | undefined;
  let ask: () => void = () => undefined;
  const requested = new Promise<void>((resolve) => {
    ask = resolve;
  });
  const stop: StopRequest = {
    get signal() {
      return signal;
    },
    get exitCode() {
      return signal === undefined ? 0 : 143;
    },
    requested,
  };
  return {
    out: (text) => {
      out += typeof text === "string" ? text : Buffer.from(text).toString("latin1");
      for (const look of looking) look();
    },
    err: (text) => {
      err += text;
    },
    terminal: settings.terminal ?? false,
    screen: settings.screen ?? false,
    log: {
      warn: (_, text) => logged.push(`warn: ${text}`),
      error: (_, text) => logged.push(`error: ${text}`),
    },
    stop,
    stdout: () => out,
    stderr: () => err,
    logged,
    signal: (name) => {
      signal = name;
      ask();
    },
    shown: (pattern) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!pattern.test(out)) return;
          looking.delete(look);
          resolve();
        };
        looking.add(look);
        look();
      }),
  };
}
