// Follows a log on this machine as a stream is followed: for a node without a NATS server.
import { EventScan, firstSerial, pickEvents } from "@cauditd/auparse";
import { eventIn, type TenantEvent } from "./event.ts";
import { type Followed, type FollowOptions, quarter } from "./follow.ts";
import { GapWatch } from "./gap.ts";
import { LogFiles } from "./log-files.ts";

/** A log does not say which life of a contid its events are of: it is that of the log. */
const GENERATION = 1;
const SERIALS = 2 ** 32;

/**
 * Iterates over the events of a log and its rotated files, oldest first, and of what is appended
 * when `follow` is set. Records of the daemon itself, whose serials are of another count, are left
 * out. Options as followEvents; a position's generation is 1. Errors: the file system's; ENOENT
 * when the log's folder is not there.
 */
export async function* followLog(
  path: string,
  options: FollowOptions,
): AsyncGenerator<Followed, void, void> {
  const { from, follow, signal, pause = quarter } = options;
  const watch = new GapWatch(typeof from === "string" ? undefined : from);
  const events = new LoggedEvents(typeof from === "string" ? undefined : from.serial);
  const files = new LogFiles(path);
  const take = function* (taken: readonly TenantEvent[]): Generator<Followed, void, void> {
    for (const event of taken) {
      const gap = watch.take(GENERATION, event.serial);
      if (gap !== undefined) yield { gap };
      yield { event };
    }
  };
  try {
    await files.expectFolder();
    if (from === "end") await files.skip();
    else {
      for await (const bytes of files.earlier()) {
        yield* take(events.push(bytes));
        if (signal?.aborted === true) return;
      }
    }
    while (signal?.aborted !== true) {
      const bytes = await files.next();
      if (bytes !== undefined) {
        yield* take(events.push(bytes));
        continue;
      }
      // An instance writes an event in one go, so nothing of it is still to come.
      yield* take(events.flush());
      if (!follow) return;
      await pause(signal);
    }
  } finally {
    await files.close();
  }
}

/** The events of an instance, in bytes that come in parts. */
class LoggedEvents {
  #rest: Buffer = Buffer.alloc(0);
  /** Serial of the last event; undefined before the first. */
  #last: number | undefined;

  /** @param behind serial of the last event that is not wanted; without it, all are */
  constructor(behind?: number) {
    this.#last = behind;
  }

  push(bytes: Buffer): TenantEvent[] {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    return this.#take();
  }

  /** What is there is whole. */
  flush(): TenantEvent[] {
    return this.#take("unknown");
  }

  #take(next?: "unknown"): TenantEvent[] {
    const first = firstSerial(this.#rest);
    const behind = this.#last ?? (first === undefined ? undefined : first - 1);
    if (behind === undefined) return [];
    // Half the numbers away: everything that is ahead.
    const upTo = (behind + SERIALS / 2 - 1) % SERIALS;
    const { lines, last, used } = pickEvents(this.#rest, { behind, upTo }, next);
    // The rest is copied, as what it is a part of is used again.
    this.#rest = Buffer.from(this.#rest.subarray(used));
    this.#last = last;
    const events: TenantEvent[] = [];
    if (lines === undefined) return events;
    for (const scan = new EventScan(lines.bytes); scan.next(); ) {
      events.push(eventIn(lines.bytes, scan, GENERATION));
    }
    return events;
  }
}
