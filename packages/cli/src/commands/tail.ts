import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openNatsTenantReader, SCOPE_PATTERN, type TenantReader } from "@cauditd/bus";
import {
  consumeEvents,
  type Followed,
  type FollowOptions,
  type From,
  followEvents,
  followLog,
  type Gap,
  type Position,
  type TenantEvent,
} from "@cauditd/client";
import { type Format, gapText, textOf } from "@cauditd/consumer";
import { parseFrom, parsePosition } from "../config/position.ts";
import { InputError } from "../terminal/input-error.ts";
import type { Io } from "../terminal/io.ts";

/** Options of `cauditd tail`. */
export interface TailOptions {
  readonly follow?: boolean;
  /** begin, end, a serial, or generation:serial. */
  readonly from?: string;
  readonly format?: Format;
  readonly logs?: string;
  readonly nats?: string;
  readonly creds?: string;
  readonly ca?: string;
  readonly host?: string;
  readonly inbox?: string;
  readonly consumer?: string;
  readonly state?: string;
}

const DEFAULT_LOGS = "var/log";
/** Events between two writes of the state file. */
const STATE_EVENTS = 1000;

/**
 * Prints the events of a tenant: from its stream when a NATS server is given, else from its log.
 * @param name the instance's name, or over NATS its scope: `host` or the decimal contid
 * @returns the exit code: 0, also when a signal ends it
 * @throws {InputError} for options that do not fit together, AuditError from the stream
 */
export async function tail(name: string, options: TailOptions, io: Io): Promise<number> {
  const stop = new AbortController();
  void io.stop.requested.then(() => stop.abort());
  const print = printer(options.format ?? "raw", io);
  if (options.nats === undefined) {
    if (options.consumer !== undefined) throw new InputError(["--consumer: needs --nats"]);
    const path = join(options.logs ?? DEFAULT_LOGS, name, "audit.log");
    const from = await fromOf(options);
    const items = followLog(path, { ...followOptions(options, from), signal: stop.signal });
    await followed(items, options, print);
    return 0;
  }
  const reader = await openReader(name, options, options.nats);
  try {
    if (options.consumer === undefined) {
      const from = await fromOf(options);
      const items = followEvents(reader, { ...followOptions(options, from), signal: stop.signal });
      await followed(items, options, print);
    } else {
      const { consumer, follow = false } = options;
      const items = consumeEvents(reader, { consumer, follow, signal: stop.signal });
      for await (const { event, ack } of items) {
        await print.event(event);
        await ack();
      }
    }
  } finally {
    await reader.close();
  }
  return 0;
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

async function openReader(name: string, options: TailOptions, url: string): Promise<TenantReader> {
  const problems: string[] = [];
  if (!SCOPE_PATTERN.test(name)) problems.push(`${name}: expected host or a contid in decimal`);
  if (options.host === undefined) problems.push("--host: the name of the cauditd host is needed");
  for (const place of ["from", "state"] as const) {
    if (options.consumer === undefined || options[place] === undefined) continue;
    problems.push(`--consumer and --${place}: a consumer remembers where it is`);
  }
  if (problems.length > 0) throw new InputError(problems);
  return openNatsTenantReader({
    url,
    host: options.host ?? "",
    scope: name,
    creds: options.creds,
    ca: options.ca,
    inboxPrefix: options.inbox,
  });
}

function followOptions(options: TailOptions, from: From): FollowOptions {
  return { from, follow: options.follow ?? false };
}

/** Where to begin: the state file's position, else what --from says, else the beginning. */
async function fromOf({ from = "begin", state }: TailOptions): Promise<From> {
  const saved = state === undefined ? undefined : await readState(state);
  if (saved !== undefined) return saved;
  return parseFrom(from);
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
