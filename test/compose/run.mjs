// `npm run test:compose`: docker-compose.yml on a real Docker Engine, while its services are killed
// one after the other. The source is a recorded log, so that what has to come out is known: each
// instance's log must be that of `cauditd replay`, byte for byte, and each tenant's consumer must
// have its own events, each once.
import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { makeNatsImage, makeNodeImage, which } from "./base-image.mjs";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../..");
const CORPUS = join(ROOT, "test/corpus/containers");
const CLI = join(ROOT, "packages/cli/bin/cauditd.mjs");
/** How often the recorded log is repeated, to last for all that is done meanwhile. */
const REPEATS = Number(process.env["CAUDITD_COMPOSE_REPEATS"] ?? 16);
/** Part of the whole that has to come between two blows. */
const STEP = 0.08;
/** Longest time in ms without any progress. */
const STALL_MS = 180_000;
const LOOK_MS = 500;
const TENANTS = /** @type {const} */ ({ web: "1001", db: "1002" });
const SERVICES = 6;
const SCOPES = ["host", "web", "db", "cache"];

const folder = mkdtempSync(join(tmpdir(), "cauditd-compose-"));
const compose = composeCommand();
let failures = 0;
prepare();
await makeImages();
try {
  await main();
} finally {
  if (failures > 0) docker("logs --tail 20");
  docker("down --volumes --timeout 5");
  if (failures === 0) rmSync(folder, { recursive: true, force: true });
  else say(`kept for a look: ${folder}`);
}
say(failures === 0 ? "all as it should be" : `${failures} checks failed`);
process.exitCode = failures === 0 ? 0 : 1;

async function main() {
  docker("up -d");
  await progress(STEP, "the services work");
  await hardened();
  docker("kill auditd-a");
  await progress(STEP, "one worker has been killed, the other has taken over");
  docker("up -d auditd-a");
  docker("kill nats");
  await pause(2000);
  docker("up -d nats");
  await progress(STEP, "NATS has been killed, and is back");
  docker("kill dispatcher");
  await pause(1000);
  docker("up -d dispatcher");
  await progress(STEP, "the dispatcher has been killed, and is back");
  docker("down --timeout 20");
  docker("up -d");
  await progress(1, "everything went down and up again");
  await settled();
  for (const name of SCOPES) {
    check(`the log of ${name} is that of a replay`, same(logOf(name), referenceOf(name)));
  }
  for (const [name, contid] of Object.entries(TENANTS)) {
    const got = readFileSync(eventsOf(name));
    check(
      `the consumer of ${name} has its events, each once`,
      got.equals(readFileSync(logOf(name))),
    );
    const foreign = Object.values(TENANTS).filter((other) => other !== contid);
    const seen = foreign.some((other) => got.includes(`contid=${other}\n`));
    check(`the consumer of ${name} has no other tenant's`, !seen);
  }
}

/** Files of the test: the source, what has to come of it, and the configuration. */
function prepare() {
  chmodSync(folder, 0o755);
  for (const name of ["logs", "web", "db"]) {
    mkdirSync(join(folder, name));
    chmodSync(join(folder, name), 0o777);
  }
  const once = gunzipSync(readFileSync(join(CORPUS, "audit.log.gz")));
  writeFileSync(join(folder, "source.log"), Buffer.concat(new Array(REPEATS).fill(once)));
  /** @type {{ pid: number }[]} */
  const recorded = JSON.parse(readFileSync(join(CORPUS, "containers.json"), "utf8"));
  const names = Object.entries({ ...TENANTS, cache: "1003" });
  const containers = names.map(([name, contid], index) => {
    return { name, contid, pid: recorded[index]?.pid };
  });
  writeFileSync(join(folder, "containers.json"), JSON.stringify(containers));
  const config = {
    ...{ host: "node1", logs: "/data/logs", worker: { ttl: 5 }, containers, streams: {} },
    ...{
      source: { type: "log", path: "/data/source.log" },
      control: { host: "node1", socket: false },
    },
    metrics: { listen: "127.0.0.1:9464" },
  };
  writeFileSync(join(folder, "cauditd.yaml"), JSON.stringify(config));
  run(process.execPath, [
    ...[CLI, "replay", join(folder, "source.log"), "--out", join(folder, "reference")],
    ...["--containers", join(folder, "containers.json")],
  ]);
  const secrets = join(folder, "secrets");
  run(process.execPath, [join(ROOT, "deploy/secrets.mjs"), secrets, ...Object.keys(TENANTS)]);
  if (process.getuid?.() === 0) run("chown", ["-R", "1000:1000", secrets]);
}

