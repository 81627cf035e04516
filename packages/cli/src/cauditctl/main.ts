import { fileURLToPath } from "node:url";
import { AuditError } from "@cauditd/libaudit";
import { thisMachine } from "../node/machine.ts";
import { InputError } from "../terminal/input-error.ts";
import { readCommandLine } from "./arguments.ts";
import { Auditctl, type Output } from "./auditctl.ts";
import { type Environment, LazyControl, Unreachable } from "./connection.ts";
import { Requests } from "./requests.ts";
import { usageText, VERSION_TEXT } from "./usage.ts";

const PROGRAM = fileURLToPath(new URL("../../bin/cauditctl.mjs", import.meta.url));

/**
 * Runs the `cauditctl` command.
 * @param args as Node gives them
 * @param output its text is bytes, latin1
 * @returns auditctl's exit codes; 1 when the host cannot be asked or refuses a command that
 * auditctl does not have, 2 for wrong usage of one
 */
export async function runCauditctl(
  args: readonly string[],
  env: Environment,
  output: Output,
): Promise<number> {
  const { own, rest, problem } = readCommandLine(args.map(latin1));
  if (problem !== undefined) {
    output.err(`cauditctl: ${problem}\n`);
    return 2;
  }
  if (own.command === undefined) {
    if (rest.length === 0) {
      output.out(usageText());
      return 1;
    }
    if (rest.length === 1 && (rest[0] === "-h" || rest[0] === "--help")) {
      output.out(usageText());
      return rest[0] === "-h" ? 255 : 0;
    }
    if (rest.length === 1 && (rest[0] === "-v" || rest[0] === "--version")) {
      output.out(VERSION_TEXT);
      return 0;
    }
  }
  try {
    const client = new LazyControl(own, env);
    try {
      const requests = new Requests(client, own.instance ?? "host", own.floor === true);
      const json = own.json === true;
      if (own.command !== undefined) {
        const { runOwn } = await import("./own-commands.ts");
        return await runOwn(own.command, requests, output, json);
      }
      const context = thisMachine();
      return await new Auditctl({ requests, context, output, json, exe: PROGRAM }).run(rest);
    } finally {
      await client.close();
    }
  } catch (error) {
    return failed(error, output);
  }
}

function failed(error: unknown, output: Output): number {
  const known = error instanceof Unreachable || error instanceof AuditError;
  if (error instanceof InputError) {
    for (const line of error.problems) output.err(`cauditctl: ${line}\n`);
  } else if (known) output.err(`cauditctl: ${error.message}\n`);
  else throw error;
  return 1;
}

/** Arguments are bytes for auditctl. */
function latin1(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
