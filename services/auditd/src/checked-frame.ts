import { type Delivery, decodeFrame, EVENT_WORDS, type Frame, FrameError } from "@cauditd/bus";

/**
 * The frame of a delivery, if it is what its place says.
 * @throws {FrameError} for bytes that are no frame, or one of another scope or place
 */
export function checkedFrame(delivery: Delivery, scope: string): Frame {
  const frame = decodeFrame(delivery.frame);
  if (frame.scope !== scope) {
    throw new FrameError("scope", `${frame.scope} on the queue of ${scope}`);
  }
  if (frame.sequence !== delivery.sequence) {
    throw new FrameError("sequence", `${frame.sequence} on place ${delivery.sequence}`);
  }
  const { source } = delivery;
  if (source !== undefined && source.last - source.first + 1 !== eventsIn(frame)) {
    const range = `${source.first}..${source.last}`;
    throw new FrameError("events", `${eventsIn(frame)}, its source says ${range}`);
  }
  return frame;
}

/** Events in a frame. */
export function eventsIn(frame: Frame): number {
  return frame.events.length / EVENT_WORDS;
}
