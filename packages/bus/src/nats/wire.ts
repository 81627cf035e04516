// The words on the wire: names of subject, stream and consumer, frame headers, ack subjects.
import type { FrameTag } from "./frame-stream.ts";

const EPOCH = "Cauditd-Epoch";
const SEQUENCE = "Cauditd-Sequence";
const TOTAL = "Cauditd-Total";
const SOURCE = "Cauditd-Source";

/** Longest decimal that is always a safe integer. */
const DECIMAL = /^[0-9]{1,15}$/;
const RANGE = /^([A-Za-z0-9_-]{1,64}):([0-9]{1,15}):([0-9]{1,15})$/;

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

/** Name of a scope's consumer; with the token of the lease that it was made under. */
export function consumerName(scope: string, token?: number): string {
  return token === undefined ? `frame_${scope}` : `frame_${scope}_${token}`;
}

/** The token in a consumer's name, 0 without; undefined when it is not one of the scope's. */
export function consumerToken(scope: string, name: string): number | undefined {
  const prefix = `frame_${scope}`;
  if (!name.startsWith(prefix)) return undefined;
  const rest = name.slice(prefix.length);
  if (rest === "") return 0;
  const digits = rest.slice(1);
  return rest[0] === "_" && DECIMAL.test(digits) ? Number(digits) : undefined;
}

/** Header lines of a frame. */
export function tagLines(tag: FrameTag): [name: string, value: string][] {
  const lines: [name: string, value: string][] = [
    [EPOCH, tag.epoch],
    [SEQUENCE, String(tag.sequence)],
    [TOTAL, String(tag.total)],
  ];
  const { source } = tag;
  if (source !== undefined) lines.push([SOURCE, `${source.id}:${source.first}:${source.last}`]);
  return lines;
}

/** Reads header lines, which any client may have written: undefined unless well formed. */
export function readTag(lines: { get(name: string): string } | undefined): FrameTag | undefined {
  if (lines === undefined) return undefined;
  const [epoch, sequence, total] = [lines.get(EPOCH), lines.get(SEQUENCE), lines.get(TOTAL)];
  if (epoch === "" || !DECIMAL.test(sequence) || !DECIMAL.test(total)) return undefined;
  const tag = { epoch, sequence: Number(sequence), total: Number(total) };
  const range = lines.get(SOURCE);
  if (range === "") return tag;
  const [, id = "", first, last] = RANGE.exec(range) ?? [];
  const source = { id, first: Number(first), last: Number(last) };
  return source.first >= 1 && source.last >= source.first ? { ...tag, source } : undefined;
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
