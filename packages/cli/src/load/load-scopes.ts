// What a load run watches: instances' logs, or tenants' streams.
import { join } from "node:path";
import { openNatsTenantReader, type TenantReader } from "@cauditd/bus";
import { followEvents, followLog, PatientReader, type Position, pauseFor } from "@cauditd/client";
import type { LoadScope } from "@cauditd/loadtest";
import { InputError } from "../terminal/input-error.ts";
import type { Io } from "../terminal/io.ts";

/** Options that say what is watched. */
export interface LoadScopesOptions {
  readonly logs?: string;
  readonly nats?: string;
  readonly creds?: string;
  readonly ca?: string;
  readonly host?: string;
  readonly inbox?: string;
}

/** A scope that is let go of in the end. */
export interface WatchedScope extends LoadScope {
  close(): Promise<void>;
}

/** Time between two looks, ms: no latency is measured finer. */
const LOOK_MS = 10;
const pause = (signal: AbortSignal | undefined): Promise<void> => pauseFor(LOOK_MS, signal);

/** An instance's log, behind what it has now. @throws {InputError} when its folder is not there */
export async function logScope(name: string, scope: string, logs: string): Promise<WatchedScope> {
  const path = join(logs, name, "audit.log");
  let from: Position = { generation: 1, serial: 0 };
  try {
    for await (const { event } of followLog(path, { from: "begin", follow: false })) {
      if (event !== undefined) from = { generation: event.generation, serial: event.serial };
    }
  } catch (cause) {
    throw InputError.fromSystem(path, cause);
  }
  return {
    ...{ name, scope },
    follow: (signal) => followLog(path, { from, follow: true, signal, pause }),
    close: async () => undefined,
  };
}

/** A tenant's stream, behind what it has now; a server that is away is waited for. */
export async function streamScope(
  name: string,
  scope: string,
  { nats: url = "", creds, ca, host = "", inbox: inboxPrefix }: LoadScopesOptions,
  io: Io,
  stop: AbortSignal,
): Promise<WatchedScope> {
  const reader = new PatientReader(
    () => openNatsTenantReader({ url, host, scope, creds, ca, inboxPrefix }),
    { signal: stop, onChange: (error) => tellChange(io, scope, error) },
  );
  const from = await endOf(reader);
  return {
    ...{ name, scope },
    follow: (signal) => followEvents(reader, { from, follow: true, signal, pause }),
    close: () => reader.close(),
  };
}

/** The position of the last event; before the first one of an empty stream. */
async function endOf(reader: TenantReader): Promise<Position> {
  const { first, last } = await reader.bounds();
  // Behind the last batch there may be marks of owners, which are not read.
  for (let place = last; place >= first; place--) {
    const batch = await reader.read(place);
    if (batch !== undefined) return { generation: batch.generation, serial: batch.last };
  }
  return { generation: 1, serial: 0 };
}

function tellChange(io: Io, scope: string, error: Error | undefined): void {
  if (error === undefined) io.log.warn({ scope }, "the stream answers again");
  else io.log.warn({ scope, err: error }, "the stream does not answer");
}
