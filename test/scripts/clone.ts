// A clone made up for the tests of scripts/: the real scripts, stand-ins for everything that they
// run. The stand-ins write what they were asked to do into `calls`, one line each.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, readFileSync, watch } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Test } from "tap";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

/** Logs its arguments; fails when its name and arguments are in STANDIN_FAIL. */
const tool = (name: string, module: boolean): string => `#!/usr/bin/env node
${module ? 'import fs from "node:fs";' : 'const fs = require("node:fs");'}
const call = ["${name}", ...process.argv.slice(2)].join(" ");
fs.appendFileSync("calls", call + "\\n");
if (process.env.STANDIN_FAIL && call.startsWith(process.env.STANDIN_FAIL)) {
  console.log("complaint of " + call);
  process.exitCode = 2;
}
`;

const LOCK = JSON.stringify({
  packages: {
    "": { devDependencies: { tap: "^1.0.0", typescript: "^1.0.0" } },
    "node_modules/tap": { version: "1.0.0" },
    "node_modules/typescript": { version: "1.0.0" },
    "node_modules/deep": { version: "2.0.0" },
    "node_modules/other-platform": { version: "1.0.0", optional: true },
  },
});

// With STANDIN_WAIT it says that it runs, and ends once the file "go" is there.
const NPM = `
const fs = require("node:fs");
fs.appendFileSync("calls", ["npm", ...process.argv.slice(2)].join(" ") + "\\n");
if (process.env.STANDIN_FAIL === "npm") {
  console.error("npm error code E404");
  process.exit(1);
}
if (process.env.STANDIN_FAIL === "npm ci" && process.argv[2] === "ci") {
  console.error("npm error code EUSAGE");
  process.exit(1);
}
fs.cpSync("modules", "node_modules", { recursive: true });
fs.copyFileSync("package-lock.json", "node_modules/.package-lock.json");
if (process.env.STANDIN_WAIT && !fs.existsSync("go")) {
  fs.watch(".", (_event, name) => name === "go" && process.exit(0));
  fs.writeFileSync("busy", "");
}
`;

const TAP = `${tool("tap", true)}
process.stdout.write(process.env.STANDIN_TAP ?? "");
process.exitCode ??= Number(process.env.STANDIN_TAP_CODE ?? 0);
`;

// Tells its process group and every signal; SIGTERM ends it with code 7.
const CAUDITD = `
process.on("SIGINT", () => console.log("got SIGINT"));
process.on("SIGTERM", () => {
  console.log("got SIGTERM");
  process.exit(7);
});
const { readFileSync } = await import("node:fs");
console.log("group " + readFileSync("/proc/self/stat", "latin1").split(") ").at(-1).split(" ")[2]);
console.log("args " + process.argv.slice(2).join(" "));
if (process.argv.includes("--for")) {
  process.exitCode = 3;
} else {
  setInterval(() => {}, 60_000);
}
`;

/** Makes the clone; it has no node_modules yet. */
export function makeClone(t: Test): string {
  const dir = t.testdir({
    "package.json": "{}",
    "package-lock.json": LOCK,
    calls: "",
    modules: {
      tap: { "package.json": '{"version":"1.0.0"}', dist: { esm: { "run.mjs": TAP } } },
      typescript: { "package.json": '{"version":"1.0.0"}', bin: { tsc: tool("tsc", false) } },
      "@biomejs": { biome: { bin: { biome: tool("biome", false) } } },
    },
    npm: { "npm-cli.js": NPM },
    packages: { cli: { bin: { "cauditd.mjs": CAUDITD } } },
  });
  cpSync(path.join(ROOT, "scripts"), path.join(dir, "scripts"), { recursive: true });
  return dir;
}

/** What the stand-ins of a clone were asked to do. */
export function calls(dir: string): string[] {
  return readFileSync(path.join(dir, "calls"), "utf8").split("\n").filter(Boolean);
}

/** Resolves once the stand-in of npm waits. */
export async function npmRuns(dir: string): Promise<void> {
  const watcher = watch(dir);
  while (!existsSync(path.join(dir, "busy"))) {
    await once(watcher, "change");
  }
  watcher.close();
}

/** Whether a set-up holds the lock of the clone. */
export function isLocked(dir: string): boolean {
  return existsSync(path.join(dir, ".cache/setup.lock"));
}

/** A running script. */
export interface Running {
  readonly child: ChildProcess;
  /** Resolves with the first line that contains the text; rejects when the output ends first. */
  line(text: string): Promise<string>;
  /** Exit code, and all lines of stdout and of stderr. */
  readonly end: Promise<{ code: number | null; stdout: string[]; stderr: string[] }>;
}

/** Starts a script of the clone in a process group of its own. */
export function start(
  t: Test,
  dir: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Running {
  // tap puts its loaders into the environment of every child; the scripts run without them.
  const child = spawn("env", ["-u", "NODE_OPTIONS", process.execPath, ...args], {
    cwd: dir,
    detached: true,
    env: {
      ...process.env,
      npm_execpath: path.join(dir, "npm/npm-cli.js"),
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.teardown(() => child.kill("SIGKILL"));
  const stdout: string[] = [];
  const stderr: string[] = [];
  const waiting = new Set<() => void>();
  const readers = [
    { lines: stdout, input: child.stdout },
    { lines: stderr, input: child.stderr },
  ].map(({ lines, input }) => {
    const reader = createInterface({ input });
    reader.on("line", (line) => {
      lines.push(line);
      for (const look of waiting) {
        look();
      }
    });
    return once(reader, "close");
  });
  let ended = false;
  const end = Promise.all([once(child, "exit"), ...readers]).then(([[code]]) => {
    ended = true;
    for (const look of waiting) {
      look();
    }
    return { code, stdout, stderr };
  });
  const line = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = [...stdout, ...stderr].find((candidate) => candidate.includes(text));
        if (found !== undefined || ended) {
          waiting.delete(look);
          found === undefined ? reject(new Error(`no line with "${text}"`)) : resolve(found);
        }
      };
      waiting.add(look);
      look();
    });
  return { child, line, end };
}
