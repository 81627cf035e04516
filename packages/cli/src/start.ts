// Where the command begins. A search or a report has its own arguments, and must not wait for the
// modules of the other commands.
import { type DirectIo, directOutput } from "./terminal/direct-output.ts";

type OwnCommand = (argv: readonly string[], io: DirectIo) => Promise<number>;

/** Commands that read their arguments themselves, by name. */
const OWN: ReadonlyMap<string, () => Promise<OwnCommand>> = new Map([
  ["report", async () => (await import("./search/report.ts")).report],
  ["search", async () => (await import("./search/search.ts")).search],
]);

/** Runs `cauditd` with these arguments; returns its exit code. */
export async function start(
  argv: readonly string[],
  io: DirectIo = directOutput(),
): Promise<number> {
  const own = OWN.get(argv[0] ?? "");
  if (own === undefined) return await (await import("./main.ts")).run(argv);
  try {
    return await (await own())(argv.slice(1), io);
  } catch (error) {
    const { problemsOf } = await import("./terminal/input-error.ts");
    for (const problem of problemsOf(error)) io.err(`cauditd: ${problem}\n`);
    return 1;
  }
}
