// Reads a tenant's stream from a position on, alone: the reader remembers how far it is.
import type { StoredBatch, TenantReader } from "@cauditd/bus";
import { eventsOf, type TenantEvent } from "./event.ts";
import { type Gap, GapWatch } from "./gap.ts";
import { isOver, pauseFor } from "./patient-reader.ts";

/** A place in a tenant's stream: behind the event of this serial. */
export interface Position {
  readonly generation: number;
  readonly serial: number;
}

/** Where reading begins: the oldest event that is kept, what comes from now on, or a position. */
export type From = "begin" | "end" | Position;

/** How a stream is followed. */
export interface FollowOptions {
  readonly from: From;
  /** Whether to wait for events that are not there yet. */
  readonly follow: boolean;
  /** Ends the iteration. */
  readonly signal?: AbortSignal;
  /** Waits until something may have come; by default a quarter of a second. */
  readonly pause?: (signal: AbortSignal | undefined) => Promise<void>;
}

/** An event, or what is missing before the next one. */
export type Followed =
  | { readonly event: TenantEvent; readonly gap?: undefined }
  | { readonly gap: Gap; readonly event?: undefined };

const PAUSE_MS = 250;

/**
 * Iterates over the events of a stream. What is behind the position comes once and in order; what
 * was lost, or is not kept any more, comes as a gap. To resume, start from the generation and
 * serial of the last event that was dealt with. Errors as TenantReader.read and bounds.
 */
export async function* followEvents(
  reader: TenantReader,
  options: FollowOptions,
): AsyncGenerator<Followed, void, void> {
  const { from, follow, signal, pause = quarter } = options;
  const watch = new GapWatch(typeof from === "string" ? undefined : from);
  let place = await placeOf(reader, from);
  while (!isOver(signal)) {
    const batch = await reader.read(place);
    if (batch === undefined) {
      if (!follow) return;
      await pause(signal);
      continue;
    }
    place = batch.place + 1;
    for (const event of eventsOf(batch)) {
      if (typeof from !== "string" && isBehind(event, from)) continue;
      const gap = watch.take(event.generation, event.serial);
      if (gap !== undefined) yield { gap };
      yield { event };
      if (isOver(signal)) return;
    }
  }
}

/** The place of the batch that reading begins with. */
async function placeOf(reader: TenantReader, from: From): Promise<number> {
  const { first, last } = await reader.bounds();
  if (from === "begin") return first;
  if (from === "end") return last + 1;
  // The batch that has the position, by halves: every batch says which serials it has.
  let [low, high] = [first, last + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const batch = await reader.read(middle);
    if (batch === undefined || !endsBehind(batch, from)) high = middle;
    else low = batch.place + 1;
  }
  return low;
}

/** Whether everything in the batch has been dealt with. */
function endsBehind(batch: StoredBatch, { generation, serial }: Position): boolean {
  if (batch.generation !== generation) return batch.generation < generation;
  return batch.last <= serial;
}

function isBehind(event: TenantEvent, { generation, serial }: Position): boolean {
  if (event.generation !== generation) return event.generation < generation;
  return event.serial <= serial;
}

/** Resolves after a quarter of a second, or when the signal comes. */
export function quarter(signal: AbortSignal | undefined): Promise<void> {
  return pauseFor(PAUSE_MS, signal);
}
