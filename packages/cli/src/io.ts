import type { AuditdLog } from "@cauditd/auditd";

/** A request to stop, from a signal. */
export interface StopRequest {
  /** The signal that came, if one did. */
  readonly signal: NodeJS.Signals | undefined;
  /** 128 + the signal's number; 0 when none came. */
  readonly exitCode: number;
  /** Resolves when the first signal comes. */
  readonly requested: Promise<void>;
}

/** What a command may do to the world around it. */
export interface Io {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Standard error is a terminal: progress may be drawn there. */
  readonly terminal: boolean;
  /** Standard output is a terminal. */
  readonly screen: boolean;
  readonly log: AuditdLog;
  readonly stop: StopRequest;
}

const SIGNALS: Readonly<Partial<Record<NodeJS.Signals, number>>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGTERM: 15,
};

/** Listens for the signals that ask to stop; a second one ends the process at once. */
export function listenForStop(): StopRequest {
  let signal: NodeJS.Signals | undefined;
  let resolve: () => void = () => undefined;
  const requested = new Promise<void>((done) => {
    resolve = done;
  });
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      if (signal !== undefined) process.exit(128 + (SIGNALS[name] ?? 0));
      signal = name;
      resolve();
    });
  }
  return {
    get signal() {
      return signal;
    },
    get exitCode() {
      return signal === undefined ? 0 : 128 + (SIGNALS[signal] ?? 0);
    },
    requested,
  };
}
