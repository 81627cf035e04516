// The signals that auditd knows: HUP, USR1, USR2, CONT.
import type { AuditdLog } from "@cauditd/auditd";

/** What is done at each. */
export interface LogSignalActions {
  /** SIGHUP: read auditd.conf again. */
  reload(): Promise<void>;
  /** SIGUSR1. */
  rotate(): Promise<void>;
  /** SIGUSR2: take logging up again. */
  resume(): Promise<void>;
  /** SIGCONT: write auditd.state. */
  dump(): Promise<void>;
}

const SIGNALS = {
  SIGHUP: "reload",
  SIGUSR1: "rotate",
  SIGUSR2: "resume",
  SIGCONT: "dump",
} as const;

/**
 * Listens for them; one that comes while another is being dealt with waits. An action that fails is
 * told, and ends nothing.
 * @returns what ends it
 */
export function listenForLogSignals(actions: LogSignalActions, told: AuditdLog): () => void {
  let tail: Promise<void> = Promise.resolve();
  const handlers = Object.entries(SIGNALS).map(([signal, action]) => {
    const handler = (): void => {
      tail = tail
        .then(() => actions[action]())
        .catch((error: unknown) => told.error({ signal, err: error }, `cannot ${action}`));
    };
    process.on(signal, handler);
    return [signal, handler] as const;
  });
  return () => {
    for (const [signal, handler] of handlers) process.off(signal, handler);
  };
}
