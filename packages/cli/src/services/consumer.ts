import { openNatsTenantReader, SCOPE_PATTERN } from "@cauditd/bus";
import { PatientReader } from "@cauditd/client";
import { Consumer, type Format, type Output, OutputFile } from "@cauditd/consumer";
import { parseFrom } from "../config/position.ts";
import { InputError } from "../terminal/input-error.ts";
import type { Io } from "../terminal/io.ts";
import { lockOutput } from "./output-lock.ts";

/** Options of `cauditd consumer`. */
export interface ConsumerCommandOptions {
  readonly nats?: string;
  readonly creds?: string;
  readonly ca?: string;
  readonly host?: string;
  readonly inbox?: string;
  readonly consumer?: string;
  readonly from?: string;
  readonly format?: Format;
  readonly out?: string;
}

/**
 * Hands the events of a tenant's stream on until a signal comes, through outages of the server.
 * @param scope `host` or the decimal contid
 * @returns the exit code: 0
 * @throws {InputError} for options that do not fit together; the output's errors; EACCES
 */
export async function consume(
  scope: string,
  options: ConsumerCommandOptions,
  io: Io,
): Promise<number> {
  const { nats, host, consumer, format = "raw" } = options;
  const problems: string[] = [];
  if (!SCOPE_PATTERN.test(scope)) problems.push(`${scope}: expected host or a contid in decimal`);
  if (nats === undefined) problems.push("--nats: the URL of a NATS server is needed, or NATS_URL");
  if (host === undefined) problems.push("--host: the name of the cauditd host is needed");
  if (consumer !== undefined && options.from !== undefined) {
    problems.push("--consumer and --from: a consumer remembers where it is");
  }
  if (nats === undefined || host === undefined || problems.length > 0) {
    throw new InputError(problems);
  }
  const from = options.from === undefined ? undefined : parseFrom(options.from);
  const stop = new AbortController();
  void io.stop.requested.then(() => stop.abort());
  const { creds, ca, inbox: inboxPrefix } = options;
  const reader = new PatientReader(
    () => openNatsTenantReader({ url: nats, host, scope, creds, ca, inboxPrefix }),
    { signal: stop.signal, onChange: (error) => tellChange(io, scope, error) },
  );
  const output = options.out === undefined ? toScreen(io) : await openOutput(options.out);
  const run = new Consumer({
    reader,
    output,
    format,
    consumer,
    from,
    signal: stop.signal,
    onGap: (gap) => io.log.warn({ scope, ...gap }, "serials are missing"),
  });
  try {
    await run.run();
  } finally {
    await reader.close();
    await output.close();
  }
  return 0;
}

function tellChange(io: Io, scope: string, error: Error | undefined): void {
  if (error === undefined) io.log.warn({ scope }, "the stream answers again");
  else io.log.warn({ scope, err: error }, "the stream does not answer");
}

/** A file that no other process writes. Errors as lockOutput and OutputFile.open. */
async function openOutput(path: string): Promise<Output> {
  const lock = await lockOutput(path);
  try {
    const file = await OutputFile.open(path);
    return {
      get position() {
        return file.position;
      },
      has: (batch) => file.has(batch),
      write: (text, upTo, batch) => file.write(text, upTo, batch),
      close: async () => {
        await file.close();
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

function toScreen(io: Io): Output {
  return {
    position: undefined,
    has: () => false,
    write: async (text) => {
      io.out(text);
      await io.drained?.();
    },
    close: async () => undefined,
  };
}
