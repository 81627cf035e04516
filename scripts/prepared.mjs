// `node scripts/prepared.mjs [--nats-server] ARGUMENT ...`: sets up what is missing, as `npm test`
// does, then runs node with the arguments; with --nats-server, NATS_SERVER is set for it. For the
// long tests, the simulation and the benchmarks, which `npm test` leaves out.
import { catchSignals, run, runMain } from "./child.mjs";
import { ensureNatsServer } from "./nats-server.mjs";
import {
  checkNodeVersion,
  ensureBuild,
  ensureDependencies,
  ensureTapPlugins,
  ROOT,
} from "./setup.mjs";

const { signal } = catchSignals();
await runMain(async () => {
  checkNodeVersion();
  await ensureDependencies({ signal });
  await ensureBuild({ signal });
  await ensureTapPlugins({ signal });
  const args = process.argv.slice(2);
  const env = { ...process.env };
  if (args[0] === "--nats-server") {
    args.shift();
    env.NATS_SERVER = await ensureNatsServer({ signal });
  }
  const onStdout = (/** @type {Buffer} */ chunk) => void process.stdout.write(chunk);
  const { code } = await run(process.execPath, args, { cwd: ROOT, env, signal, onStdout });
  return code;
});
