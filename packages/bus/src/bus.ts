// The contract of the bus: one bounded queue of frames per scope, and what every kind of bus keeps.
import { AuditError, Errno } from "@cauditd/libaudit";
import { MAX_FRAME_BYTES, SCOPE_PATTERN } from "./frame/frame.ts";
import type { Place, SourceRange } from "./place.ts";

/** Largest number of unacknowledged deliveries that a subscription may ask for. */
export const WINDOW_MAX = 1024;

/** `full`: nothing was stored. `duplicate`: this sequence was stored by an earlier call. */
export type PublishOutcome = "stored" | "duplicate" | "full";

/** One frame, handed to the subscriber of its scope. */
export interface Delivery extends Place {
  /** The subscriber may keep these bytes; they are a view and must not be written to. */
  readonly frame: Uint8Array;
  /** As published. */
  readonly source: SourceRange | undefined;
  /** True if an earlier subscriber may have seen this frame. */
  readonly redelivered: boolean;
  /**
   * Takes the frame off the queue, soon after the call. A second call, and a call after the
   * subscription has ended, do nothing.
   */
  ack(): void;
}

/** The one subscriber of a scope. */
export interface Subscription {
  /** Begins delivery to a subscription that was made `paused`; does nothing to another. */
  resume(): void;
  /**
   * Ends the subscription. No delivery follows once it resolves; frames that are not acknowledged
   * are delivered again, in order, to the next subscriber. Closing twice is allowed.
   */
  close(): Promise<void>;
}

/**
 * What is stored and not yet acknowledged. An acknowledgement shows up soon after `ack()`. Bytes
 * are the frames' own; over NATS they are exact while frames are acknowledged in order.
 */
export interface QueueState {
  frames: number;
  bytes: number;
}

/** Bounds of every scope's queue; both at least 1. A frame that would pass one is not stored. */
export interface QueueLimits {
  frames: number;
  bytes: number;
}

/** How a scope is subscribed to. */
export interface SubscribeOptions {
  /** Most unacknowledged deliveries of a subscription, 1..WINDOW_MAX. */
  window: number;
  /** Nothing is delivered before `resume`: the scope is claimed, and nobody else is served. */
  paused?: boolean;
  /** The subscriber owns the scope by a lease. Without, it has the scope while it lives. */
  lease?: Lease;
}

/** The right to a scope for a time. */
export interface Lease {
  /** Rises with each change of owner: a subscriber with a higher token takes the scope. */
  readonly token: number;
  /** Whether the lease holds now: nothing is asked for and nothing acknowledged behind its end. */
  holds(): boolean;
}

/** Called for each frame, in order. What it throws goes to the error listener. */
export type DeliveryListener = (delivery: Delivery) => void;

/**
 * Called with what the delivery listener threw, with EBADMSG for stored bytes that are no frame,
 * and with the error that ended the subscription: ENOENT when the scope was removed; over NATS also
 * EBUSY when another process became the subscriber during an outage or with a higher token, and
 * what the server said.
 */
export type ErrorListener = (error: Error) => void;

/**
 * A bounded first-in first-out queue of frames per scope, delivered at least once.
 *
 * A scope is `host` or a contid in decimal (EINVAL otherwise). A scope has one publisher, whose
 * sequences rise, and at most one subscriber. A full or slow scope delays no other. After
 * `close()` every call but `close()` ends in ESHUTDOWN.
 */
export interface Bus {
  readonly kind: "memory" | "nats";

  /**
   * Stores a frame. The caller gives the bytes away: they are not copied, and must not be written
   * to afterwards. Frames of a scope are stored in the order of the calls, awaited or not; a
   * caller keeps one call in flight per scope, as calls that wait are not bounded. `sequence` is
   * an integer from 0 and rises within a scope; one that is not above the last stored sequence is
   * a duplicate. Errors: EINVAL (scope, sequence), EMSGSIZE (over MAX_FRAME_BYTES), ESHUTDOWN;
   * over NATS also ETIMEDOUT, after which the same call may be made again.
   */
  publish(
    scope: string,
    sequence: number,
    frame: Uint8Array,
    source?: SourceRange,
  ): Promise<PublishOutcome>;

