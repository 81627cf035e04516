// The words on the wire: names of subject, stream and consumer, frame headers, ack subjects.
import type { FrameTag } from "./frame-stream.ts";

const EPOCH = "Cauditd-Epoch";
const SEQUENCE = "Cauditd-Sequence";
const TOTAL = "Cauditd-Total";

/** Longest decimal that is always a safe integer. */
const DECIMAL = /^[0-9]{1,15}$/;

/** Where a delivered frame stands, from the subject to acknowledge it on. */
export interface Standing {
  readonly streamSequence: number;
  /** How often it has been delivered, this time included. */
  readonly deliveries: number;
  /** Rises by one with each delivery of the consumer, from 1. */
  readonly deliverySequence: number;
  /** Frames that the consumer has still to deliver. */
  readonly pending: number;
}

/** Name of the stream of a cauditd host. */
export function streamName(host: string): string {
  return `CAUDITD_${host}`;
}

/** Subject of a scope's frames; `*` for all scopes. */
export function frameSubject(host: string, scope: string): string {
  return `cauditd.v1.${host}.frame.${scope}`;
}

/** Name of a scope's consumer. */
export function consumerName(scope: string): string {
  return `frame_${scope}`;
}

/** Header lines of a frame. */
export function tagLines(tag: FrameTag): [name: string, value: string][] {
  return [
    [EPOCH, tag.epoch],
    [SEQUENCE, String(tag.sequence)],
    [TOTAL, String(tag.total)],
  ];
}

/** Reads header lines, which any client may have written: undefined unless well formed. */
export function readTag(lines: { get(name: string): string } | undefined): FrameTag | undefined {
  if (lines === undefined) return undefined;
  const [epoch, sequence, total] = [lines.get(EPOCH), lines.get(SEQUENCE), lines.get(TOTAL)];
  if (epoch === "" || !DECIMAL.test(sequence) || !DECIMAL.test(total)) return undefined;
  return { epoch, sequence: Number(sequence), total: Number(total) };
}

/**
 * Reads `$JS.ACK.STREAM.CONSUMER.DELIVERED.SEQ.DELIVERY.TIME.PENDING`, or the longer form with
 * `DOMAIN.ACCOUNT` before the stream; undefined for anything else. Source: NATS ADR-15.
 */
export function readStanding(reply: string | undefined): Standing | undefined {
  const tokens = (reply ?? "").split(".");
  if (tokens[0] !== "$JS" || tokens[1] !== "ACK") return undefined;
  const at = tokens.length === 9 ? 5 : 7;
  const [sequence = "", delivery = "", , pending = ""] = tokens.slice(at, at + 4);
  const deliveries = tokens[at - 1] ?? "";
  if (![deliveries, sequence, delivery, pending].every((word) => DECIMAL.test(word)))
    return undefined;
  return {
    deliveries: Number(deliveries),
    streamSequence: Number(sequence),
    deliverySequence: Number(delivery),
    pending: Number(pending),
  };
}
