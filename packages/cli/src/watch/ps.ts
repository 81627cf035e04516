import type { ProcessStats } from "@cauditd/operations";
import { type HostOptions, openScopes } from "../source/scope-source.ts";
import type { Io } from "../terminal/io.ts";
import { scopeRowsTable } from "./scope-rows.ts";

/** Options of `cauditd ps`. */
export interface PsOptions extends HostOptions {
  readonly json?: boolean;
}

/**
 * Lists the instances of a host, and the processes that it has.
 * @returns the exit code: 0; 1 when something is wrong with one of them
 * @throws as openScopes
 */
export async function ps(options: PsOptions, io: Pick<Io, "out">): Promise<number> {
  const source = await openScopes(options, process.env);
  try {
    const { rows, processes } = await source.look();
    if (options.json === true) io.out(`${JSON.stringify({ scopes: rows, processes })}\n`);
    else {
      io.out(scopeRowsTable(rows));
      for (const one of processes ?? []) io.out(processLine(one));
    }
    const wrong = processes?.some(({ problems }) => problems.length > 0) ?? false;
    return wrong ? 1 : 0;
  } finally {
    await source.close();
  }
}

/** A process on a line, and a line for each thing that is wrong with it. */
export function processLine({
  role,
  name,
  pid,
  uptime,
  problems,
  instances,
}: ProcessStats): string {
  const scopes = role === "dispatcher" ? "" : `, ${instances.length} instances`;
  const lines = [`${role} ${name}: pid ${pid}, up ${uptime} s${scopes}`];
  return [...lines, ...problems.map((problem) => `  ${problem}`)]
    .map((line) => `${line}\n`)
    .join("");
}
