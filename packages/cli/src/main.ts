import { AuditError } from "@cauditd/libaudit";
import { Command, CommanderError } from "commander";
import { pino } from "pino";
import { InputError, systemReason } from "./input-error.ts";
import { type Io, listenForStop } from "./io.ts";
import { type ReplayOptions, replay } from "./replay.ts";

/** The version of the packages. */
const VERSION = "0.1.0";

/** Runs the `cauditd` command; returns its exit code: 0, 1 for errors, 2 for wrong usage. */
export async function run(argv: readonly string[]): Promise<number> {
  const io: Io = {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    terminal: process.stderr.isTTY === true,
    log: pino({ name: "cauditd", base: null }, pino.destination({ fd: 2, sync: true })),
    stop: listenForStop(),
  };
  let code = 0;
  const program = commands(io, (result) => {
    code = result;
  });
  try {
    await program.parseAsync(argv, { from: "user" });
    return code;
  } catch (error) {
    return failed(error, io);
  }
}

function failed(error: unknown, io: Io): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof InputError) {
    for (const problem of error.problems) io.err(`cauditd: ${problem}\n`);
  } else if (error instanceof AuditError) {
    io.err(`cauditd: ${error.message}\n`);
  } else {
    io.err(`cauditd: ${systemReason(error)}\n`);
  }
  return 1;
}

function commands(io: Io, done: (code: number) => void): Command {
  const program = new Command("cauditd")
    .description("An audit daemon for every container.")
    .version(VERSION)
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.err });
  program
    .command("replay")
    .description("send recorded audit logs through the whole pipeline: one log per container out")
    .argument("<log...>", "audit logs, plain or gzip, in order of time; - is stdin")
    .requiredOption("--containers <file>", "JSON list of {name, contid, pid, parent?}")
    .requiredOption("--out <dir>", "folder for DIR/<name>/audit.log and DIR/host/audit.log")
    .option("--force", "use an output folder that is not empty, replacing its logs")
    .option("--nats <url>", "send frames over this NATS server instead of the embedded bus")
    .option("--creds <file>", "credentials file for the NATS server (default: NATS_CREDS)")
    .option("--json", "print the accounts as JSON")
    .action(async (logs: string[], options: ReplayOptions) => {
      const creds = options.creds ?? process.env["NATS_CREDS"];
      done(await replay(logs, creds === undefined ? options : { ...options, creds }, io));
    });
  return program;
}
