// Brings a clone into a state in which it runs: dependencies as the lock file says, sources
// built. `node scripts/setup.mjs` does both; start.mjs and test.mjs call the functions.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { catchSignals, isMain, run, runMain, SetupError, say } from "./child.mjs";
import { withLock } from "./lock.mjs";

/**
 * @typedef {{ root?: string, env?: NodeJS.ProcessEnv, signal?: AbortSignal }} SetupOptions
 *
 * @typedef {object} LockedPackage what a lock file says of one place, as far as it is read here
 * @property {string} [version]
 * @property {boolean} [link]
 * @property {boolean} [optional]
 * @property {boolean} [devOptional]
 * @property {boolean} [peer]
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [devDependencies]
 *
 * @typedef {Record<string, LockedPackage>} LockedPackages
 */

/** The root of this clone. */
export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

const MIN_NODE = [20, 11];
const INSTALL_LIMIT_MS = 15 * 60_000;
const NPM_LINES = 40;
const NPM_OPTIONS = ["--include=dev", "--include=optional", "--prefer-offline", "--loglevel=error"];
const BUILD_LIMIT_MS = 5 * 60_000;
const QUIET_BUILD_MS = 2000;

/**
 * Fails with a plain message on a Node.js older than package.json's `engines` asks for.
 * @param {string} [version] as in process.version
 */
export function checkNodeVersion(version = process.version) {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number);
  const [minMajor = 0, minMinor = 0] = MIN_NODE;
  if (major < minMajor || (major === minMajor && minor < minMinor)) {
    throw new SetupError(`Node.js ${MIN_NODE.join(".")} or later is needed; this is ${version}`);
  }
}

/**
 * Installs the dependencies of the lock file, development ones included, unless they are there.
 * @param {SetupOptions} [options]
 * @throws {SetupError} npm failed; the message says how to see more
 */
export async function ensureDependencies({ root = ROOT, env = process.env, signal } = {}) {
  await withLock(lockDir(root), () => install(root, env, signal), { signal });
}

/**
 * Builds what changed, with the clone's own `tsc -b`. Says nothing when there is nothing to do.
 * @param {SetupOptions} [options]
 * @throws {SetupError} with the compiler's complaints
 */
export async function ensureBuild({ root = ROOT, env = process.env, signal } = {}) {
  await withLock(lockDir(root), () => build(root, env, signal), { signal });
}

/**
 * Puts tap together as .taprc says. A fresh one comes with its own transpiler, which takes three
 * times as long as esbuild; it has to be left out once after each installation.
 * @param {SetupOptions} [options]
 * @throws {SetupError} with what tap says
 */
export async function ensureTapPlugins({ root = ROOT, env = process.env, signal } = {}) {
  const built = readText(path.join(root, "node_modules/@tapjs/test/test-built/dist/esm/index.js"));
  if (built?.includes('"@tapjs/typescript"')) {
    await withLock(lockDir(root), () => buildTap(root, env, signal), { signal });
  }
}

/**
 * Why the installed packages do not fit the lock file; null when they do.
 * @param {string} root
 * @returns {string | null}
 */
export function dependencyProblem(root) {
  const modules = path.join(root, "node_modules");
  if (!existsSync(modules)) {
    return "node_modules is missing";
  }
  const lockText = readText(path.join(root, "package-lock.json"));
  const installedText = readText(path.join(modules, ".package-lock.json"));
  if (installedText === null) {
    return "node_modules is not complete";
  }
  if (lockText === null) {
    return null;
  }
  const locked = packagesOf(lockText);
  const installed = packagesOf(installedText);
  if (locked === null || installed === null) {
    return "a lock file cannot be read";
  }
  if (readText(stampFile(root)) !== stampOf(lockText)) {
    for (const [place, { version, link, optional, devOptional, peer }] of Object.entries(locked)) {
      const wanted = place.includes("node_modules/") && !link && !optional && !devOptional && !peer;
      const found = installed[place]?.version;
      if (wanted && found !== version) {
        return `${place} should be ${version} and is ${found ?? "missing"}`;
      }
    }
  }
  return directProblem(root, locked);
}

/**
 * Looks at what the root and the workspaces ask for themselves.
 * @param {string} root
 * @param {LockedPackages} locked
 * @returns {string | null}
 */
function directProblem(root, locked) {
  for (const [owner, { dependencies, devDependencies }] of Object.entries(locked)) {
    if (owner.includes("node_modules/")) {
      continue;
    }
    for (const name of Object.keys({ ...dependencies, ...devDependencies })) {
      const places = [path.posix.join(owner, "node_modules", name), `node_modules/${name}`];
      const place = places.find((candidate) => locked[candidate] !== undefined);
      const entry = place === undefined ? undefined : locked[place];
      if (place === undefined || entry === undefined) {
        continue;
      }
      const found = versionOf(path.join(root, place, "package.json"));
      if (found === undefined || (!entry.link && found !== entry.version)) {
        return `${place} should be ${entry.version ?? "a link"} and is ${found ?? "missing"}`;
      }
    }
  }
  return null;
}

/**
 * @param {string} root
 * @param {NodeJS.ProcessEnv} env
 * @param {AbortSignal | undefined} signal
 */
