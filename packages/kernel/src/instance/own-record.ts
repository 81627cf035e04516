import { RecordType, recordTypeName } from "@cauditd/libaudit";
import type { Loss } from "./loss-ledger.ts";

/** A record that an instance makes itself: an event of its own in its log. */
export interface OwnRecord {
  readonly serial: number;
  /** Time of its stamp, milliseconds since 1970. */
  readonly at: number;
  /** Number of its record type. */
  readonly type: number;
  readonly body: string;
}

/** The line of such a record, with its newline. */
export function formatOwnRecord({ serial, at, type, body }: OwnRecord): string {
  const seconds = Math.floor(at / 1000);
  const milli = String(Math.floor(at) % 1000).padStart(3, "0");
  return `type=${recordTypeName(type)} msg=audit(${seconds}.${milli}:${serial}): ${body}\n`;
}

/** How an instance stood when it told of a loss. */
export interface LossContext {
  /** As `auditctl -s` shows them. */
  readonly lost: number;
  readonly rate_limit: number;
  readonly backlog_limit: number;
  /** The loss has stopped the instance: failure 2. */
  readonly stopped: boolean;
}

/** The type of a marker: what the kernel keeps for others than itself. */
export const MARKER_TYPE: number = RecordType.KERNEL_OTHER;

/** The body of the marker of a loss: docs/reference/backlog.md. */
export function markerBody(loss: Loss, context: LossContext): string {
  const { reason, events, first, last } = loss;
  return (
    `op=lost reason=${reason} lost=${events} first=${first} last=${last}` +
    ` audit_lost=${context.lost} audit_rate_limit=${context.rate_limit}` +
    ` audit_backlog_limit=${context.backlog_limit}` +
    `${context.stopped ? " audit_failure=2" : ""} res=0`
  );
}
