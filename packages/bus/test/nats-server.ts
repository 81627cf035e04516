// A real NATS server for one test.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import type { Test } from "tap";

/** How long a restarted server waits for its port. */
const PORT_MS = 20_000;
const PORT_RETRY_MS = 250;

/** Settings of startNatsServer. */
export interface NatsServerOptions {
  /** Lines of a configuration file. */
  config?: string;
  /** Instead: the path of one that says where its store is; its ports are replaced. */
  configFile?: string;
  /** Told of each line of the server's log. */
  onLine?: (line: string) => void;
  /** Whether JetStream is on. Default: true. */
  jetstream?: boolean;
}

/** A running server on a free port of 127.0.0.1. Its store is a folder of the test. */
export interface NatsServer {
  readonly url: string;
  /** Of the present process. */
  readonly pid: number;
  /** Ends it as an administrator would (SIGTERM). */
  stop(): Promise<void>;
  /** Ends it at once (SIGKILL), as a crash would. */
  kill(): Promise<void>;
  /** Starts it again, on the same port and the same store. */
  restart(): Promise<void>;
}

/**
 * Starts `nats-server` from NATS_SERVER (a path) or PATH and stops it when `t` ends. A test that
 * needs a server fails where there is none. One server per test, as the store is its test folder;
 * such a test makes no `t.testdir()` of its own.
 */
export async function startNatsServer(
  t: Test,
  options: NatsServerOptions = {},
): Promise<NatsServer> {
  const binary = findBinary();
  let running: Running | undefined;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const child = running?.child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, "exit");
  };
  // Before testdir(), which deletes the store: tap would do that first otherwise.
  t.teardown(() => end("SIGKILL"));
  const folder = t.testdir({ "server.conf": options.config ?? "", store: {} });
  const config = options.configFile ?? join(folder, "server.conf");
  const fixed = ["-a", "127.0.0.1", "-c", config];
  const { onLine = () => undefined } = options;
  if (options.configFile !== undefined) fixed.push("-m", "-1");
  else if (options.jetstream ?? true) fixed.push("-js", "-sd", join(folder, "store"));
  running = await launch(binary, [...fixed, "-p", "-1"], onLine);
  const { port } = running;
  // Faults may overlap: one begins when the other has ended, or its server would be in the way.
  let last: Promise<void> = Promise.resolve();
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
  return {
    url: `nats://127.0.0.1:${port}`,
    get pid() {
      return running?.child.pid ?? 0;
    },
    stop: () => inTurn(() => end("SIGTERM")),
    kill: () => inTurn(() => end("SIGKILL")),
    restart: () =>
      inTurn(async () => {
        await end("SIGTERM");
        running = await relaunch(binary, [...fixed, "-p", String(port)], onLine);
      }),
  };
}

interface Running {
  readonly child: ChildProcess;
  readonly port: number;
}

function findBinary(): string {
  const named = process.env["NATS_SERVER"];
  if (named !== undefined && named !== "") return named;
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const path = join(folder, "nats-server");
    if (existsSync(path)) return path;
  }
  throw new Error("this test needs nats-server: put it in PATH or its path in NATS_SERVER");
}

/**
 * The port is one that the system gives to any connection that asks for one, and another process
 * can have it meanwhile: it is waited for.
 */
async function relaunch(...args: Parameters<typeof launch>): Promise<Running> {
  const patience = performance.now() + PORT_MS;
  for (;;) {
    try {
      return await launch(...args);
    } catch (error) {
      const taken = error instanceof Error && /address already in use/.test(error.message);
      if (!taken || performance.now() > patience) throw error;
      await pause(PORT_RETRY_MS);
    }
  }
}

/** Resolves when the server takes connections. */
async function launch(
  binary: string,
  args: readonly string[],
  onLine: (line: string) => void,
): Promise<Running> {
  const child = spawn(binary, args, { stdio: ["ignore", "ignore", "pipe"] });
  const orphan = () => child.kill("SIGKILL");
  process.once("exit", orphan);
  child.once("exit", () => process.off("exit", orphan));
  const failed = once(child, "error").then(([error]) => {
    throw new Error(`nats-server does not start: ${binary}`, { cause: error });
  });
  const port = await Promise.race([failed, readPort(child, onLine)]);
  failed.catch(() => undefined);
  return { child, port };
}

async function readPort(child: ChildProcess, onLine: (line: string) => void): Promise<number> {
  const log: string[] = [];
  let port: number | undefined;
  return new Promise((resolve, reject) => {
    // The log is read to its end: a full pipe would stop the server.
    const lines = createInterface({ input: child.stderr ?? process.stdin });
    lines.on("line", (line) => {
      log.push(line);
      onLine(line);
      port ??= Number(/Listening for client connections on \S+:(\d+)/.exec(line)?.[1]) || undefined;
      if (line.includes("Server is ready") && port !== undefined) resolve(port);
      if (log.length > 100) log.shift();
    });
    child.once("close", () => reject(new Error(`nats-server ended:\n${log.join("\n")}`)));
  });
}