async function install(root, env, signal) {
  const problem = dependencyProblem(root);
  if (problem !== null) {
    const hasLock = existsSync(path.join(root, "package-lock.json"));
    say(`installing dependencies with npm (${problem})`);
    const started = Date.now();
    const failure = await npm(root, env, signal, hasLock ? ["ci"] : ["install"]);
    if (failure?.includes("EUSAGE")) {
      // A registry that lacks packages for other platforms leaves holes in the lock file, which
      // npm ci does not accept. What the lock file does say is installed as it says.
      say("npm ci does not accept package-lock.json; using npm install --no-save");
      complain(await npm(root, env, signal, ["install", "--no-save"]));
    } else {
      complain(failure);
    }
    const left = dependencyProblem(root);
    if (left !== null) {
      throw new SetupError(`npm ended well, but ${left}`);
    }
    say(`dependencies installed in ${seconds(started)}`);
  }
  const lockText = readText(path.join(root, "package-lock.json"));
  if (lockText !== null && readText(stampFile(root)) !== stampOf(lockText)) {
    writeFileSync(stampFile(root), stampOf(lockText));
  }
}

/**
 * @param {string | null} failure
 */
function complain(failure) {
  if (failure !== null) {
    throw new SetupError(failure);
  }
}

/**
 * @param {string} root
 * @param {NodeJS.ProcessEnv} env
 * @param {AbortSignal | undefined} signal
 * @param {readonly string[]} command
 * @returns {Promise<string | null>} what npm says when it fails
 */
async function npm(root, env, signal, command) {
  const [file, first] = npmCommand(env);
  // npm test --silent would hand its silence down, and with it what npm says of a failure.
  const args = [...command, ...NPM_OPTIONS];
  const options = { cwd: root, env, signal, timeoutMs: INSTALL_LIMIT_MS };
  const { code, output, timedOut } = await run(file, [...first, ...args], options);
  if (code === 0) {
    return null;
  }
  const why = timedOut ? "no end after 15 minutes" : `exit code ${code}`;
  const lines = output.split("\n");
  return [`npm ${args.join(" ")} failed: ${why}`, ...lines.slice(0, NPM_LINES)].join("\n");
}

/**
 * @param {string} root
 * @param {NodeJS.ProcessEnv} env
 * @param {AbortSignal | undefined} signal
 */
async function build(root, env, signal) {
  const started = Date.now();
  const note = setTimeout(() => say("building (tsc -b)"), QUIET_BUILD_MS);
  try {
    const tsc = path.join(root, "node_modules/typescript/bin/tsc");
    const args = [tsc, "-b", ...(process.stderr.isTTY ? ["--pretty"] : [])];
    const options = { cwd: root, env, signal, timeoutMs: BUILD_LIMIT_MS };
    const { code, output, timedOut } = await run(process.execPath, args, options);
    if (code !== 0) {
      const why = timedOut ? "\nit took longer than 5 minutes" : "";
      throw new SetupError(`the build failed (tsc -b, exit code ${code})\n${output}${why}`);
    }
  } finally {
    clearTimeout(note);
  }
  if (Date.now() - started > QUIET_BUILD_MS) {
    say(`built in ${seconds(started)}`);
  }
}

/**
 * @param {string} root
 * @param {NodeJS.ProcessEnv} env
 * @param {AbortSignal | undefined} signal
 */
async function buildTap(root, env, signal) {
  const args = [path.join(root, "node_modules/tap/dist/esm/run.mjs"), "build"];
  const options = { cwd: root, env, signal, timeoutMs: BUILD_LIMIT_MS };
  const { code, output } = await run(process.execPath, args, options);
  if (code !== 0) {
    throw new SetupError(`tap build failed, exit code ${code}\n${output}`);
  }
}

/**
 * The npm that started us, or else the one on PATH: program and first arguments.
 * @param {NodeJS.ProcessEnv} env
 * @returns {[string, string[]]}
 */
function npmCommand({ npm_execpath: own }) {
  return own !== undefined && path.basename(own) === "npm-cli.js" && existsSync(own)
    ? [process.execPath, [own]]
    : ["npm", []];
}

/** @param {string} root */
function lockDir(root) {
  return path.join(root, ".cache/setup.lock");
}

/** @param {string} root */
function stampFile(root) {
  return path.join(root, "node_modules/.cauditd-setup");
}

/**
 * What the stamp says: some packages are built for one platform, so it counts too.
 * @param {string} lockText
 */
function stampOf(lockText) {
  const hash = createHash("sha256").update(lockText).digest("hex");
  return `${hash} ${process.platform}-${process.arch}\n`;
}

/**
 * @param {string} file
 * @returns {string | null} null when it cannot be read
 */
function readText(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}

/**
 * @param {string} text
 * @returns {any} what it holds; null when it is not JSON
 */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * @param {string} lockText
 * @returns {LockedPackages | null}
 */
function packagesOf(lockText) {
  return parse(lockText)?.packages ?? null;
}

/**
 * @param {string} file
 * @returns {string | undefined}
 */
function versionOf(file) {
  return parse(readText(file) ?? "")?.version;
}

/** @param {number} started */
function seconds(started) {
  return `${((Date.now() - started) / 1000).toFixed(1)} s`;
}

if (isMain(import.meta.url)) {
  const { signal } = catchSignals();
  await runMain(async () => {
    checkNodeVersion();
    await ensureDependencies({ signal });
    await ensureBuild({ signal });
    return 0;
  });
}
