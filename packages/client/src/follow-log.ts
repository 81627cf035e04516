// Follows a log on this machine as a stream is followed: for a node without a NATS server.
import { AuditParser } from "@cauditd/auparse";
import { collectEvent, type TenantEvent } from "./event.ts";
import { type Followed, type FollowOptions, quarter } from "./follow.ts";
import { GapWatch } from "./gap.ts";
import { LogFiles } from "./log-files.ts";

/** A log does not say which life of a contid its events are of: it is that of the log. */
const GENERATION = 1;

/**
 * Iterates over the events of a log and its rotated files, oldest first, and of what is appended
 * when `follow` is set. Options as followEvents; a position's generation is 1. Errors: the file
 * system's.
 */
export async function* followLog(
  path: string,
  options: FollowOptions,
): AsyncGenerator<Followed, void, void> {
  const { from, follow, signal, pause = quarter } = options;
  const watch = new GapWatch(typeof from === "string" ? undefined : from);
  const behind = typeof from === "string" ? undefined : from.serial;
  const ready: TenantEvent[] = [];
  const parser = new AuditParser((event) => ready.push(collectEvent(event, GENERATION)));
  const files = new LogFiles(path);
  const take = function* (): Generator<Followed, void, void> {
    for (const event of ready.splice(0)) {
      if (behind !== undefined && isBehind(event.serial, behind)) continue;
      const gap = watch.take(GENERATION, event.serial);
      if (gap !== undefined) yield { gap };
      yield { event };
    }
  };
  try {
    if (from === "end") await files.skip();
    else {
      for await (const bytes of files.earlier()) {
        parser.push(bytes);
        yield* take();
        if (signal?.aborted === true) return;
      }
    }
    while (signal?.aborted !== true) {
      const bytes = await files.next();
      if (bytes !== undefined) parser.push(bytes);
      else if (follow) {
        // An instance writes an event in one go, so nothing of it is still to come.
        parser.flush();
        yield* take();
        await pause(signal);
      } else {
        parser.end();
        yield* take();
        return;
      }
      yield* take();
    }
  } finally {
    await files.close();
  }
}

/** Serials begin again behind 4294967295: half the numbers away is ahead. */
function isBehind(serial: number, position: number): boolean {
  return (position - serial + 2 ** 32) % 2 ** 32 < 2 ** 31;
}
