// `npm start` and `npm test` on a fresh clone, with stand-ins for npm, tsc, tap and cauditd.
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import t from "tap";
import { newSignals } from "../scripts/child.mjs";
import { checkNodeVersion, dependencyProblem } from "../scripts/setup.mjs";
import { calls, isLocked, makeClone, npmRuns, start } from "./scripts/clone.ts";

const NPM_CI = "npm ci --include=dev --include=optional --prefer-offline --loglevel=error";
const PASSING =
  "TAP version 14\n# Subtest: a.test.ts\n    ok 1 - a\n    1..1\nok 1 - a.test.ts\n1..1\n";

t.test("a fresh clone is installed and built once, then only looked at", async (t) => {
  const dir = makeClone(t);
  t.equal(dependencyProblem(dir), "node_modules is missing");
  const first = await start(t, dir, ["scripts/setup.mjs"], { NODE_ENV: "production" }).end;
  t.equal(first.code, 0, first.stderr.join("\n"));
  t.same(calls(dir), [NPM_CI, "tsc -b"]);
  t.match(first.stderr[0], /installing dependencies with npm \(node_modules is missing\)/);
  const second = await start(t, dir, ["scripts/setup.mjs"]).end;
  t.same(second, { code: 0, stdout: [], stderr: [] });
  t.same(calls(dir), [NPM_CI, "tsc -b", "tsc -b"]);
  t.notOk(isLocked(dir));
});

t.test("installed packages that do not fit the lock file are named", async (t) => {
  const dir = makeClone(t);
  await start(t, dir, ["scripts/setup.mjs"]).end;
  t.equal(dependencyProblem(dir), null);
  const lock = path.join(dir, "package-lock.json");
  const text = readFileSync(lock, "utf8");
  writeFileSync(lock, text.replace("2.0.0", "2.0.1"));
  t.equal(dependencyProblem(dir), "node_modules/deep should be 2.0.1 and is 2.0.0");
  writeFileSync(lock, `${text}\n`);
  t.equal(dependencyProblem(dir), null, "other text, same packages");
  rmSync(path.join(dir, "node_modules/tap"), { recursive: true });
  t.equal(dependencyProblem(dir), "node_modules/tap should be 1.0.0 and is missing");
  writeFileSync(lock, "{");
  t.equal(dependencyProblem(dir), "a lock file cannot be read");
  rmSync(path.join(dir, "node_modules/.package-lock.json"));
  t.equal(dependencyProblem(dir), "node_modules is not complete");
});

t.test("packages installed by hand are taken as they are when they fit", async (t) => {
  const dir = makeClone(t);
  await start(t, dir, ["scripts/setup.mjs"]).end;
  rmSync(path.join(dir, "node_modules/.cauditd-setup"));
  const { code } = await start(t, dir, ["scripts/setup.mjs"]).end;
  t.equal(code, 0);
  t.same(calls(dir), [NPM_CI, "tsc -b", "tsc -b"]);
  t.ok(existsSync(path.join(dir, "node_modules/.cauditd-setup")));
});

t.test("a clone without a lock file is installed with npm install", async (t) => {
  const dir = makeClone(t);
  rmSync(path.join(dir, "package-lock.json"));
  await start(t, dir, ["scripts/setup.mjs"], { STANDIN_FAIL: "npm" }).end;
  t.same(calls(dir), [NPM_CI.replace("ci", "install")]);
});

t.test("a set-up that fails says so in plain words, with exit code 1", async (t) => {
  const dir = makeClone(t);
  const npm = await start(t, dir, ["scripts/setup.mjs"], { STANDIN_FAIL: "npm" }).end;
  t.equal(npm.code, 1);
  t.same(npm.stderr.slice(-2), [`cauditd: ${NPM_CI} failed: exit code 1`, "npm error code E404"]);
  const tsc = await start(t, dir, ["scripts/start.mjs"], { STANDIN_FAIL: "tsc" }).end;
  t.equal(tsc.code, 1);
  t.same(tsc.stderr.slice(-2), [
    "cauditd: the build failed (tsc -b, exit code 2)",
    "complaint of tsc -b",
  ]);
  t.notOk(isLocked(dir));
});

t.test("a lock file that npm ci does not accept is installed with npm install", async (t) => {
  const dir = makeClone(t);
  const { code } = await start(t, dir, ["scripts/setup.mjs"], { STANDIN_FAIL: "npm ci" }).end;
  t.equal(code, 0);
  t.same(calls(dir), [NPM_CI, NPM_CI.replace("ci", "install --no-save"), "tsc -b"]);
});

