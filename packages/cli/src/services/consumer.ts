import { Consumer, type Format, type Output, OutputFile } from "@cauditd/consumer";
import { parseFrom } from "../config/position.ts";
import type { Io } from "../terminal/io.ts";
import { lockOutput } from "./output-lock.ts";
import { type StreamOptions, tenantStream } from "./tenant-stream.ts";

/** Options of `cauditd consumer`. */
export interface ConsumerCommandOptions extends Omit<StreamOptions, "state"> {
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
  const { consumer, format = "raw" } = options;
  const stream = tenantStream(scope, options);
  const from = options.from === undefined ? undefined : parseFrom(options.from);
  const stop = new AbortController();
  void io.stop.requested.then(() => stop.abort());
  const reader = stream.patient(io, stop.signal);
  const output = options.out === undefined ? toScreen(io) : await openOutput(options.out, format);
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

/** A file that no other process writes. Errors as lockOutput and OutputFile.open. */
async function openOutput(path: string, format: Format): Promise<Output> {
  const lock = await lockOutput(path);
  try {
    const file = await OutputFile.open(path, format);
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
