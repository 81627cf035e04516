// How an error is told in a line of the log.
import { AuditError } from "@cauditd/libaudit";
import { systemReason } from "../terminal/input-error.ts";

/** Causes that are told, the innermost last: a chain of errors has an end. */
const MAX_CAUSES = 4;

/**
 * An error in plain words: what it is, and what has caused it. Only one that nobody has thought of
 * has its stack, for those who have to find out.
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
    ...(known ? {} : { stack: error.stack }),
  };
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
