// What numbers in the fields of records stand for: signals, flags, socket options and so on.
import { VALUES } from "./tables/values.generated.ts";

/** Name of a table of values; tables/sources/values.tsv has their rows. */
export type ValueTable = keyof typeof VALUES;

interface Table {
  readonly names: ReadonlyMap<number, string>;
  readonly rows: readonly (readonly [number, string])[];
}

const loaded = new Map<ValueTable, Table>();

function tableOf(table: ValueTable): Table {
  const known = loaded.get(table);
  if (known !== undefined) return known;
  const rows: [number, string][] = [];
  let number = 0;
  for (const word of VALUES[table].trim().split(/\s+/)) {
    if (/^[0-9]/.test(word)) {
      number = Number(word);
      continue;
    }
    rows.push([number, word]);
    number += 1;
  }
  const made = { names: new Map(rows), rows };
  loaded.set(table, made);
  return made;
}

/**
 * Name of a number (unsigned 32-bit) in a table, `SIGKILL` for 9 in `signal`; undefined if the
 * table has none. Source: libauparse 3.0.9.
 */
export function valueName(table: ValueTable, number: number): string | undefined {
  return tableOf(table).names.get(number);
}

/**
 * The rows of a table in its order. Those of a table of flags are masks, and a flag is set if any
 * bit of its mask is: `open`, `prot`, `mmap`, `clone`, `mount`, `recv`, `access`, `umount`,
 * `resolve` and `flag`.
 */
export function valueRows(table: ValueTable): readonly (readonly [number, string])[] {
  return tableOf(table).rows;
}