/** Builds the images; their bases are made here when no registry is reachable. */
async function makeImages() {
  /** @type {Record<string, string>} */
  const bases = { NODE_IMAGE: "node:20-bookworm-slim", NATS_IMAGE: "nats:2.10" };
  const pulled = Object.values(bases).every((image) => {
    if (spawnSync("docker", ["image", "inspect", image], { stdio: "ignore" }).status === 0)
      return true;
    return spawnSync("docker", ["pull", "-q", image], { stdio: "ignore" }).status === 0;
  });
  if (!pulled) {
    say("no registry is reachable: base images are made of what is on this machine");
    bases["NODE_IMAGE"] = "cauditd-base:node";
    bases["NATS_IMAGE"] = "cauditd-base:nats";
    await makeNodeImage("cauditd-base:node");
    await makeNatsImage("cauditd-base:nats", process.env["NATS_SERVER"] || which("nats-server"));
  }
  Object.assign(process.env, bases);
  docker("build");
}

/** `docker compose`, or `docker-compose` of Compose 1; the reason where there is none. */
function composeCommand() {
  const engine = spawnSync("docker", ["version", "--format", "{{.Server.Version}}"], {
    encoding: "utf8",
  });
  if (engine.status !== 0) {
    const why = (engine.stderr ?? "").trim().split("\n").at(-1) || "there is no docker command";
    say(`no Docker Engine: ${why}`);
    process.exit(3);
  }
  for (const command of [["docker", "compose"], ["docker-compose"]]) {
    const [program = "", ...args] = command;
    if (spawnSync(program, [...args, "version"], { stdio: "ignore" }).status === 0) return command;
  }
  say("no Docker Compose: neither `docker compose` nor `docker-compose` runs");
  process.exit(3);
}

/** @param {string} text a command of Docker Compose */
function docker(text) {
  const [program = "", ...args] = composeArgs(text);
  say(`compose ${text}`);
  const stdio = /** @type {const} */ (["ignore", "inherit", "inherit"]);
  const { status } = spawnSync(program, args, { cwd: ROOT, env: environment(), stdio: [...stdio] });
  if (status !== 0) throw new Error(`compose ${text}: exit code ${status}`);
}

/** @param {string[]} command */
function output(...command) {
  const [program = "", ...args] = command;
  const options = { cwd: ROOT, env: environment(), maxBuffer: 256 * 1024 * 1024 };
  return execFileSync(program, args, options).toString();
}

function environment() {
  const secrets = join(folder, "secrets");
  return { ...process.env, COMPOSE_TEST: folder, CAUDITD_SECRETS: secrets, DOCKER_BUILDKIT: "0" };
}

/** @param {string} text @returns {string[]} */
function composeArgs(text) {
  const files = ["docker-compose.yml", "test/compose/override.yml"];
  const named = files.flatMap((file) => ["-f", join(ROOT, file)]);
  return [...compose, "-p", "cauditd-test", ...named, ...text.split(" ")];
}

