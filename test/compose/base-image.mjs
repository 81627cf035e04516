// Base images out of what is on this machine, for a Docker Engine that reaches no registry: Node.js
// with npm, its cache, a shell and the libraries they need; and the NATS server.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import process from "node:process";

/** What the build of an image runs. */
const PROGRAMS = ["sh", "mkdir", "chmod", "env", "rm"];

/**
 * Makes an image with Node.js, npm and a shell.
 * @param {string} name
 */
export async function makeNodeImage(name) {
  await makeImage(name, (root) => {
    put(root, process.execPath, "/usr/local/bin/node");
    for (const program of PROGRAMS) put(root, which(program), `/bin/${program}`);
    mkdirSync(join(root, "usr/bin"), { recursive: true });
    put(root, which("env"), "/usr/bin/env");
    const npm = dirname(dirname(realpathSync(which("npm"))));
    cpSync(npm, join(root, "usr/local/lib/node_modules/npm"), { recursive: true });
    const start = '#!/bin/sh\nexec node /usr/local/lib/node_modules/npm/bin/npm-cli.js "$@"\n';
    writeFileSync(join(root, "usr/local/bin/npm"), start, { mode: 0o755 });
    const cache = run("npm", "config", "get", "cache").trim();
    if (existsSync(cache)) cpSync(cache, join(root, "root/.npm"), { recursive: true });
  });
}

/**
 * Makes an image with the NATS server, as the official one has it.
 * @param {string} name
 * @param {string} server path of nats-server
 */
export async function makeNatsImage(name, server) {
  await makeImage(name, (root) => put(root, server, "/nats-server"));
}

/**
 * @param {string} name
 * @param {(root: string) => void} fill
 */
async function makeImage(name, fill) {
  const root = mkdtempSync(join(tmpdir(), "cauditd-image-"));
  try {
    mkdirSync(join(root, "tmp"), { mode: 0o1777 });
    mkdirSync(join(root, "etc"));
    writeFileSync(
      join(root, "etc/passwd"),
      "root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/:/bin/sh\n",
    );
    fill(root);
    const path = "PATH=/usr/local/bin:/usr/bin:/bin";
    const tar = spawn("tar", ["-C", root, "-c", "."], { stdio: ["ignore", "pipe", "inherit"] });
    const docker = spawn("docker", ["import", "-c", `ENV ${path}`, "-", name], {
      stdio: [tar.stdout, "ignore", "inherit"],
    });
    const [code] = await once(docker, "exit");
    if (code !== 0) throw new Error(`docker import ${name}: exit code ${code}`);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/**
 * Copies a program and the libraries that it is linked to.
 * @param {string} root
 * @param {string} from
 * @param {string} to
 */
function put(root, from, to) {
  copy(from, join(root, to));
  let libraries = "";
  try {
    libraries = run("ldd", from);
  } catch {
    // It is linked to none.
  }
  for (const [path] of libraries.matchAll(/\/\S+/g)) {
    if (existsSync(path)) copy(path, join(root, path));
  }
}

/**
 * @param {string} from
 * @param {string} to
 */
function copy(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(realpathSync(from), to);
}

/** @param {string} program */
export function which(program) {
  for (const folder of [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin"]) {
    if (folder !== "" && existsSync(join(folder, program))) return join(folder, program);
  }
  throw new Error(`${program}: not in PATH`);
}

/**
 * @param {string} program
 * @param {string[]} args
 */
function run(program, ...args) {
  return execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
}
