// Places in a tenant's events, as options and state files have them.
import type { From, Position } from "@cauditd/client";
import { UsageError } from "../terminal/input-error.ts";

const POSITION = /^(?:([1-9][0-9]{0,14}):)?([0-9]{1,10})$/;

/** What `--from` says. @throws {UsageError} */
export function parseFrom(text: string): From {
  if (text === "begin" || text === "end") return text;
  const position = parsePosition(text);
  if (position !== undefined) return position;
  throw new UsageError([`--from ${text}: expected begin, end, SERIAL or GENERATION:SERIAL`]);
}

/** `SERIAL` or `GENERATION:SERIAL`; undefined for anything else. */
export function parsePosition(text: string): Position | undefined {
  const found = POSITION.exec(text);
  const serial = Number(found?.[2]);
  if (found === null || serial > 0xffffffff) return undefined;
  return { generation: Number(found[1] ?? 1), serial };
}