/** Every container is healthy, and has no more than it needs. */
async function hardened() {
  const ids = output(...composeArgs("ps -q"))
    .trim()
    .split("\n");
  const look = () => JSON.parse(output("docker", "inspect", ...ids));
  const [since, healthy] = [performance.now(), { Status: "healthy" }];
  let all = look();
  const sick = () => all.filter(({ State }) => (State.Health ?? healthy).Status !== "healthy");
  while (sick().length > 0 && performance.now() - since < STALL_MS) {
    await pause(LOOK_MS);
    all = look();
  }
  for (const { Name, State } of sick()) say(`${Name}: ${JSON.stringify(State.Health)}`);
  check("all services are healthy", sick().length === 0 && all.length === SERVICES);
  const hard = all.every(({ Config, HostConfig }) => {
    return (
      /^[1-9]/.test(Config.User) &&
      HostConfig.ReadonlyRootfs &&
      HostConfig.SecurityOpt.includes("no-new-privileges:true") &&
      HostConfig.CapDrop.includes("ALL") &&
      HostConfig.Memory > 0 &&
      HostConfig.NanoCpus > 0 &&
      HostConfig.PidsLimit > 0
    );
  });
  check("none is root, may become it, writes its root file system, or is without limits", hard);
  const known = JSON.stringify(all) + output(...composeArgs("logs"));
  const users = ["dispatcher", "worker", ...Object.keys(TENANTS)];
  const seeds = users.map((name) => readFileSync(join(folder, "secrets", `${name}.nk`), "utf8"));
  check(
    "no secret is in an environment or a log",
    !seeds.some((seed) => known.includes(seed.trim())),
  );
}

/**
 * Waits until this part of the host's log has come to what is there. What is done next has to be in
 * the middle of it: a log that is whole by then is a failure, but for the last part, which is 1.
 * @param {number} part
 * @param {string} what
 */
async function progress(part, what) {
  const whole = sizeOf(referenceOf("host"));
  const there = sizeOf(logOf("host"));
  const wanted = Math.min(whole, there + whole * part);
  let [last, since] = [-1, performance.now()];
  for (;;) {
    const size = sizeOf(logOf("host"));
    if (size >= wanted) break;
    if (size !== last) [last, since] = [size, performance.now()];
    if (performance.now() - since > STALL_MS) {
      failures++;
      throw new Error(`${what}: no progress behind ${size} bytes of ${wanted}`);
    }
    await pause(LOOK_MS);
  }
  check(what, part === 1 || sizeOf(logOf("host")) < whole);
}

/** Waits until nothing grows any more. */
async function settled() {
  const all = [...SCOPES.map(logOf), ...Object.keys(TENANTS).map(eventsOf)];
  const sizes = () => all.map(sizeOf).join();
  const done = () =>
    SCOPES.every((name) => sizeOf(logOf(name)) >= sizeOf(referenceOf(name))) &&
    Object.keys(TENANTS).every((name) => sizeOf(eventsOf(name)) >= sizeOf(logOf(name)));
  let [last, since] = ["", performance.now()];
  while (!done()) {
    const now = sizes();
    if (now !== last) [last, since] = [now, performance.now()];
    if (performance.now() - since > STALL_MS / 6) return say(`nothing grows: ${now}`);
    await pause(LOOK_MS);
  }
}

/** @param {string} name */
function logOf(name) {
  return join(folder, "logs", name, "audit.log");
}

/** @param {string} name */
function referenceOf(name) {
  return join(folder, "reference", name, "audit.log");
}

/** @param {string} name */
function eventsOf(name) {
  return join(folder, name, `${name}.log`);
}

/**
 * The size of a file; 0 while it is not there: a log's folder is replaced when its owner is.
 * @param {string} path
 */
function sizeOf(path) {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** @param {string} one @param {string} other */
function same(one, other) {
  return readFileSync(one).equals(readFileSync(other));
}

/** @param {string} what @param {boolean} holds */
function check(what, holds) {
  say(`${holds ? "ok" : "NOT OK"}: ${what}`);
  if (!holds) failures++;
}

/** @param {string} text */
function say(text) {
  process.stdout.write(`${text}\n`);
}

/** @param {string} program @param {string[]} args */
function run(program, args) {
  execFileSync(program, args, { stdio: ["ignore", "ignore", "inherit"] });
}
