// What a consumer hands on, and to where.
import { eventJson, type Gap, type Position, type TenantEvent } from "@cauditd/client";

/** `raw`: the lines of the log. `json`: one object a line, docs/reference/cauditd-json.md. */
export type Format = "raw" | "json";

/** Where events go. Calls must not overlap. */
export interface Output {
  /** Behind which event the output goes on; undefined: it is new. */
  readonly position: Position | undefined;
  /** Whether a batch was written by an earlier life, which may not have acknowledged it. */
  has(batch: string): boolean;
  /**
   * Takes text of whole events; resolves when an end of the process does not lose it any more, and
   * nothing of it is written again by the next life.
   * @param upTo the last event in it; undefined for readers that share a consumer
   * @param batch the id of the batch that it is, for those
   */
  write(text: string, upTo: Position | undefined, batch?: string): Promise<void>;
  close(): Promise<void>;
}

/** An event as text, ended by a newline. */
export function textOf(event: TenantEvent, format: Format): string {
  if (format === "json") return `${eventJson(event)}\n`;
  return event.records.map(({ line }) => `${line}\n`).join("");
}

/** A gap as text; "" where the format has none. */
export function gapText({ generation, first, last }: Gap, format: Format): string {
  return format === "json" ? `${JSON.stringify({ gap: { generation, first, last } })}\n` : "";
}
