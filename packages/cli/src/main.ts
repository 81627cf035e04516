import { once } from "node:events";
import { AuditError } from "@cauditd/libaudit";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { pino } from "pino";
import type { ReplayOptions } from "./commands/replay.ts";
import type { CheckOptions, ExplainOptions } from "./commands/rules.ts";
import type { SimulateOptions } from "./commands/simulate.ts";
import type { TailOptions } from "./commands/tail.ts";
import { letHeapGrow } from "./heap.ts";
import { loadCommand } from "./load/load-command.ts";
import type { UpOptions } from "./node/up.ts";
import { withCredentials, withEnvironment, withServer } from "./services/server-options.ts";
import { serviceCommands } from "./services/service-commands.ts";
import { toldError } from "./services/told-error.ts";
import { InputError, systemReason, UsageError } from "./terminal/input-error.ts";
import { type Io, listenForStop } from "./terminal/io.ts";
import { psCommands } from "./watch/ps-commands.ts";

// Each command loads its own modules, so that none waits for those of the others.

/** The version of the packages. */
const VERSION = "0.1.0";
/** The longest time that a timer can wait. */
const MAX_SECONDS = 2_147_483;

/** Commands that read their arguments themselves (start.ts). */
const OWN_COMMANDS = `
With options of their own:
  search <name> [options of ausearch]  find events in the logs of an instance
  report <name> [options of aureport]  tables and counts of the logs of an instance
`;

