// How an error is told in a line of the log.
import { AuditError } from "@cauditd/libaudit";
import { systemReason } from "../terminal/input-error.ts";

/** Causes that are told, the innermost last: a chain of errors has an end. */
const MAX_CAUSES = 4;

/**
 * An error in plain words: what it is, and what has caused it. One that nobody has thought of also
 * says where it came from, for those who have to find out.
 */
export function toldError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code } = error as NodeJS.ErrnoException;
  const known = error instanceof AuditError || typeof code === "string";
  const message = error instanceof AuditError ? error.message : withPath(error);
  const causes = causesOf(error);
  return {
    ...(code === undefined ? {} : { code }),
    message,
    ...(causes.length === 0 ? {} : { causes }),
    ...(known ? {} : { at: placeOf(error) }),
  };
}

/** The innermost line of the stack that is in a file of ours. */
function placeOf({ stack = "" }: Error): string | undefined {
  const lines = stack.split("\n").map((line) => line.trim());
  const ours = (line: string) =>
    /(?:file:\/\/|[( ])\//.test(line) && !line.includes("node_modules");
  return lines.find((line) => line.startsWith("at ") && ours(line))?.slice("at ".length);
}

function withPath(error: Error): string {
  const { path } = error as NodeJS.ErrnoException;
  return `${path === undefined ? "" : `${path}: `}${systemReason(error)}`;
}

function causesOf(error: Error): string[] {
  const causes: string[] = [];
  let at = error.cause;
  while (at instanceof Error && causes.length < MAX_CAUSES) {
    causes.push(at.message);
    at = at.cause;
  }
  return causes;
}
