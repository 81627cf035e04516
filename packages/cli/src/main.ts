import { AuditError } from "@cauditd/libaudit";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { pino } from "pino";
import { InputError, systemReason } from "./input-error.ts";
import { type Io, listenForStop } from "./io.ts";
import { type ReplayOptions, replay } from "./replay.ts";
import { type UpOptions, up } from "./up.ts";

/** The version of the packages. */
const VERSION = "0.1.0";

/** Runs the `cauditd` command; returns its exit code: 0, 1 for errors, 2 for wrong usage. */
export async function run(argv: readonly string[]): Promise<number> {
  const io: Io = {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    terminal: process.stderr.isTTY === true,
    screen: process.stdout.isTTY === true,
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
      done(await replay(logs, withCreds(options), io));
    });
  program
    .command("up")
    .description("run the dispatcher and one instance for the host and for each container")
    .option("--config <file>", "configuration (default: cauditd.yaml)")
    .option("--nats <url>", "NATS server (default: NATS_URL, the configuration, embedded bus)")
    .option("--creds <file>", "credentials file for the NATS server (default: NATS_CREDS)")
    .option("--for <seconds>", "stop after this time", secondsOf)
    .action(async (options: UpOptions) => {
      const nats = options.nats ?? process.env["NATS_URL"];
      done(await up(withCreds(nats === undefined ? options : { ...options, nats }), io));
    });
  return program;
}

function withCreds<T extends { readonly creds?: string }>(options: T): T {
  const creds = options.creds ?? process.env["NATS_CREDS"];
  return creds === undefined ? options : { ...options, creds };
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (text.trim() === "" || !(seconds > 0)) {
    throw new InvalidArgumentError("expected a number of seconds above 0");
  }
  return seconds;
}
