// The recorded log of three containers, and whose each of its events is by another evidence than
// cauditd's: every container ran under a uid of its own.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import type { LogEvent } from "./audit-log.ts";
import { events } from "./audit-log.ts";

const FOLDER = fileURLToPath(new URL("../corpus/containers", import.meta.url));

/** Paths of the recorded log and of what was registered. */
export const LOG: string = join(FOLDER, "audit.log.gz");
export const CONTAINERS: string = join(FOLDER, "containers.json");

/** Events and records of a scope. */
export interface Counts {
  readonly events: number;
  readonly records: number;
}

/** How many there should be, by container, of the host's own, and in all. */
export function expected(): Record<string, Counts> {
  return JSON.parse(readFileSync(join(FOLDER, "expected.json"), "utf8"));
}

/** contid by name. */
export function contids(): Map<string, string> {
  const list: { name: string; contid: string }[] = JSON.parse(readFileSync(CONTAINERS, "utf8"));
  return new Map(list.map(({ name, contid }) => [name, contid]));
}

/** The log, decompressed. */
export function logBytes(): Buffer {
  return gunzipSync(readFileSync(LOG));
}

/** The events of the log. */
export function logEvents(): LogEvent[] {
  return events(logBytes());
}

/** Before this second the uids of the containers were tried out, and no container ran. */
const REGISTERED = 1795459255;

/** The container that an event of the recorded log belongs to, or `host`. */
export function ownerOf(event: LogEvent): string {
  const uid = / uid=(2000[1-3]) /.exec(event.records[0] ?? "")?.[1];
  return uid !== undefined && event.second >= REGISTERED ? `c${uid}` : "host";
}
