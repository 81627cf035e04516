// The commands that look at a running host.
import { type Command, InvalidArgumentError } from "commander";
import { withServer } from "../services/server-options.ts";
import type { Io } from "../terminal/io.ts";
import type { PsOptions } from "./ps.ts";
import type { TopOptions } from "./top.ts";

const MAX_COUNT = 1_000_000;
const MIN_INTERVAL_S = 0.1;
const MAX_INTERVAL_S = 3600;

/** Adds `ps` and `top` to the program. */
export function psCommands(program: Command, io: Io, done: (code: number) => void): void {
  look(program, "ps")
    .description("list the instances of a host: routed, filtered, lost by reason, backlog, written")
    .action(async (options: PsOptions) => {
      const { ps } = await import("./ps.ts");
      done(await ps(options, io));
    });
  look(program, "top")
    .description("show the instances of a host as they go")
    .option("--interval <seconds>", "time between two looks (default: 1)", intervalOf)
    .option("--count <n>", "looks after which it ends (default: at Ctrl-C)", countOf)
    .action(async (options: TopOptions) => {
      const { top } = await import("./top.ts");
      done(await top(options, io));
    });
}

function look(program: Command, name: string): Command {
  const command = program
    .command(name)
    .option("--config <file>", "whose control socket is asked (default: cauditd.yaml)")
    .option("--socket <path>", "control socket of a node (default: CAUDITD_SOCKET)");
  return withServer(command, "ask all processes of the host on this server (default: NATS_URL)")
    .option("--host <name>", "name of the cauditd host (default: CAUDITD_HOST, the machine)")
    .option("--principal <name>", "whose credentials they are (default: CAUDITD_PRINCIPAL)")
    .option("--json", "print JSON, a line for each look");
}

function intervalOf(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== "" && seconds >= MIN_INTERVAL_S && seconds <= MAX_INTERVAL_S) return seconds;
  throw new InvalidArgumentError(`expected seconds, ${MIN_INTERVAL_S} to ${MAX_INTERVAL_S}`);
}

function countOf(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= MAX_COUNT) return count;
  throw new InvalidArgumentError(`expected a number, 1 to ${MAX_COUNT}`);
}
