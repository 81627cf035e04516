// A tenant's stream, as the options of `tail` and `consumer` name it.
import { openNatsTenantReader, SCOPE_PATTERN, type TenantReader } from "@cauditd/bus";
import { PatientReader } from "@cauditd/client";
import { UsageError } from "../terminal/input-error.ts";
import type { Io } from "../terminal/io.ts";
import type { ServerOptions } from "./server-options.ts";

/** Options that name a stream, and how it is read. */
export interface StreamOptions extends ServerOptions {
  readonly host?: string;
  readonly inbox?: string;
  readonly consumer?: string;
  readonly from?: string;
  readonly state?: string;
}

/** A stream that can be read. */
export interface TenantStream {
  /** Connects. Errors as openNatsTenantReader. */
  open(): Promise<TenantReader>;
  /** A reader through outages of the server, which are told. */
  patient(io: Io, signal: AbortSignal): TenantReader;
}

/**
 * The stream of a scope.
 * @param scope `host` or the decimal contid
 * @throws {UsageError} for options that are missing, or do not fit together
 */
export function tenantStream(scope: string, options: StreamOptions): TenantStream {
  const { nats, creds, ca, host, inbox: inboxPrefix, consumer } = options;
  const problems: string[] = [];
  if (!SCOPE_PATTERN.test(scope)) problems.push(`${scope}: expected host or a contid in decimal`);
  if (nats === undefined) problems.push("--nats: the URL of a NATS server is needed, or NATS_URL");
  if (host === undefined) problems.push("--host: the name of the cauditd host is needed");
  for (const place of ["from", "state"] as const) {
    if (consumer === undefined || options[place] === undefined) continue;
    problems.push(`--consumer and --${place}: a consumer remembers where it is`);
  }
  if (nats === undefined || host === undefined || problems.length > 0) {
    throw new UsageError(problems);
  }
  const open = () => openNatsTenantReader({ url: nats, host, scope, creds, ca, inboxPrefix });
  return {
    open,
    patient: (io, signal) =>
      new PatientReader(open, { signal, onChange: (error) => tellChange(io, scope, error) }),
  };
}

function tellChange(io: Io, scope: string, error: Error | undefined): void {
  if (error === undefined) io.log.warn({ scope }, "the stream answers again");
  else io.log.warn({ scope, err: error }, "the stream does not answer");
}
