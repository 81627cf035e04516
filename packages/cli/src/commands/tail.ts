import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  consumeEvents,
  type Followed,
  type From,
  followEvents,
  followLog,
  type Gap,
  type Position,
  type TenantEvent,
} from "@cauditd/client";
import { type Format, gapText, textOf } from "@cauditd/consumer";
import { AuditError } from "@cauditd/libaudit";
import { parseFrom, parsePosition } from "../config/position.ts";
import {
  type Environment,
  type ServerOptions,
  withCredentials,
  withEnvironment,
} from "../services/server-options.ts";
import { type StreamOptions, tenantStream } from "../services/tenant-stream.ts";
import { InputError, UsageError } from "../terminal/input-error.ts";
import type { Io } from "../terminal/io.ts";

/** Options of `cauditd tail`. */
export interface TailOptions extends StreamOptions {
  readonly follow?: boolean;
  readonly format?: Format;
  readonly logs?: string;
}

const DEFAULT_LOGS = "var/log";
/** Options that say something of a stream alone. */
const OVER_NATS = ["creds", "ca", "host", "inbox", "consumer"] as const;
/** Events between two writes of the state file. */
const STATE_EVENTS = 1000;

/**
 * Prints the events of a tenant: from its stream when a NATS server is given, else from its log.
 * @param name the instance's name, or over NATS its scope: `host` or the decimal contid
 * @returns the exit code: 0, also when a signal ends it
 * @throws {UsageError} for options that do not fit together, AuditError from the stream
 */
export async function tail(
  name: string,
  given: TailOptions,
  io: Io,
  env: Environment = process.env,
): Promise<number> {
  const options = withServerOf(given, env);
  const { follow = false, consumer } = options;
  const from = parseFrom(options.from ?? "begin");
  const stop = new AbortController();
  void io.stop.requested.then(() => stop.abort());
  const print = printer(options.format ?? "raw", io);
  if (options.nats === undefined) {
    const path = join(options.logs ?? DEFAULT_LOGS, name, "audit.log");
    const behind = await fromOf(from, options.state);
    const items = followLog(path, { from: behind, follow, signal: stop.signal });
    await followed(items, options, print);
    return 0;
  }
  const stream = tenantStream(name, options);
  const { signal } = stop;
  const reader = follow ? stream.patient(io, signal) : await stream.open();
  try {
    if (consumer === undefined) {
      const behind = await fromOf(from, options.state);
      await followed(followEvents(reader, { from: behind, follow, signal }), options, print);
    } else {
      for await (const { event, ack } of consumeEvents(reader, { consumer, follow, signal })) {
        await print.event(event);
        await ack();
      }
    }
  } catch (error) {
    // A call that the signal has cut has nothing to say.
    if (!signal.aborted || !(error instanceof AuditError)) throw error;
  } finally {
    await reader.close();
  }
  return 0;
}

/** The server is that of the environment only for what cannot be asked of a log. */
function withServerOf(given: TailOptions, env: Environment): TailOptions {
  const nats =
    given.nats ??
    (given.host === undefined ? undefined : withEnvironment<ServerOptions>({}, env).nats);
  if (nats !== undefined) return { ...withCredentials(given, env), nats };
  const problems = OVER_NATS.filter((option) => given[option] !== undefined).map(
    (option) => `--${option}: needs --nats, or --host with NATS_URL`,
  );
  if (problems.length > 0) throw new UsageError(problems);
  return given;
}

interface Print {
  /** Waits for a reader that is slow. */
  event(event: TenantEvent): Promise<void>;
  gap(gap: Gap): void;
}

function printer(format: Format, io: Io): Print {
  return {
    event: async (event) => {
      io.out(textOf(event, format));
      await io.drained?.();
    },
    gap: (gap) => {
      const { first, last, events } = gap;
      if (format === "json") io.out(gapText(gap, format));
      else io.err(`cauditd: ${events} events are missing: serials ${first} to ${last}\n`);
    },
  };
}

async function followed(
  items: AsyncIterable<Followed>,
  options: TailOptions,
  print: Print,
): Promise<void> {
  let last: Position | undefined;
  let unsaved = 0;
  const save = async (): Promise<void> => {
    if (options.state !== undefined && last !== undefined) await writeState(options.state, last);
    unsaved = 0;
  };
  try {
    for await (const { event, gap } of items) {
      if (gap !== undefined) {
        print.gap(gap);
        continue;
      }
      await print.event(event);
      last = { generation: event.generation, serial: event.serial };
      if (++unsaved >= STATE_EVENTS) await save();
    }
  } finally {
    await save();
  }
}

/** Where to begin: the state file's position, else what --from says. */
async function fromOf(from: From, state: string | undefined): Promise<From> {
  const saved = state === undefined ? undefined : await readState(state);
  return saved ?? from;
}

async function readState(path: string): Promise<Position | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw InputError.fromSystem(path, error);
  }
  const position = parsePosition(text.trim());
  if (position !== undefined) return position;
  throw new InputError([`${path}: expected GENERATION:SERIAL, as an earlier tail wrote it`]);
}

/** A crash leaves the old state or the new one. */
async function writeState(path: string, { generation, serial }: Position): Promise<void> {
  const temporary = `${path}.new`;
  try {
    await writeFile(temporary, `${generation}:${serial}\n`);
    await rename(temporary, path);
  } catch (error) {
    throw InputError.fromSystem(path, error);
  }
}