/** Runs the `cauditd` command; returns its exit code: 0, 1 for errors, 2 for wrong usage. */
export async function run(argv: readonly string[]): Promise<number> {
  letHeapGrow();
  const stop = listenForStop();
  const stopped = new AbortController();
  void stop.requested.then(() => stopped.abort());
  const io: Io = {
    out: (text) => process.stdout.write(text),
    drained: () => drained(stopped.signal),
    err: (text) => process.stderr.write(text),
    terminal: process.stderr.isTTY === true,
    screen: process.stdout.isTTY === true,
    log: pino(
      { name: "cauditd", base: null, serializers: { err: toldError } },
      pino.destination({ fd: 2, sync: true }),
    ),
    stop,
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

/** Resolves when standard output takes more, or the signal comes. @throws as a write to it */
async function drained(signal: AbortSignal): Promise<void> {
  if (!process.stdout.writableNeedDrain) return;
  await once(process.stdout, "drain", { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

function failed(error: unknown, io: Io): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof InputError) {
    for (const problem of error.problems) io.err(`cauditd: ${problem}\n`);
    if (error instanceof UsageError) return 2;
  } else if (error instanceof AuditError) {
    io.err(`cauditd: ${error.message}\n`);
  } else {
    const { path } = error as NodeJS.ErrnoException;
    io.err(`cauditd: ${path === undefined ? "" : `${path}: `}${systemReason(error)}\n`);
  }
  return 1;
}

function commands(io: Io, done: (code: number) => void): Command {
  const program = new Command("cauditd")
    .description("An audit daemon for every container.")
    .version(VERSION)
    .exitOverride()
    .addHelpText("after", OWN_COMMANDS)
    .configureOutput({ writeOut: (text) => io.out(text), writeErr: io.err });
  const replaying = program
    .command("replay")
    .description("send recorded audit logs through the whole pipeline: one log per container out")
    .argument("<log...>", "audit logs, plain or gzip, in order of time; - is stdin")
    .requiredOption("--containers <file>", "JSON list of {name, contid, pid, parent?}")
    .requiredOption("--out <dir>", "folder for DIR/<name>/audit.log and DIR/host/audit.log")
    .option("--rules <file>", "rules for every instance, in auditctl's language")
    .addOption(
      new Option(
        "--rules-dir <dir>",
        "folder with NAME.rules for each instance that has rules",
      ).conflicts("rules"),
    )
    .option("--auditd-conf <file>", "auditd.conf for every instance: format, flush, rotation")
    .option("--force", "use an output folder that is not empty, replacing its logs");
  withServer(replaying, "send frames over this NATS server instead of the embedded bus")
    .option("--json", "print the accounts as JSON")
    .action(async (logs: string[], options: ReplayOptions) => {
      const { replay } = await import("./commands/replay.ts");
      done(await replay(logs, withCredentials(options), io));
    });
  const running = program
    .command("up")
    .description("run the dispatcher and one instance for the host and for each container")
    .option("--config <file>", "configuration (default: cauditd.yaml)");
  withServer(running, "NATS server (default: NATS_URL, the configuration, embedded bus)")
    .option("--for <seconds>", "stop after this time", secondsOf)
    .action(async (options: UpOptions) => {
      const { up } = await import("./node/up.ts");
      done(await up(withEnvironment(options), io));
    });
  psCommands(program, io, done);
  serviceCommands(program, io, done);
  loadCommand(program, io, done);
  ruleCommands(program, io, done);
  tailCommand(program, io, done);
  simulateCommand(program, io, done);
  return program;
}

function tailCommand(program: Command, io: Io, done: (code: number) => void): void {
  const command = program
    .command("tail")
    .description("print a tenant's own events, from its log or its stream; can be resumed")
    .argument("<name>", "the instance; over NATS its scope: host or the decimal contid")
    .option("--follow", "wait for events that are not there yet")
    .option("--from <place>", "begin, end, SERIAL or GENERATION:SERIAL of the last event seen")
    .addOption(new Option("--format <format>", "how events are printed").choices(["raw", "json"]))
    .option("--state <file>", "keep the position in this file, and go on from it")
    .option("--logs <dir>", "folder of the logs (default: var/log)");
  withServer(command, "read the tenant's stream on this NATS server")
    .option(
      "--host <name>",
      "name of the cauditd host on the NATS server, that of NATS_URL unless --nats",
    )
    .option("--inbox <prefix>", "prefix of reply subjects that these credentials may read")
    .option("--consumer <name>", "share this consumer's events with other readers of it")
    .action(async (name: string, options: TailOptions) => {
      const { tail } = await import("./commands/tail.ts");
      done(await tail(name, options, io));
    });
}

function ruleCommands(program: Command, io: Io, done: (code: number) => void): void {
  const rules = program.command("rules").description("check rules files, and see what they select");
  rules
    .command("check")
    .description("check a rules file and print it as auditctl -l would after loading it")
    .argument("<file>", "rules in auditctl's language; - is stdin")
    .option("--paths", "refuse watched paths that are not on this machine, as loading them would")
    .option("--json", "print rules and complaints as JSON")
    .action(async (file: string, options: CheckOptions) => {
      const { checkRules } = await import("./commands/rules.ts");
      done(await checkRules(file, options, io));
    });
  rules
    .command("explain")
    .description("say which rule decides on each event: sec.milli:serial, action, key, number")
    .argument("<log>", "audit log, plain or gzip; - is stdin")
    .requiredOption("--rules <file>", "rules in auditctl's language")
    .option("--json", "print one JSON object a line")
    .action(async (log: string, options: ExplainOptions) => {
      const { explainRules } = await import("./commands/rules.ts");
      done(await explainRules(log, options, io));
    });
}

function simulateCommand(program: Command, io: Io, done: (code: number) => void): void {
  program
    .command("simulate")
    .description("run a scenario of tasks, containers and daemons on an emulated kernel")
    .argument("<scenario>", "file with one step a line; - is stdin")
    .option("--mainline", "answer as kernels without the contid patches do")
    .option("--json", "print steps and results as JSON")
    .action(async (file: string, options: SimulateOptions) => {
      const { simulate } = await import("./commands/simulate.ts");
      done(await simulate(file, options, io));
    });
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (text.trim() === "" || !(seconds > 0 && seconds <= MAX_SECONDS)) {
    throw new InvalidArgumentError(`expected a number of seconds above 0, up to ${MAX_SECONDS}`);
  }
  return seconds;
}
