// The commands that run one service each, as docker-compose does.
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Io } from "../terminal/io.ts";
import type { ConsumerCommandOptions } from "./consumer.ts";
import { withEnvironment, withServer } from "./server-options.ts";
import type { ServiceOptions } from "./service-connections.ts";
import type { WorkerOptions } from "./worker.ts";

/** Adds `dispatcher`, `auditd` and `consumer` to the program. */
export function serviceCommands(program: Command, io: Io, done: (code: number) => void): void {
  service(program, "dispatcher")
    .description("take records from the source and route them to the scopes' queues on NATS")
    .action(async (options: ServiceOptions) => {
      const { dispatcher } = await import("./dispatcher.ts");
      done(await dispatcher(withEnvironment(options), io));
    });
  service(program, "auditd")
    .description("serve instances that fall to this worker; any number of workers share them")
    .option("--name <name>", "this worker, over its restarts (default: the machine)", nameOf)
    .action(async (options: WorkerOptions) => {
      const { worker } = await import("./worker.ts");
      done(await worker(withEnvironment(options), io));
    });
  withServer(program.command("consumer"), "NATS server (default: NATS_URL)")
    .description("hand a tenant's events on until stopped: each once, through outages and restarts")
    .argument("<scope>", "host or the decimal contid")
    .option("--host <name>", "name of the cauditd host on the NATS server")
    .option("--inbox <prefix>", "prefix of reply subjects that these credentials may read")
    .option("--consumer <name>", "share this consumer's events with other processes")
    .option("--from <place>", "where new output begins: begin, end, SERIAL, GENERATION:SERIAL")
    .addOption(new Option("--format <format>", "how events are written").choices(["raw", "json"]))
    .option("--out <file>", "append to this file, and go on behind it (default: standard output)")
    .action(async (scope: string, options: ConsumerCommandOptions) => {
      const { consume } = await import("./consumer.ts");
      done(await consume(scope, withEnvironment(options), io));
    });
}

function service(program: Command, name: string): Command {
  const command = program
    .command(name)
    .option("--config <file>", "configuration (default: cauditd.yaml)");
  return withServer(command, "NATS server (default: NATS_URL, the configuration)");
}

function nameOf(text: string): string {
  if (/^[A-Za-z0-9-]{1,48}$/.test(text)) return text;
  throw new InvalidArgumentError("expected 1 to 48 letters, digits or `-`");
}
