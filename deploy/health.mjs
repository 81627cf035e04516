// The health check of a container: exit code 0 when the page answers with success.
//
//   node health.mjs URL
import process from "node:process";

const LIMIT_MS = 15_000;

try {
  const answer = await fetch(process.argv[2] ?? "", { signal: AbortSignal.timeout(LIMIT_MS) });
  process.stdout.write((await answer.text()).slice(0, 1000));
  process.exitCode = answer.ok ? 0 : 1;
} catch (error) {
  process.stdout.write(`${error}\n`);
  process.exitCode = 1;
}
