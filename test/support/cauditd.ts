// Runs the built `cauditd` as a user does: its own process, no shell.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Test } from "tap";

const PROGRAM = programPath("cauditd");

function programPath(name: string): string {
  return fileURLToPath(new URL(`../../packages/cli/bin/${name}.mjs`, import.meta.url));
}

/** How a process ended, and all that it said. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Settings of `start`. */
export interface RunOptions {
  readonly cwd?: string;
  /** Added to the environment, in which nothing else names a NATS server. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A running `cauditd`. */
export interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  /** Resolves with the first line of stdout that matches; fails when there is none. */
  line(pattern: RegExp): Promise<string>;
  readonly ended: Promise<Ended>;
}

/** Starts `cauditd`; it is killed when `t` ends. */
export function start(
  t: Test,
  args: readonly string[],
  options: RunOptions = {},
  program: string = PROGRAM,
): Running {
  const env: NodeJS.ProcessEnv = { ...process.env };
  for (const name of ["NATS_URL", "NATS_CREDS", "NODE_OPTIONS"]) delete env[name];
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  let stdout = "";
  let stderr = "";
  const watching = new Set<() => void>();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    for (const look of watching) look();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  // A process that ends early leaves its input behind.
  child.stdin.on("error", () => undefined);
  const ended = once(child, "close").then(
    ([code, signal]): Ended => ({ code, signal, stdout, stderr }),
  );
  t.teardown(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  const line = (pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = stdout.split("\n").find((text) => pattern.test(text));
        if (found === undefined) return;
        watching.delete(look);
        resolve(found);
      };
      watching.add(look);
      look();
      void ended.then(() => reject(new Error(`no line ${pattern}:\n${stdout}${stderr}`)));
    });
  return { child, line, ended };
}

/** Runs `cauditd` to its end, with `input` on stdin. */
export function cauditd(
  t: Test,
  args: readonly string[],
  options: RunOptions & { readonly input?: string | Buffer } = {},
): Promise<Ended> {
  const { child, ended } = start(t, args, options);
  child.stdin.end(options.input ?? "");
  return ended;
}

/** Runs `cauditctl` to its end. */
export function cauditctl(
  t: Test,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ended> {
  const { child, ended } = start(t, args, options, programPath("cauditctl"));
  child.stdin.end();
  return ended;
}

/** Writes to a running process's stdin; resolves when all of it has left this process. */
export function feed(running: Running, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    running.child.stdin.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}
