// Child processes and stop signals for the set-up and test scripts. Plain Node, no dependency.
import { spawn } from "node:child_process";
import { realpathSync } from "node:fs";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

const PARENT_POLL_MS = 500;
const SAME_CTRL_C_MS = 1000;

/** A problem that is told to the user as it stands, without a stack. */
export class SetupError extends Error {
  name = "SetupError";
}

/** The work was stopped by a signal; `exitCode` is 128 plus its number, as a shell says it. */
export class Stopped extends Error {
  name = "Stopped";

  /** @param {NodeJS.Signals} signal */
  constructor(signal) {
    super(`stopped by ${signal}`);
    this.exitCode = signalExitCode(signal);
  }
}

/**
 * The exit code a shell gives to a process that a signal ended.
 * @param {NodeJS.Signals} signal
 * @returns {number}
 */
export function signalExitCode(signal) {
  return 128 + constants.signals[signal];
}

/**
 * Turns the first SIGINT, SIGTERM or SIGHUP into an abort whose reason is a {@link Stopped};
 * later ones are ignored, since one Ctrl-C can arrive twice (terminal and npm). A script that
 * wants the signals itself sets `onSignal`.
 * @returns {{ signal: AbortSignal, onSignal: ((name: NodeJS.Signals) => void) | undefined }}
 */
export function catchSignals() {
  const controller = new AbortController();
  /** @type {ReturnType<typeof catchSignals>} */
  const caught = { signal: controller.signal, onSignal: undefined };
  const stop = (/** @type {NodeJS.Signals} */ name) => {
    if (caught.onSignal === undefined) {
      controller.abort(new Stopped(name));
    } else {
      caught.onSignal(name);
    }
  };
  for (const name of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
    process.on(name, () => stop(name));
  }
  watchParent(() => stop("SIGTERM"));
  return caught;
}

/**
 * Tells a signal from its own repetition: one Ctrl-C can arrive twice, from the terminal and
 * from npm, while a person who presses it again takes longer.
 * @param {() => number} [now] milliseconds
 * @returns {(name: NodeJS.Signals) => boolean} whether it is a new one
 */
export function newSignals(now = () => performance.now()) {
  const last = new Map();
  return (name) => {
    const time = now();
    const isNew = time - (last.get(name) ?? Number.NEGATIVE_INFINITY) >= SAME_CTRL_C_MS;
    if (isNew) {
      last.set(name, time);
    }
    return isNew;
  };
}

/**
 * npm, or the shell that it runs scripts with, can end on a signal without passing it on. Then
 * this process has another parent, and nobody left to work for.
 * @param {() => void} stop
 */
function watchParent(stop) {
  if (process.env.npm_lifecycle_event !== undefined) {
    const parent = process.ppid;
    const timer = setInterval(() => {
      if (process.ppid !== parent) {
        clearInterval(timer);
        stop();
      }
    }, PARENT_POLL_MS);
    timer.unref();
  }
}

/**
 * Runs `work` as a whole program: sets the exit code it answers with, 1 with a plain message for
 * a {@link SetupError} or an error of the system, 128 + n for a {@link Stopped}.
 * @param {() => Promise<number>} work
 */
export async function runMain(work) {
  try {
    process.exitCode = await work();
  } catch (error) {
    if (error instanceof Stopped) {
      say(error.message);
      process.exitCode = error.exitCode;
    } else if (error instanceof SetupError || (error instanceof Error && "syscall" in error)) {
      say(error.message);
      process.exitCode = 1;
    } else {
      throw error;
    }
  }
}

/**
 * Whether the module of this URL is the program that Node.js was started with.
 * @param {string} url
 * @returns {boolean}
 */
export function isMain(url) {
  const program = process.argv[1];
  return program !== undefined && realpathSync(program) === realpathSync(fileURLToPath(url));
}

/**
 * One progress line on stderr.
 * @param {string} text
 */
export function say(text) {
  process.stderr.write(`cauditd: ${text}\n`);
}

/**
 * @typedef {object} RunOptions
 * @property {AbortSignal} [signal] ends the child; the run then rejects with its reason
 * @property {number} [timeoutMs] no limit when absent
 * @property {(chunk: Buffer) => void} [onStdout] gets stdout; stderr then goes to our stderr
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env]
 *
 * @typedef {{ code: number, output: string, timedOut: boolean }} RunResult
 */

const KILL_AFTER_MS = 5000;
const MAX_OUTPUT = 4 * 1024 * 1024;

/**
 * Runs a program to its end. Its output comes back as text, the first 4 MiB of it. A stop signal
 * or the time limit ends it with SIGTERM, SIGKILL 5 s later.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<RunResult>} code 127 when it cannot be started
 */
export function run(file, args, { signal, timeoutMs, onStdout, ...rest } = {}) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const child = spawn(file, args, {
      ...rest,
      stdio: ["ignore", "pipe", onStdout ? 2 : "pipe"],
    });
    const output = collect(child, onStdout);
    let timedOut = false;
    /** @type {NodeJS.Timeout | undefined} */
    let killTimer;
    const end = () => {
      child.kill("SIGTERM");
      killTimer ??= setTimeout(() => child.kill("SIGKILL"), KILL_AFTER_MS);
    };
    signal?.addEventListener("abort", end, { once: true });
    const limit = timeoutMs
      ? setTimeout(() => {
          timedOut = true;
          end();
        }, timeoutMs)
      : undefined;
    const done = () => {
      clearTimeout(limit);
      clearTimeout(killTimer);
      signal?.removeEventListener("abort", end);
    };
    child.on("error", (error) => {
      done();
      resolve({ code: 127, output: error.message, timedOut: false });
    });
    child.on("close", (code, name) => {
      done();
      if (signal?.aborted) {
        reject(signal.reason);
      } else {
        resolve({ code: name ? signalExitCode(name) : (code ?? 1), output: output(), timedOut });
      }
    });
  });
}

/**
 * @param {import("node:child_process").ChildProcess} child
 * @param {((chunk: Buffer) => void) | undefined} onStdout
 * @returns {() => string}
 */
function collect(child, onStdout) {
  /** @type {Buffer[]} */
  const chunks = [];
  let size = 0;
  const keep = (/** @type {Buffer} */ chunk) => {
    if (size < MAX_OUTPUT) {
      chunks.push(chunk);
      size += chunk.length;
    }
  };
  child.stdout?.on("data", onStdout ?? keep);
  child.stderr?.on("data", keep);
  return () => Buffer.concat(chunks).toString("utf8").slice(0, MAX_OUTPUT).trimEnd();
}
