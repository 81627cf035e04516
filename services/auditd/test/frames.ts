// Frames as the dispatcher makes them, from lines.
import { AuditParser } from "@cauditd/auparse";
import { FrameBuilder } from "@cauditd/bus";

/** One event of a frame. */
export interface FramedEvent {
  /** Its records, without newlines. */
  readonly lines: readonly string[];
  /** Text of the chain for the CONTAINER_ID record; default "", none. */
  readonly chain?: string;
}

/** The encoded frame that holds these events. */
export function encode(
  scope: string,
  sequence: number,
  events: readonly FramedEvent[],
  lost = 0,
): Uint8Array {
  const builder = new FrameBuilder(scope);
  for (const { lines, chain = "" } of events) {
    const parser = new AuditParser((event) => builder.append(event, chain));
    parser.push(Buffer.from(`${lines.join("\n")}\n`, "latin1"));
    parser.end();
  }
  return builder.take(sequence, lost);
}

/** `count` events of one record each, with a serial of the host's. */
export function simpleEvents(count: number, first = 1000): FramedEvent[] {
  return Array.from({ length: count }, (_, index) => ({
    lines: [`type=USER_CMD msg=audit(1700000000.123:${first + index}): pid=1 msg='n=${index}'`],
  }));
}
