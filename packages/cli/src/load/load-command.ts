// The command line of the load harness.
import { type Command, InvalidArgumentError, Option } from "commander";
import { withCredentials, withServer } from "../services/server-options.ts";
import type { Io } from "../terminal/io.ts";
import type { LoadCommandOptions } from "./load.ts";

const MAX_RATE = 1_000_000;
const MAX_SEED = 0xffffffff;
/** A day. */
const MAX_SECONDS = 86_400;

/** Adds `load` to the program. */
export function loadCommand(program: Command, io: Io, done: (code: number) => void): void {
  const command = program
    .command("load")
    .description(
      "write an emulated host's records to a node; see how fast, how late and whether all",
    )
    .option("--to <place>", "unix:PATH or tcp:HOST:PORT (default: `source` of the configuration)")
    .option("--config <file>", "the node's configuration: containers, logs, socket, source")
    .addOption(
      new Option("--containers <file>", "JSON list of {name, contid, pid, parent?}").conflicts(
        "config",
      ),
    )
    .option("--seed <n>", "names the run: the same events each time", wholeUpTo(0, MAX_SEED), 1)
    .option("--rate <n>", "events a second", wholeUpTo(1, MAX_RATE), 1000)
    .option("--for <seconds>", "how long records are sent", secondsOf, 10)
    .option(
      "--wait <seconds>",
      "longest time without any arrival at the end, and for the node to take records",
      secondsOf,
      10,
    )
    .option("--only <names>", "instances that are watched, with commas (default: all)")
    .option("--logs <dir>", "watch the logs in this folder (default: that of the configuration)");
  withServer(command, "watch the tenants' streams on this NATS server")
    .option(
      "--host <name>",
      "name of the cauditd host on the NATS server (default: that of the configuration)",
    )
    .option("--inbox <prefix>", "prefix of reply subjects that these credentials may read")
    .option("--socket <path>", "control socket that is asked for what was filtered and lost")
    .option("--json", "print JSON")
    .action(async (options: LoadCommandOptions) => {
      const { load } = await import("./load.ts");
      // A server is watched only when it is named: NATS_URL alone does not say so.
      done(await load(withCredentials(options), io));
    });
}

function wholeUpTo(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^[0-9]+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`expected a number, ${least} to ${most}`);
  };
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== "" && seconds > 0 && seconds <= MAX_SECONDS) return seconds;
  throw new InvalidArgumentError(`expected a number of seconds above 0, up to ${MAX_SECONDS}`);
}
