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
  readonly out: (text: string | Uint8Array) => void;
  /** Resolves when what `out` took is on its way, so that a slow reader is waited for. */
  readonly drained?: () => Promise<void>;
  readonly err: (text: string) => void;
  /** Standard error is a terminal: progress may be drawn there. */
  readonly terminal: boolean;
  /** Standard output is a terminal. */
  readonly screen: boolean;
  readonly log: AuditdLog;
  readonly stop: StopRequest;
}

const NUMBERS: Readonly<Partial<Record<NodeJS.Signals, number>>> = {
  SIGINT: 2,
  SIGPIPE: 13,
  SIGTERM: 15,
};
const ASKING = ["SIGINT", "SIGTERM"] as const;

/**
 * Listens for the signals that ask to stop; a second one has its default effect, which ends the
 * process at once. A reader of standard output that goes away asks to stop as SIGPIPE would.
 */
export function listenForStop(): StopRequest {
  let signal: NodeJS.Signals | undefined;
  let resolve: () => void = () => undefined;
  const requested = new Promise<void>((done) => {
    resolve = done;
  });
  const ask = (name: NodeJS.Signals): void => {
    if (signal !== undefined) return;
    signal = name;
    for (const asking of ASKING) process.off(asking, ask);
    resolve();
  };
  for (const asking of ASKING) process.on(asking, ask);
  process.stdout.on("error", (error) => {
    ifBrokenPipe(error);
    ask("SIGPIPE");
  });
  process.stderr.on("error", ifBrokenPipe);
  return {
    get signal() {
      return signal;
    },
    get exitCode() {
      return signal === undefined ? 0 : 128 + (NUMBERS[signal] ?? 0);
    },
    requested,
  };
}

/** @throws any other error */
function ifBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}
