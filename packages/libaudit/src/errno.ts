// Error numbers. Expected failures travel as numbers; AuditError carries one where code must throw.
import { asciiLowerCase } from "./letter-case.ts";
import { ERRNO_TEXTS, ERRNOS } from "./tables/errnos.generated.ts";

/**
 * Error numbers by name: the generic Linux table, 1..133, as libaudit knows it. EWOULDBLOCK is
 * EAGAIN and EDEADLOCK is EDEADLK. Source: asm-generic/errno.h.
 */
export const Errno: typeof ERRNOS = ERRNOS;

/** An error number of the table. */
export type Errno = (typeof ERRNOS)[keyof typeof ERRNOS];

/** Name of an error number. */
export type ErrnoName = keyof typeof ERRNOS;

const numbers: ReadonlyMap<string, Errno> = new Map(
  Object.entries(ERRNOS).map(([name, number]) => [asciiLowerCase(name), number]),
);

const names: ReadonlyMap<number, ErrnoName> = firstNames();

const texts: ReadonlyMap<number, string> = new Map(
  ERRNO_TEXTS.trim()
    .split("\n")
    .map((line) => {
      const blank = line.indexOf(" ");
      return [Number(line.slice(0, blank)), line.slice(blank + 1)];
    }),
);

/** An alias comes after the name that is printed. */
function firstNames(): Map<number, ErrnoName> {
  const first = new Map<number, ErrnoName>();
  for (const name of Object.keys(ERRNOS) as ErrnoName[]) {
    if (!first.has(ERRNOS[name])) first.set(ERRNOS[name], name);
  }
  return first;
}

/** Name of a positive error number, `EPERM` for 1; undefined if the table has none. */
export function errnoName(errno: number): ErrnoName | undefined {
  return names.get(errno);
}

/**
 * Number of an error name in any letter case; undefined if unknown. No sign and no digits: those
 * belong to the `exit` field of a rule. Source: libaudit audit_name_to_errno.
 */
export function errnoNumber(text: string): Errno | undefined {
  return numbers.get(asciiLowerCase(text));
}

/** The C library's text, `Operation not permitted` for 1; `Unknown error 999` if it has none. */
export function systemErrorText(errno: number): string {
  return texts.get(errno) ?? `Unknown error ${errno}`;
}

/** `EPERM: operation not permitted`; `errno 999: unknown error` for a number not in the table. */
export function errnoText(errno: number): string {
  const name = names.get(errno);
  const text = texts.get(errno);
  if (name === undefined || text === undefined) return `errno ${errno}: unknown error`;
  // "RFS specific error" and "Operation": only a capitalised word starts in lower case.
  const start = /^[A-Z][a-z ]/.test(text) ? text.charAt(0).toLowerCase() : text.charAt(0);
  return `${name}: ${start}${text.slice(1)}`;
}

/**
 * An error number as an exception. `message` is `EPERM: operation not permitted, OP`; `code` is
 * the name or `errno N`, `errno` the positive number, `op` what was attempted.
 */
export class AuditError extends Error {
  override readonly name: string = "AuditError";
  readonly code: string;
  readonly errno: number;
  readonly op: string;

  constructor(errno: number, op: string, options?: ErrorOptions) {
    super(`${errnoText(errno)}, ${op}`, options);
    this.code = errnoName(errno) ?? `errno ${errno}`;
    this.errno = errno;
    this.op = op;
  }
}