t.test("an old Node.js is refused", async (t) => {
  for (const version of ["v18.20.0", "v20.10.9"]) {
    t.throws(() => checkNodeVersion(version), { message: /Node.js 20.11 or later is needed/ });
  }
  for (const version of ["v20.11.0", "v22.0.0"]) {
    t.doesNotThrow(() => checkNodeVersion(version));
  }
});

t.test("of two set-ups at the same time one installs and the other waits", async (t) => {
  const dir = makeClone(t);
  const first = start(t, dir, ["scripts/setup.mjs"], { STANDIN_WAIT: "1" });
  await npmRuns(dir);
  const second = start(t, dir, ["scripts/setup.mjs"], { STANDIN_WAIT: "1" });
  await second.line("waiting for another set-up in this clone (.cache/setup.lock)");
  writeFileSync(path.join(dir, "go"), "");
  t.same([(await first.end).code, (await second.end).code], [0, 0]);
  t.same(calls(dir), [NPM_CI, "tsc -b", "tsc -b"]);
});

t.test("a signal during the set-up stops it, and the next one works", async (t) => {
  const dir = makeClone(t);
  const stopped = start(t, dir, ["scripts/start.mjs"], { STANDIN_WAIT: "1" });
  await npmRuns(dir);
  stopped.child.kill("SIGTERM");
  const { code, stderr } = await stopped.end;
  t.equal(code, 143);
  t.equal(stderr.at(-1), "cauditd: stopped by SIGTERM");
  t.notOk(isLocked(dir));
  t.same(calls(dir), [NPM_CI], "nothing was started after the signal");
  t.equal((await start(t, dir, ["scripts/setup.mjs"]).end).code, 0);
});

t.test("start runs cauditd on the demo, with further arguments and its exit code", async (t) => {
  const dir = makeClone(t);
  const { code, stdout } = await start(t, dir, ["scripts/start.mjs", "--for", "10s"]).end;
  t.equal(code, 3);
  t.same(stdout.slice(1), [
    `args up --config ${path.join(dir, "examples/demo/cauditd.yaml")} --for 10s`,
  ]);
});

t.test("cauditd gets the signals of start, and none that a terminal sends to start", async (t) => {
  const dir = makeClone(t);
  const running = start(t, dir, ["scripts/start.mjs"]);
  await running.line("args up");
  const pid = running.child.pid ?? 0;
  t.not(await running.line("group "), `group ${pid}`, "a process group of its own");
  process.kill(-pid, "SIGINT");
  await running.line("got SIGINT");
  process.kill(pid, "SIGTERM");
  const { code, stdout } = await running.end;
  t.equal(code, 7);
  t.same(stdout.slice(2), ["got SIGINT", "got SIGTERM"]);
});

t.test("a signal that comes again within a second is the same one", async (t) => {
  let now = 5;
  const isNew = newSignals(() => now);
  t.equal(isNew("SIGINT"), true);
  t.equal(isNew("SIGTERM"), true, "another signal");
  now = 1004;
  t.equal(isNew("SIGINT"), false);
  now = 1005;
  t.equal(isNew("SIGINT"), true);
});

t.test("cauditd is asked to stop when start is killed outright", async (t) => {
  const dir = makeClone(t);
  const running = start(t, dir, ["scripts/start.mjs"]);
  await running.line("args up");
  running.child.kill("SIGKILL");
  t.equal(await running.line("got SIGTERM"), "got SIGTERM");
  await running.end;
});

t.test("start stops cauditd when the npm that runs it is killed outright", async (t) => {
  const dir = makeClone(t);
  const npm =
    'require("node:child_process")' +
    '.spawn(process.execPath, ["scripts/start.mjs"], { stdio: "inherit" })';
  const running = start(t, dir, ["-e", npm], { npm_lifecycle_event: "start" });
  await running.line("args up");
  running.child.kill("SIGKILL");
  const { stdout } = await running.end;
  t.equal(stdout.at(-1), "got SIGTERM");
});

t.test("npm test runs every check and every test, and ends with the counts", async (t) => {
  const dir = makeClone(t);
  const env = { NATS_SERVER: natsServer(dir), STANDIN_TAP: PASSING };
  const { code, stdout } = await start(t, dir, ["scripts/test.mjs"], env).end;
  t.equal(code, 0);
  t.equal(stdout.at(-1), "5 passed, 0 failed");
  t.same(calls(dir), [
    NPM_CI,
    "tsc -b",
    "tsc -p test",
    "biome check .",
    "tap --disable-coverage --reporter=tap",
  ]);
  t.match(stdout.join("\n"), /^ok +a\.test\.ts +1 passed, 0 failed$/m);
});

