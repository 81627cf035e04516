// What the bus asks of a JetStream server, in its own words: the seam between queues and wire.
import { AuditError, Errno } from "@cauditd/libaudit";
import type { Lease, PublishOutcome } from "../bus.ts";
import type { Place, SourceRange } from "../place.ts";

/** What travels in the headers of a stored frame. */
export interface FrameTag extends Place {
  readonly source?: SourceRange | undefined;
  /** Bytes of all frames of the scope up to and including this one. */
  readonly total: number;
}

/** One stored frame, looked at without taking it. */
export interface StoredFrame extends FrameTag {
  readonly bytes: number;
}

/** One frame as the server delivered it. */
export interface Arrival {
  readonly frame: Uint8Array;
  /** Undefined when the headers are not those of a frame. */
  readonly tag: FrameTag | undefined;
  readonly streamSequence: number;
  /** 1 for the first delivery since `attach`, then rising by one. */
  readonly deliverySequence: number;
  /** Frames of the scope still to be delivered. */
  readonly pending: number;
  /** Resolves once the server has confirmed, or cannot any more. Never rejects. */
  ack(): Promise<void>;
}

/** Who wants a scope's frames. */
export interface Claim {
  readonly window: number;
  /** Names this subscription to other processes. */
  readonly owner: string;
  readonly lease: Lease | undefined;
}

/** A scope's consumer, made anew: delivery starts at the oldest stored frame. */
export interface Attachment {
  /** Identity of the stream: another value means that stream sequences started again. */
  readonly born: string;
  /** Stream sequence up to which an earlier subscriber may have seen frames. */
  readonly seen: number;
  readonly pending: number;
  /** The consumer's name. */
  readonly consumer: string;
}

/** Where the deliveries of one attachment arrive. */
export interface Inbox {
  /** Asks for up to `batch` frames; the server answers status 408 after `expires` ms. */
  pull(batch: number, expires: number): void;
  close(): void;
}

/** Receives what an inbox gets. Neither may throw. */
export interface InboxListener {
  arrival(arrival: Arrival): void;
  /** A status of the server: 404, 408 and 409 are about a pull, 503 means nobody answers. */
  status(code: number, text: string): void;
}

/** Hears about the connection that deliveries come through. */
export interface LinkListener {
  lost(): void;
  back(): void;
}

/**
 * The frames of one cauditd host in one JetStream stream. Every method but `ready` makes one
 * attempt, which fails with Unanswered when a later attempt may do better.
 */
export interface FrameStream {
  /** Resolves when connected, or after `ms`. Rejects with ENOTCONN when that is never again. */
  ready(ms: number): Promise<void>;
  store(scope: string, id: string, tag: FrameTag, frame: Uint8Array): Promise<PublishOutcome>;
  /** Frames stored for a scope. */
  count(scope: string): Promise<number>;
  peek(scope: string, end: "first" | "last"): Promise<StoredFrame | undefined>;
  purge(scope: string): Promise<void>;
  /** Makes the scope's consumer anew; EBUSY when another claim goes before this one. */
  attach(scope: string, claim: Claim): Promise<Attachment>;
  /** Where deliveries of a consumer arrive; `scope` is that of the attachment. */
  inbox(scope: string, consumer: string, listener: InboxListener): Inbox;
  /** Tells `listener` about the link of deliveries; the result ends that. */
  watch(listener: LinkListener): () => void;
  /** Resolves once the server has seen all that was sent on the link of deliveries, or it broke. */
  flush(): Promise<void>;
}

/** An attempt got no answer: whether it took effect is not known. */
export class Unanswered extends Error {
  override readonly name: string = "Unanswered";
}

const RETRY_MS = 50;

/** Resolves after `ms`. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** Resolves when `work` has settled, or after `ms`, whichever is first. */
export async function settledWithin(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  const settled = work.then(
    () => undefined,
    () => undefined,
  );
  await Promise.race([settled, late]);
  clearTimeout(timer);
}

/**
 * Makes attempts until one is answered or `ms` have passed: ETIMEDOUT with `op` then. `attempt` is
 * called with 1, 2, ...
 */
export async function answered<T>(
  stream: Pick<FrameStream, "ready">,
  ms: number,
  op: string,
  attempt: (count: number) => Promise<T>,
): Promise<T> {
  const deadline = performance.now() + ms;
  for (let count = 1; ; count++) {
    try {
      return await attempt(count);
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
      const left = deadline - performance.now();
      if (left <= 0) throw timedOut(op, ms, error);
      await pause(Math.min(RETRY_MS, left));
      await stream.ready(Math.max(0, deadline - performance.now()));
    }
  }
}

function timedOut(op: string, ms: number, cause: Unanswered): AuditError {
  return new AuditError(Errno.ETIMEDOUT, `${op}: ${cause.message}, ${ms} ms`, { cause });
}
