import type { ControlRecord } from "@cauditd/kernel";
import { recordTypeName } from "@cauditd/libaudit";

/**
 * The line of a record that a request has caused, without newline.
 * @param at milliseconds since 1970
 * @param serial tells events of the same time apart
 */
export function controlLine({ type, body }: ControlRecord, at: number, serial: number): string {
  const milli = String(at % 1000).padStart(3, "0");
  const stamp = `audit(${Math.floor(at / 1000)}.${milli}:${serial})`;
  return `type=${recordTypeName(type)} msg=${stamp}: ${body}`;
}
