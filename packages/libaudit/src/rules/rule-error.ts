// What auditctl prints when the kernel refuses a request.
import { Errno, systemErrorText } from "../errno.ts";
import type { RuleCommand, StatusField } from "./rule-command.ts";

/** Status fields as their requests are called; the wait time shares the name of the limit. */
const REQUESTS: Readonly<Record<StatusField, string>> = {
  enabled: "enable",
  failure: "failure mode",
  rate_limit: "rate limit",
  backlog_limit: "backlog limit",
  backlog_wait_time: "backlog limit",
};

/** The request of a command in auditctl's words; undefined for one that asks the kernel nothing. */
function requestName(command: RuleCommand): string | undefined {
  switch (command.kind) {
    case "add":
      return "sending add rule data request";
    case "delete":
      return "sending delete rule data request";
    case "delete-all":
      return "deleting rule";
    case "list":
      return "sending rule list data request";
    case "status":
      return "sending status request";
    case "set":
      return `sending ${REQUESTS[command.field]} request`;
    case "reset":
      return command.counter === "lost"
        ? "sending lost reset request"
        : "sending backlog wait time actual reset request";
    case "trim":
      return "sending trim subtrees command";
    case "make-equivalent":
      return "sending make_equivalent command";
    default:
      return undefined;
  }
}

/**
 * What auditctl prints for a request that the kernel refused with `errno` (positive):
 * `Error sending add rule data request (Rule exists)`. Empty for a command that sends no such
 * request. Source: libaudit (AUD-1.6).
 */
export function requestErrorText(command: RuleCommand, errno: number): string {
  const request = requestName(command);
  if (request === undefined) return "";
  const exists = errno === Errno.EEXIST && (command.kind === "add" || command.kind === "delete");
  return `Error ${request} (${exists ? "Rule exists" : systemErrorText(errno)})`;
}