  /** The epoch in which frames of a scope that are published now have their places. */
  epoch(scope: string): string;

  /**
   * Becomes the subscriber of a scope; the oldest stored frame comes first. At most
   * `options.window` deliveries are unacknowledged at any time. Errors: EINVAL (scope, window),
   * EBUSY (the scope has a subscriber; with a lease: one with a higher token), ESHUTDOWN.
   */
  subscribe(
    scope: string,
    options: SubscribeOptions,
    onDelivery: DeliveryListener,
    onError?: ErrorListener,
  ): Promise<Subscription>;

  /** What the scope's queue holds; nothing for a scope never seen. Errors: EINVAL, ESHUTDOWN. */
  state(scope: string): Promise<QueueState>;

  /**
   * Forgets the scope's queue, the frames in it and its sequences. Its subscription ends with
   * ENOENT. Errors: EINVAL, ESHUTDOWN.
   */
  remove(scope: string): Promise<void>;

  /** Completes the publish calls already made, ends all subscriptions. May be called twice. */
  close(): Promise<void>;
}

/** EINVAL unless `scope` is `host` or 1 to 20 decimal digits. */
export function checkScope(scope: string): void {
  if (SCOPE_PATTERN.test(scope)) return;
  throw new AuditError(
    Errno.EINVAL,
    `scope ${JSON.stringify(scope)}: expected host or a contid in decimal`,
  );
}

/** EINVAL for a bad scope or sequence, EMSGSIZE for a frame over MAX_FRAME_BYTES. */
export function checkFrame(scope: string, sequence: number, frame: Uint8Array): void {
  checkScope(scope);
  if (!Number.isSafeInteger(sequence) || sequence < 0) {
    throw new AuditError(Errno.EINVAL, `sequence ${sequence}: expected an integer from 0`);
  }
  if (frame.length > MAX_FRAME_BYTES) {
    throw new AuditError(
      Errno.EMSGSIZE,
      `frame ${sequence} of scope ${scope}: ${frame.length} bytes, at most ${MAX_FRAME_BYTES}`,
    );
  }
}

/** EINVAL for a bad scope, a window outside 1..WINDOW_MAX or a token that is no integer from 1. */
export function checkSubscribe(scope: string, options: SubscribeOptions): void {
  checkScope(scope);
  checkCount("window", options.window, WINDOW_MAX);
  if (options.lease !== undefined) {
    checkCount("token", options.lease.token, Number.MAX_SAFE_INTEGER);
  }
}

/** EINVAL unless both limits are integers from 1. */
export function checkLimits(limits: QueueLimits): void {
  checkCount("limit of frames", limits.frames, Number.MAX_SAFE_INTEGER);
  checkCount("limit of bytes", limits.bytes, Number.MAX_SAFE_INTEGER);
}

function checkCount(name: string, value: number, max: number): void {
  if (Number.isSafeInteger(value) && value >= 1 && value <= max) return;
  throw new AuditError(Errno.EINVAL, `${name} ${value}: expected an integer in 1..${max}`);
}

/** The error of a second subscriber of a scope. */
export function busyError(scope: string): AuditError {
  return new AuditError(Errno.EBUSY, `subscribe to scope ${scope}: it has a subscriber`);
}

/** The error that ends the subscription of a removed scope. */
export function removedError(scope: string): AuditError {
  return new AuditError(Errno.ENOENT, `subscription of scope ${scope}: its queue was removed`);
}

/** The error of a call on a closed bus. */
export function shutdownError(call: string): AuditError {
  return new AuditError(Errno.ESHUTDOWN, `${call}: the bus is closed`);
}
