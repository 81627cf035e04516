// `npm test`: sets up what is missing, then runs every check and every test. Arguments go to tap
// (test files, or its options); with any, types and lint are left out. The last line of stdout
// is "N passed, N failed", and the exit code is 1 when anything failed.
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { catchSignals, run, runMain, SetupError, Stopped } from "./child.mjs";
import { ensureNatsServer } from "./nats-server.mjs";
import {
  checkNodeVersion,
  ensureBuild,
  ensureDependencies,
  ensureTapPlugins,
  ROOT,
} from "./setup.mjs";
import { countsText, makeParser, report } from "./tap-report.mjs";

const CHECK_LIMIT_MS = 5 * 60_000;

const total = { passed: 0, failed: 0, skipped: 0 };
const { signal } = catchSignals();
await runMain(async () => {
  try {
    await testAll(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof SetupError || error instanceof Stopped)) {
      throw error;
    }
    print(`FAIL  ${error.message}`);
    total.failed += 1;
    if (error instanceof Stopped) {
      print(countsText(total));
      return error.exitCode;
    }
  }
  print(countsText(total));
  return total.failed > 0 ? 1 : 0;
});

/**
 * @param {readonly string[]} args
 */
async function testAll(args) {
  checkNodeVersion();
  await ensureDependencies({ signal });
  await check("build (tsc -b)", () => ensureBuild({ signal }));
  if (args.length === 0) {
    await check("types of the tests (tsc -p test)", () => tool("typescript/bin/tsc", "-p", "test"));
    if (hasSources("bench")) {
      await check("types of bench (tsc -p bench)", () => tool("typescript/bin/tsc", "-p", "bench"));
    }
    await check("lint (biome check .)", () => tool("@biomejs/biome/bin/biome", "check", "."));
  }
  await ensureTapPlugins({ signal });
  const env = { ...process.env };
  await check("nats-server is there", async () => {
    env.NATS_SERVER = await ensureNatsServer({ signal });
  });
  await runTap(args, env);
}

/**
 * The compiler refuses a project without files.
 * @param {string} dir
 */
function hasSources(dir) {
  const names = existsSync(path.join(ROOT, dir)) ? readdirSync(path.join(ROOT, dir)) : [];
  return names.some((name) => name.endsWith(".ts"));
}

/**
 * One check that is no test file; it counts as one test.
 * @param {string} name
 * @param {() => Promise<void>} work
 */
async function check(name, work) {
  const started = performance.now();
  /** @type {string | undefined} */
  let problem;
  try {
    await work();
  } catch (error) {
    if (!(error instanceof SetupError)) {
      throw error;
    }
    problem = error.message;
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(2);
  print(`${problem === undefined ? "ok   " : "FAIL "} ${name}  ${seconds} s`);
  if (problem !== undefined) {
    print(problem);
  }
  total[problem === undefined ? "passed" : "failed"] += 1;
}

/**
 * Runs a program of node_modules.
 * @param {string} program
 * @param {readonly string[]} args
 */
async function tool(program, ...args) {
  const file = path.join(ROOT, "node_modules", program);
  const options = { cwd: ROOT, signal, timeoutMs: CHECK_LIMIT_MS };
  const { code, output, timedOut } = await run(process.execPath, [file, ...args], options);
  if (code !== 0) {
    throw new SetupError(timedOut ? `${output}\nno end after 5 minutes` : output);
  }
}

/**
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
async function runTap(args, env) {
  const parser = await makeParser(ROOT);
  const counts = report(parser, print);
  const program = path.join(ROOT, "node_modules/tap/dist/esm/run.mjs");
  const tap = [program, "--disable-coverage", "--reporter=tap"];
  const options = {
    cwd: ROOT,
    env,
    signal,
    onStdout: (/** @type {Buffer} */ b) => parser.write(b),
  };
  try {
    const { code } = await run(process.execPath, [...tap, ...args], options);
    parser.end();
    if (counts.passed + counts.failed + counts.skipped === 0) {
      print(`FAIL  tap ran no test (exit code ${code})`);
      total.failed += 1;
    } else if (code !== 0 && counts.failed === 0) {
      print(`FAIL  tap ended with exit code ${code}`);
      total.failed += 1;
    }
  } finally {
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
  }
}

/** @param {string} line */
function print(line) {
  process.stdout.write(`${line}\n`);
}
