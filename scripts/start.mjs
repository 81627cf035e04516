// `npm start`: sets up what is missing, then runs a node on the demo configuration. Further
// arguments go to `cauditd up`: npm start -- --for 10s
import { spawn } from "node:child_process";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { catchSignals, newSignals, runMain, SetupError, signalExitCode } from "./child.mjs";
import { checkNodeVersion, ensureBuild, ensureDependencies, ROOT } from "./setup.mjs";

const caught = catchSignals();
await runMain(async () => {
  const { signal } = caught;
  checkNodeVersion();
  await ensureDependencies({ signal });
  await ensureBuild({ signal });
  signal.throwIfAborted();
  return await runNode(process.argv.slice(2));
});

/**
 * Runs cauditd in a process group of its own, so that every signal it gets is one passed on
 * here, once.
 * @param {readonly string[]} extra
 * @returns {Promise<number>} its exit code, or 128 plus the number of the signal that ended it
 */
function runNode(extra) {
  const leash = pathToFileURL(path.join(ROOT, "scripts/leash.mjs")).href;
  const program = path.join(ROOT, "packages/cli/bin/cauditd.mjs");
  const config = path.join(ROOT, "examples/demo/cauditd.yaml");
  const args = ["--import", leash, program, "up", "--config", config, ...extra];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      detached: true,
      stdio: ["inherit", "inherit", "inherit", "pipe"],
    });
    const isNew = newSignals();
    caught.onSignal = (name) => {
      if (isNew(name)) {
        // To a daemon SIGHUP means "read your configuration again"; here the terminal went away.
        child.kill(name === "SIGHUP" ? "SIGTERM" : name);
      }
    };
    followTerminal(child);
    child.on("error", (error) => reject(new SetupError(`cauditd did not start: ${error.message}`)));
    child.on("exit", (code, name) => {
      stopFollowing();
      resolve(name ? signalExitCode(name) : (code ?? 1));
    });
  });
}

/**
 * Passes on what a terminal tells its foreground group only: suspend, resume, a new size.
 * @param {import("node:child_process").ChildProcess} child
 */
function followTerminal(child) {
  process.on("SIGWINCH", () => child.kill("SIGWINCH"));
  process.on("SIGCONT", () => child.kill("SIGCONT"));
  process.on("SIGTSTP", () => {
    child.kill("SIGSTOP");
    process.kill(process.pid, "SIGSTOP");
  });
}

function stopFollowing() {
  for (const name of ["SIGWINCH", "SIGCONT", "SIGTSTP"]) {
    process.removeAllListeners(name);
  }
}
