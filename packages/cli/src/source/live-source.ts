import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { AuditdLog } from "@cauditd/auditd";
import type { ContainerMaker } from "@cauditd/dispatcher";
import type { Registration } from "@cauditd/kernel";
import type { PendingRegistration } from "../config/container-schema.ts";
import type { SourceConfig } from "../config/source-schema.ts";
import { systemReason } from "../terminal/input-error.ts";

/** Takes bytes of a source; one that can wait waits for what it answers. */
export type Push = (bytes: Uint8Array) => Promise<void> | undefined;

/** A source that goes on until it is stopped, or until its input ends. */
export interface LiveSource {
  /** The containers with their pids, parents first. */
  readonly registrations: readonly Registration[];
  /** Set when it can be read again from its start, and waits: it loses nothing. */
  readonly id?: string;
  /** Why nothing comes from it now; undefined = what comes is taken. */
  readonly problem?: string | undefined;
  /** Set when the tasks of containers that come and go are its own to make, while it runs. */
  readonly maker?: ContainerMaker;
  /** Hands bytes to `push` until `stop` fires or the input is over. */
  run(push: Push, stop: AbortSignal): Promise<void>;
}

const RECONNECT_MS = 1000;
/** Ends a line that was cut, and makes it malformed: what is left of it may look like a record. */
const CUT = Buffer.from("\0\n", "latin1");

/** Opens the source that the configuration names. */
export async function openSource(
  config: SourceConfig,
  containers: readonly PendingRegistration[],
  log: AuditdLog,
): Promise<LiveSource> {
  if (config.type === "simulator") {
    // Its packages are not needed, and not loaded, for any other source.
    const { simulatorSource } = await import("./simulator-source.ts");
    return simulatorSource(config, containers);
  }
  // readConfig asks for pids where there is no simulator.
  const registrations = containers.map((item) => ({ ...item, pid: item.pid as number }));
  if (config.type === "stdin") return { registrations, run: fromStdin };
  if (config.type === "listen") {
    const { fromListener } = await import("./record-listener.ts");
    return { registrations, run: (push, stop) => fromListener(config, push, stop, log) };
  }
  if (config.type === "log") {
    const { logFile } = await import("./log-file-source.ts");
    return { registrations, ...(await logFile(config.path)) };
  }
  return new AuditSocket(config.path, registrations, log);
}

async function fromStdin(push: Push, stop: AbortSignal): Promise<void> {
  const end = (): void => {
    process.stdin.destroy();
  };
  stop.addEventListener("abort", end, { once: true });
  try {
    for await (const chunk of process.stdin) {
      await push(chunk as Buffer);
      if (stop.aborted) return;
    }
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    stop.removeEventListener("abort", end);
  }
}

/**
 * Reads from the socket that auditd's af_unix plugin listens on, and connects again when the
 * connection ends. A line that was cut by that is malformed, and does not spoil the next.
 */
class AuditSocket implements LiveSource {
  readonly registrations: readonly Registration[];
  readonly #path: string;
  readonly #log: AuditdLog;
  #problem: string | undefined = "it has not been connected to";

  constructor(path: string, registrations: readonly Registration[], log: AuditdLog) {
    this.#path = path;
    this.registrations = registrations;
    this.#log = log;
  }

  get problem(): string | undefined {
    return this.#problem === undefined ? undefined : `${this.#path}: ${this.#problem}`;
  }

  async run(push: Push, stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      const error = await this.#connection(push, stop);
      if (stop.aborted) return;
      const problem = error === undefined ? "auditd has closed it" : systemReason(error);
      // Once for each reason: it may be away for long.
      const isNews = problem !== this.#problem;
      this.#problem = problem;
      if (isNews) this.#tell(problem);
      await pause(RECONNECT_MS, undefined, { signal: stop }).catch(() => undefined);
    }
  }

  #tell(problem: string): void {
    this.#log.warn({ path: this.#path, problem }, "audit socket: connecting until it can be read");
  }

  /** One connection to its end, and what it has ended with. */
  #connection(push: Push, stop: AbortSignal): Promise<Error | undefined> {
    return new Promise((resolve) => {
      let problem: Error | undefined;
      let whole = true;
      const socket = connect(this.#path);
      const end = (): void => {
        socket.destroy();
      };
      stop.addEventListener("abort", end, { once: true });
      socket.on("connect", () => {
        this.#problem = undefined;
        this.#log.warn({ path: this.#path }, "audit socket: connected");
      });
      socket.on("data", (bytes) => {
        void push(bytes);
        whole = bytes[bytes.length - 1] === 0x0a;
      });
      socket.on("error", (error) => {
        problem = error;
      });
      socket.on("close", () => {
        stop.removeEventListener("abort", end);
        if (!whole) void push(CUT);
        resolve(problem);
      });
    });
  }
}
