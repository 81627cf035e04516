// Finds a nats-server for the tests, or fetches Debian's package into .cache/ without root.
// `node scripts/nats-server.mjs` prints the path.
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import path from "node:path";
import { catchSignals, isMain, run, runMain, SetupError, say } from "./child.mjs";
import { ROOT } from "./setup.mjs";

/**
 * @typedef {object} NatsServerOptions
 * @property {string} [root]
 * @property {NodeJS.ProcessEnv} [env]
 * @property {readonly string[]} [systemDirs] looked at after PATH
 * @property {AbortSignal} [signal]
 */

const MIN_VERSION = [2, 9];
const SYSTEM_DIRS = ["/usr/local/sbin", "/usr/sbin"];
const VERSION_LIMIT_MS = 10_000;
const DOWNLOAD_LIMIT_MS = 120_000;
const UPDATE_LIMIT_MS = 180_000;
const UNPACK_LIMIT_MS = 60_000;

const APT = [
  ["APT::Sandbox::User", "root"],
  ["Acquire::Retries", "1"],
  ["Acquire::http::Timeout", "20"],
  ["Acquire::https::Timeout", "20"],
  ["Debug::NoLocking", "true"],
].flatMap(([name, value]) => ["-o", `${name}=${value}`]);

/**
 * The path of a nats-server 2.9 or later that runs: NATS_SERVER, else one on PATH or in a
 * system directory, else the copy in .cache/nats-server, else Debian's package fetched into it.
 * @param {NatsServerOptions} [options]
 * @returns {Promise<string>}
 * @throws {SetupError} naming all that was tried
 */
export async function ensureNatsServer({
  root = ROOT,
  env = process.env,
  systemDirs = SYSTEM_DIRS,
  signal,
} = {}) {
  if (env.NATS_SERVER) {
    const file = path.resolve(env.NATS_SERVER);
    const problem = await natsServerProblem(file, signal);
    if (problem !== null) {
      throw new SetupError(`NATS_SERVER: ${file} ${problem}`);
    }
    return file;
  }
  const cache = path.join(root, ".cache/nats-server");
  const cached = path.join(cache, "nats-server");
  const dirs = [...(env.PATH ?? "").split(path.delimiter).filter(Boolean), ...systemDirs];
  /** @type {string[]} */
  const tried = [];
  for (const file of [...new Set(dirs.map((dir) => path.resolve(dir, "nats-server"))), cached]) {
    if (existsSync(file)) {
      const problem = await natsServerProblem(file, signal);
      if (problem === null) {
        return file;
      }
      tried.push(`${file} ${problem}`);
    }
  }
  if (tried.length === 0) {
    tried.push(`no nats-server on PATH, in ${systemDirs.join(", ")} or in ${cache}`);
  }
  mkdirSync(cache, { recursive: true });
  const staging = mkdtempSync(path.join(cache, "fetch-"));
  try {
    await fetchPackage(staging, env, signal, tried);
    const fetched = path.join(staging, "usr/sbin/nats-server");
    const problem = await natsServerProblem(fetched, signal);
    if (problem !== null) {
      tried.push(`nats-server of Debian's package ${problem}`);
      throw new SetupError(giveUp(tried));
    }
    renameSync(fetched, cached);
    say(`nats-server is now ${path.relative(root, cached)}`);
    return cached;
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/**
 * Why a file is no usable nats-server; null when it is one.
 * @param {string} file
 * @param {AbortSignal | undefined} [signal]
 * @returns {Promise<string | null>} the end of a sentence that starts with the file's name
 */
export async function natsServerProblem(file, signal) {
  try {
    accessSync(file, constants.X_OK);
    if (!statSync(file).isFile()) {
      return "is not a file";
    }
  } catch {
    return existsSync(file) ? "is not executable" : "does not exist";
  }
  const result = await run(file, ["--version"], { signal, timeoutMs: VERSION_LIMIT_MS });
  const version = /\bv?(\d+)\.(\d+)\.\d+/.exec(result.output);
  if (result.code !== 0 || version === null) {
    return `does not answer to --version (exit code ${result.code}): ${oneLine(result.output)}`;
  }
  const [major, minor] = version.slice(1, 3).map(Number);
  const [minMajor = 0, minMinor = 0] = MIN_VERSION;
  const old = (major ?? 0) < minMajor || (major === minMajor && (minor ?? 0) < minMinor);
  return old ? `is too old: ${version[0]}` : null;
}

/**
 * Downloads and unpacks the package into `staging`: first with the package lists of the system,
 * then, since those may be missing or out of date, with lists of our own.
 * @param {string} staging
 * @param {NodeJS.ProcessEnv} env
 * @param {AbortSignal | undefined} signal
 * @param {string[]} tried
 */
async function fetchPackage(staging, env, signal, tried) {
  /** @type {(file: string, args: string[], timeoutMs: number) => Promise<boolean>} */
  const step = async (file, args, timeoutMs) => {
    const options = { cwd: staging, env: { ...env, LC_ALL: "C" }, signal, timeoutMs };
    const { code, output, timedOut } = await run(file, args, options);
    if (code !== 0) {
      const why = timedOut ? `no end after ${timeoutMs / 1000} s` : oneLine(output);
      tried.push(`${[file, ...args.filter((arg) => !isAptOption(arg))].join(" ")}: ${why}`);
    }
    return code === 0;
  };
  say("fetching nats-server from Debian's package (apt-get download)");
  const download = ["download", "nats-server"];
  const lists = path.join(staging, "lists");
  const own = ["-o", `Dir::State::lists=${lists}`, "-o", `Dir::Cache=${path.join(staging, "apt")}`];
  if (!(await step("apt-get", [...APT, ...download], DOWNLOAD_LIMIT_MS))) {
    mkdirSync(path.join(lists, "partial"), { recursive: true });
    mkdirSync(path.join(staging, "apt/archives/partial"), { recursive: true });
    say("fetching package lists of our own (apt-get update)");
    // One unreachable source makes update fail, yet the list that counts may have come.
    await step("apt-get", [...APT, ...own, "update"], UPDATE_LIMIT_MS);
    if (!(await step("apt-get", [...APT, ...own, ...download], DOWNLOAD_LIMIT_MS))) {
      throw new SetupError(giveUp(tried));
    }
  }
  const file = readdirSync(staging).find((name) => name.endsWith(".deb"));
  if (file === undefined) {
    tried.push("apt-get download left no .deb file");
    throw new SetupError(giveUp(tried));
  }
  if (!(await step("dpkg-deb", ["-x", file, "."], UNPACK_LIMIT_MS))) {
    throw new SetupError(giveUp(tried));
  }
}

/** @param {string} arg */
function isAptOption(arg) {
  return arg === "-o" || /^[\w:]+=/.test(arg);
}

/**
 * The last words of a program, which name the cause.
 * @param {string} output
 */
function oneLine(output) {
  const lines = output.split("\n").filter((line) => line.trim() !== "");
  const errors = lines.filter((line) => line.startsWith("E:"));
  return (errors[0] ?? lines.at(-1) ?? "no output").slice(0, 300);
}

/** @param {readonly string[]} tried */
function giveUp(tried) {
  return [
    "no usable nats-server. Tried:",
    ...tried.map((line) => `  - ${line}`),
    `Install nats-server ${MIN_VERSION.join(".")} or later, or set NATS_SERVER to its path.`,
  ].join("\n");
}

if (isMain(import.meta.url)) {
  const { signal } = catchSignals();
  await runMain(async () => {
    process.stdout.write(`${await ensureNatsServer({ signal })}\n`);
    return 0;
  });
}
