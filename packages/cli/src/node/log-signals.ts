// The signals that auditd knows: HUP, USR1, USR2, CONT.
import type { AuditdLog } from "@cauditd/auditd";
import { InputError } from "../terminal/input-error.ts";

/** What is done at each; a signal without an action keeps its default effect. */
export interface LogSignalActions {
  /** SIGHUP: read the configuration again. */
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
export function listenForLogSignals(
  actions: Partial<LogSignalActions>,
  told: AuditdLog,
): () => void {
  let tail: Promise<void> = Promise.resolve();
  const handlers = Object.entries(SIGNALS).flatMap(([signal, action]) => {
    const act = actions[action];
    if (act === undefined) return [];
    const handler = (): void => {
      tail = tail.then(act).catch((error: unknown) => {
        told.error({ signal, ...detailsOf(error) }, `cannot ${action}`);
      });
    };
    process.on(signal, handler);
    return [[signal, handler] as const];
  });
  return () => {
    for (const [signal, handler] of handlers) process.off(signal, handler);
  };
}

/** Every problem of what was read; of anything else where it came from, too. */
function detailsOf(error: unknown): object {
  return error instanceof InputError ? { problems: error.problems } : { err: error };
}
