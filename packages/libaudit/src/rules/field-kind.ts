// How the value of a record's field is to be read.
import { FIELD_ROWS, type NamedFieldKind, TTY_KEYS } from "../tables/fields.generated.ts";

/**
 * How the value of a field is to be read; `plain` is printed as it stands. `modeshort` is a mode
 * without a file type, `flag` the flags of a lookup: both depend on the record's type.
 */
export type FieldKind = NamedFieldKind | "plain" | "modeshort" | "flag";

/**
 * The fields, by name, that are not `plain` in any record. A record's type may say otherwise: a0
 * is a number in a SYSCALL and text in an EXECVE. Source: libauparse 3.0.9.
 */
export const FIELD_KINDS: ReadonlyMap<string, FieldKind> = new Map<string, FieldKind>(FIELD_ROWS);

/** What one key of a terminal sends, and its name: `up` for ESC [ A. */
export interface TtyKey {
  readonly bytes: Buffer;
  readonly name: string;
}

/** The keys that a TTY record's data names, longest first: the first that fits counts. */
export function ttyKeys(): TtyKey[] {
  return TTY_KEYS.trimEnd()
    .split("\n")
    .map((line) => {
      const blank = line.indexOf(" ");
      return { bytes: Buffer.from(line.slice(0, blank), "hex"), name: line.slice(blank + 1) };
    });
}