t.test("npm test with files runs them, without types and lint", async (t) => {
  const dir = makeClone(t);
  const env = { NATS_SERVER: natsServer(dir), STANDIN_TAP: PASSING };
  const { code, stdout } = await start(t, dir, ["scripts/test.mjs", "a.test.ts"], env).end;
  t.equal(code, 0);
  t.equal(stdout.at(-1), "3 passed, 0 failed");
  t.same(calls(dir).slice(2), ["tap --disable-coverage --reporter=tap a.test.ts"]);
});

t.test("whatever fails in npm test is printed, counted, and makes exit code 1", async (t) => {
  const dir = makeClone(t);
  const good = { NATS_SERVER: natsServer(dir), STANDIN_TAP: PASSING };
  const failing = [
    { env: { STANDIN_FAIL: "tsc -b" }, says: "complaint of tsc -b", last: "4 passed, 1 failed" },
    {
      env: { STANDIN_FAIL: "tsc -p" },
      says: "complaint of tsc -p test",
      last: "4 passed, 1 failed",
    },
    { env: { STANDIN_FAIL: "biome" }, says: "complaint of biome", last: "4 passed, 1 failed" },
    { env: { NATS_SERVER: "none" }, says: "none does not exist", last: "4 passed, 1 failed" },
    {
      env: { STANDIN_TAP_CODE: "1" },
      says: "tap ended with exit code 1",
      last: "5 passed, 1 failed",
    },
    { env: { STANDIN_TAP: "" }, says: "tap ran no test", last: "4 passed, 1 failed" },
  ];
  for (const { env, says, last } of failing) {
    const { code, stdout } = await start(t, dir, ["scripts/test.mjs"], { ...good, ...env }).end;
    t.equal(code, 1, says);
    t.equal(stdout.at(-1), last, says);
    t.ok(
      stdout.some((line) => line.includes(says)),
      stdout.join("\n"),
    );
  }
});

t.test("what npm test leaves out is set up too, and its exit code passed on", async (t) => {
  const dir = makeClone(t);
  const program = "console.log(process.env.NATS_SERVER, process.argv[2]); process.exitCode = 4";
  writeFileSync(path.join(dir, "program.mjs"), program);
  const args = ["scripts/prepared.mjs", "--nats-server", "program.mjs", "--rounds"];
  const file = natsServer(dir);
  const env = { NATS_SERVER: "", PATH: ownPath(dir) };
  const { code, stdout } = await start(t, dir, args, env).end;
  t.equal(code, 4);
  t.same(stdout, [`${file} --rounds`]);
  t.same(calls(dir), [NPM_CI, "tsc -b"]);
  args.splice(1, 1);
  const without = await start(t, dir, args, { NATS_SERVER: "none" }).end;
  t.same(without.stdout, ["none --rounds"], "not looked for");
});

t.test("tap is put together once, where it comes with its own transpiler", async (t) => {
  const dir = makeClone(t);
  const built = path.join(dir, "node_modules/@tapjs/test/test-built/dist/esm");
  await start(t, dir, ["scripts/setup.mjs"]).end;
  mkdirSync(built, { recursive: true });
  writeFileSync(path.join(built, "index.js"), 'import * as Plugin from "@tapjs/typescript"');
  const env = { NATS_SERVER: natsServer(dir), STANDIN_TAP: PASSING };
  await start(t, dir, ["scripts/test.mjs", "a.test.ts"], env).end;
  t.same(calls(dir).slice(3), ["tap build", "tap --disable-coverage --reporter=tap a.test.ts"]);
  writeFileSync(path.join(built, "index.js"), "");
  await start(t, dir, ["scripts/test.mjs", "a.test.ts"], env).end;
  t.same(calls(dir).slice(6), ["tap --disable-coverage --reporter=tap a.test.ts"]);
  writeFileSync(path.join(built, "index.js"), '"@tapjs/typescript"');
  const refused = { ...env, STANDIN_FAIL: "tap build" };
  const { code, stdout } = await start(t, dir, ["scripts/test.mjs", "a.test.ts"], refused).end;
  t.equal(code, 1);
  t.match(stdout.join("\n"), /FAIL {2}tap build failed, exit code/);
});

/** Where a clone's own nats-server comes first. */
function ownPath(dir: string): string {
  return [dir, process.env["PATH"]].join(path.delimiter);
}

function natsServer(dir: string): string {
  const file = path.join(dir, "nats-server");
  writeFileSync(file, "#!/bin/sh\necho nats-server: v2.10.1\n");
  chmodSync(file, 0o755);
  return file;
}
