// Readers that share a consumer: each event goes to one of them, and comes again until it is
// acknowledged.
import type { BatchDelivery, TenantReader } from "@cauditd/bus";
import { eventsOf, type TenantEvent } from "./event.ts";

/** How a consumer is read. */
export interface ConsumeOptions {
  /** Name of the consumer, as the host has set it up. */
  readonly consumer: string;
  /** Batches in the hands of this reader at once, 1..64. Default: 8. */
  readonly batches?: number;
  /** Waits for events that are not there yet. Default: true. */
  readonly follow?: boolean;
  /** Ends the iteration; what is not acknowledged goes to another reader. */
  readonly signal?: AbortSignal;
}

/** An event that waits for its acknowledgement. */
export interface Consumed {
  readonly event: TenantEvent;
  /** True if a reader may have seen it before. */
  readonly redelivered: boolean;
  /**
   * The event is dealt with. A batch is acknowledged when all its events are: after a crash the
   * others of its batch come again. Resolves when the server knows, where it had to be told.
   */
  ack(): Promise<void>;
}

/** Longest time in ms that one pull waits. */
const WAIT_MS = 5_000;

/**
 * Iterates over the events that fall to this reader. Events of a batch come in order; with several
 * readers, batches do not. Without `follow` it ends when the consumer has nothing to give: what
 * other readers have not acknowledged is theirs. Errors as TenantReader.take.
 */
export async function* consumeEvents(
  reader: TenantReader,
  options: ConsumeOptions,
): AsyncGenerator<Consumed, void, void> {
  const { consumer, batches = 8, follow = true, signal } = options;
  /** Taken, and not yet acknowledged whole. */
  const held = new Set<BatchDelivery>();
  try {
    while (signal?.aborted !== true) {
      const taken = await reader.take(consumer, batches, follow ? WAIT_MS : 0);
      if (taken.length === 0 && !follow) return;
      for (const delivery of taken) {
        held.add(delivery);
        yield* eventsOfDelivery(delivery, held);
      }
    }
  } finally {
    for (const delivery of held) delivery.release();
  }
}

function* eventsOfDelivery(
  delivery: BatchDelivery,
  held: Set<BatchDelivery>,
): Generator<Consumed, void, void> {
  const events = eventsOf(delivery.batch);
  let left = events.length;
  for (const event of events) {
    let acknowledged = false;
    const ack = async (): Promise<void> => {
      if (acknowledged) return;
      acknowledged = true;
      left--;
      if (left > 0) return;
      held.delete(delivery);
      await delivery.ack();
    };
    yield { event, redelivered: delivery.redelivered, ack };
  }
}
