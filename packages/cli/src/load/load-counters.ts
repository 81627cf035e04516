// What the instances have counted themselves, for the accounts of a load run.
import type { CountedElsewhere } from "@cauditd/loadtest";
import { type HostOptions, openScopes, type ScopeSource } from "../source/scope-source.ts";
import type { Io } from "../terminal/io.ts";
import { lossesOf, type ScopeRow } from "../watch/scope-rows.ts";

/** The counters of a host. */
export interface Counters {
  look(): Promise<ReadonlyMap<string, CountedElsewhere>>;
  close(): Promise<void>;
}

/**
 * Asks as `cauditd ps` does: over NATS when a server is named, else over the socket that is named,
 * or that the configuration has.
 * @returns undefined when nobody is named; and when nobody answers, which is told
 */
export async function openCounters(
  options: HostOptions,
  io: Pick<Io, "log">,
): Promise<Counters | undefined> {
  const { nats, config, socket } = options;
  if (nats === undefined && config === undefined && socket === undefined) return undefined;
  let source: ScopeSource | undefined;
  try {
    // A server is asked only when it is named.
    const { NATS_URL: _, ...env } = process.env;
    source = await openScopes(options, env);
    await source.look();
    const { look, close } = source;
    return { look: async () => countersOf((await look()).rows), close };
  } catch (error) {
    await source?.close();
    io.log.warn({ err: error }, "nobody tells what was filtered: only serials are counted");
    return undefined;
  }
}

/** What rows say of filtered and lost events, by scope. */
export function countersOf(rows: readonly ScopeRow[]): Map<string, CountedElsewhere> {
  return new Map(
    rows.map((row) => [
      row.scope,
      { filtered: (row.filtered ?? 0) + (row.disabled ?? 0), lost: lossesOf(row) },
    ]),
  );
}
