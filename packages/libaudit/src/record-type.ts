// Record types: the number in a netlink header and the name after `type=` in a log line.
// Numbers are unsigned 32-bit. Names are those of audit 4.2, four of the contid
// patches, and four of the RFCs before them (NS_).
import { RECORD_TYPES } from "./tables/record-types.generated.ts";

/**
 * Number of every known record type by name, in the MAINLINE dictionary (CONTAINER_ID = 1399).
 * Source: AUD-Appendix C (audit 4.2); contid patches v11 for CONTAINER_OP 1020,
 * SIGNAL_INFO2 1021 and SET_CAPCONTID 1022; numbers of the NS_ types are ours (CID-117).
 */
export const RecordType: typeof RECORD_TYPES = RECORD_TYPES;

/** Name of a known record type. */
export type RecordTypeName = keyof typeof RECORD_TYPES;

/** One row of a record type dictionary: name, number. */
export type RecordTypeEntry = readonly [name: string, number: number];

/** A dictionary of record types in which every name and every number is unique. */
export interface RecordTypeTable {
  /** Name of `number`; `UNKNOWN[n]` if it has none. Throws RangeError outside 0..2^32-1. */
  name(number: number): string;
  /** Number of a name or of `UNKNOWN[n]`; undefined for any other text, plain digits included. */
  number(text: string): number | undefined;
  /** All rows by ascending number. */
  entries(): IterableIterator<RecordTypeEntry>;
}

/** What a dictionary may vary. */
export interface RecordTypeTableOptions {
  /** Number that the record type of this name gets. */
  readonly CONTAINER_ID: number;
  /** Known names to leave out. */
  readonly without?: readonly RecordTypeName[];
  /** Further rows. */
  readonly add?: readonly RecordTypeEntry[];
}

const MAX_U32 = 0xffff_ffff;
const NAME = /^[A-Z][A-Z0-9_]*$/;
const UNKNOWN = /^UNKNOWN\[(0|[1-9][0-9]{0,9})\]$/;

function isU32(number: number): boolean {
  return Number.isInteger(number) && number >= 0 && number <= MAX_U32;
}

function checkU32(number: number): void {
  if (!isU32(number)) {
    throw new RangeError(`record type: expected an integer in 0..${MAX_U32}, found ${number}`);
  }
}

/**
 * Builds a dictionary of all known types with the given number for CONTAINER_ID.
 * Throws RangeError if a number or a name comes twice, a number is not in 0..2^32-1, or a name is
 * not upper-case letters, digits and `_`. So 1336 is refused unless URINGOP is left out (CID-116).
 */
export function recordTypeTable(options: RecordTypeTableOptions): RecordTypeTable {
  const { CONTAINER_ID, without = [], add = [] } = options;
  const left: ReadonlySet<string> = new Set(without);
  const rows: RecordTypeEntry[] = Object.entries(RECORD_TYPES).filter(
    ([name]) => name !== "CONTAINER_ID" && !left.has(name),
  );
  rows.push(["CONTAINER_ID", CONTAINER_ID], ...add);
  const numbers = new Map<string, number>();
  const names = new Map<number, string>();
  for (const [name, number] of rows) {
    if (!NAME.test(name) || name === "UNKNOWN") {
      throw new RangeError(`record type: expected a name like CONTAINER_ID, found "${name}"`);
    }
    checkU32(number);
    const other = names.get(number);
    if (other !== undefined) {
      throw new RangeError(`record type: ${name} and ${other} both have number ${number}`);
    }
    if (numbers.has(name)) {
      throw new RangeError(`record type: ${name} has two numbers, ${numbers.get(name)}, ${number}`);
    }
    numbers.set(name, number);
    names.set(number, name);
  }
  rows.sort((a, b) => a[1] - b[1]);
  return {
    name(number: number): string {
      checkU32(number);
      return names.get(number) ?? `UNKNOWN[${number}]`;
    },
    number(text: string): number | undefined {
      const known = numbers.get(text);
      if (known !== undefined) return known;
      const digits = UNKNOWN.exec(text)?.[1];
      if (digits === undefined) return undefined;
      const number = Number(digits);
      return number <= MAX_U32 ? number : undefined;
    },
    entries: () => rows.values(),
  };
}

/** Dictionary of a kernel with the contid patches v11: CONTAINER_ID is 1336, URINGOP is absent. */
export const V11: RecordTypeTable = recordTypeTable({ CONTAINER_ID: 1336, without: ["URINGOP"] });

/**
 * Dictionary of today's kernels. CONTAINER_ID has 1399, the last number of the kernel event
 * range, because mainline gave 1336 to URINGOP.
 */
export const MAINLINE: RecordTypeTable = recordTypeTable({
  CONTAINER_ID: RECORD_TYPES.CONTAINER_ID,
});

/** Name of a record type in MAINLINE, or `UNKNOWN[n]`. Throws RangeError outside 0..2^32-1. */
export function recordTypeName(number: number): string {
  return MAINLINE.name(number);
}

/** Number in MAINLINE of a name or of `UNKNOWN[n]`; undefined for any other text. */
export function recordTypeNumber(text: string): number | undefined {
  return MAINLINE.number(text);
}

/** All rows of MAINLINE by ascending number. */
export function recordTypeEntries(): IterableIterator<RecordTypeEntry> {
  return MAINLINE.entries();
}

/**
 * True for what user space may send: 1005, 1100..1199 and 2100..2999. These pass the user list
 * and need CAP_AUDIT_WRITE. Source: kernel audit_netlink_ok.
 */
export function isUserRecord(number: number): boolean {
  return (
    number === RecordType.USER ||
    (number >= 1100 && number <= 1199) ||
    (number >= 2100 && number <= 2999)
  );
}

/**
 * True for a type whose record is a whole event: 1005, 1007..1299, 1406..1419, 2000 and from 2100
 * on. This is the last-record rule of audit 4.x without PROCTITLE and EOE, which end an event of
 * several records. LOGIN (1006), CONTAINER_OP and SET_CAPCONTID are not single: they share the
 * serial of the SYSCALL record of their event. A user record of a task with a contid is followed
 * by a CONTAINER_ID of the same serial (CID-63), which this rule cannot tell.
 */
export function isSingleRecord(number: number): boolean {
  if (number === RecordType.CONTAINER_OP || number === RecordType.SET_CAPCONTID) return false;
  return (
    number === RecordType.USER ||
    (number >= 1007 && number <= 1299) ||
    (number >= 1406 && number <= 1419) ||
    number === RecordType.KERNEL ||
    number >= 2100
  );
}
