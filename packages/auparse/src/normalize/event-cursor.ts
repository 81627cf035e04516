// One event as libauparse sees it: records of fields, and a place in them from which it searches.
import { RecordType } from "@cauditd/libaudit/vocabulary";
import type { AuditEvent } from "../event.ts";
import { decodeValue, ENRICHMENT_SEPARATOR, encodeValue } from "../fields.ts";

/** One field: latin1, as the record has it but for what stands around it. */
export interface NormalField {
  readonly name: string;
  readonly value: string;
}

/** One record. */
export interface NormalRecord {
  /** UNKNOWN_TYPE for a type that audit 3.0.9 does not know. */
  readonly type: number;
  readonly fields: readonly NormalField[];
  /** What auditd has interpreted: the text behind the 0x1D; "" for none. */
  readonly enrichment: string;
}

/** A field of an event, by the numbers of its record and of itself. */
export interface FieldPlace {
  readonly record: number;
  readonly field: number;
}

/** The number of a record type that audit 3.0.9 has no name for. */
export const UNKNOWN_TYPE = -1;

const NEWER: ReadonlySet<number> = new Set([
  RecordType.CONTAINER_OP,
  RecordType.SIGNAL_INFO2,
  RecordType.SET_CAPCONTID,
  RecordType.DM_CTRL,
  RecordType.DM_EVENT,
  RecordType.CONTAINER_ID,
  RecordType.LANDLOCK_ACCESS,
  RecordType.LANDLOCK_DOMAIN,
]);
const SEPARATOR = String.fromCharCode(ENRICHMENT_SEPARATOR);
const KEY_SEPARATOR = "\x01";

/** The most bytes of a line that ausearch reads at once. */
const MAX_LINE = 8969;

/**
 * A cursor over an event. A search begins at the field where the cursor is, goes on in the records
 * behind it, and leaves the cursor where it ended: outside, when nothing was found. Source:
 * libauparse 3.0.9, auparse_find_field and parse_up_record.
 */
export class EventCursor {
  readonly records: readonly NormalRecord[];
  /** The current field of each record. */
  readonly #at: number[];
  #record = 0;

  constructor(event: AuditEvent) {
    const records: NormalRecord[] = [];
    for (let i = 0; i < event.count; i++) {
      const start = event.starts[i] as number;
      const end = Math.min(event.ends[i] as number, start + MAX_LINE);
      const line = (event.buffers[i] as Buffer).toString("latin1", start, end);
      records.push(recordOf(event.types[i] as number, line));
    }
    this.records = records;
    this.#at = records.map(() => 0);
  }

  /** Type of the current record; 0 when the cursor is outside. */
  get type(): number {
    return this.records[this.#record]?.type ?? 0;
  }

  /** Number of the current record; 0 when the cursor is outside. */
  get record(): number {
    return this.#record < this.records.length ? this.#record : 0;
  }

  /** Number of the current field. */
  get field(): number {
    return this.#at[this.#record] ?? 0;
  }

  /** The current field. */
  get current(): NormalField | undefined {
    return this.records[this.#record]?.fields[this.field];
  }

  /** To the first field of the first record. */
  first(): void {
    this.#record = 0;
    this.firstField();
  }

  /** To the next record, whose own place stays; false when there is none. */
  nextRecord(): boolean {
    if (this.#record < this.records.length) this.#record++;
    return this.#record < this.records.length;
  }

  /** To the first field of a record; false, and nothing moves, when there is none. */
  goto(record: number): boolean {
    if (record < 0 || record >= this.records.length) return false;
    this.#record = record;
    this.firstField();
    return true;
  }

  firstField(): void {
    if (this.#record < this.records.length) this.#at[this.#record] = 0;
  }

  nextField(): boolean {
    const record = this.records[this.#record];
    if (record === undefined || this.field + 1 >= record.fields.length) return false;
    this.#at[this.#record] = this.field + 1;
    return true;
  }

  /** To a field of the current record. */
  gotoField(field: number): void {
    const record = this.records[this.#record];
    if (record !== undefined && field < record.fields.length) this.#at[this.#record] = field;
  }

  /** To the next field of this name, the current one included. @returns its value */
  find(name: string): string | undefined {
    if (this.current?.name === name) return this.current.value;
    // A cursor at the last field of a record does not leave it.
    if (this.#record >= this.records.length || !this.nextField()) return undefined;
    do {
      const { fields } = this.records[this.#record] as NormalRecord;
      for (let at = this.field; at < fields.length; at++) {
        if (fields[at]?.name !== name) continue;
        this.#at[this.#record] = at;
        return fields[at]?.value;
      }
      if (this.nextRecord()) this.firstField();
    } while (this.#record < this.records.length);
    return undefined;
  }
}

function recordOf(type: number, line: string): NormalRecord {
  const separator = line.indexOf(SEPARATOR);
  const body = separator < 0 ? line : line.slice(0, separator);
  const enrichment = separator < 0 ? "" : line.slice(separator + 1);
  const known = NEWER.has(type) ? UNKNOWN_TYPE : type;
  return { type: known, fields: fieldsOf(known, body), enrichment };
}

function fieldsOf(type: number, body: string): NormalField[] {
  const fields: NormalField[] = [];
  const words = body.split(" ").filter((word) => word !== "");
  // A node in front moves everything by one.
  const offset = words[0]?.startsWith("node=") === true ? 1 : 0;
  const isAvc = type === RecordType.AVC || type === RecordType.USER_AVC;
  for (let at = 0; at < words.length; at++) {
    let word = words[at] as string;
    if (!word.includes("=")) {
      if (isAvc) at = unnamed(words, at, fields, offset);
      continue;
    }
    if (word.startsWith("msg=a")) continue;
    if (word.startsWith("msg='")) {
      word = word.slice(5);
      if (!word.includes("=")) continue;
    }
    const equals = word.indexOf("=");
    const name = word.slice(word.startsWith("(") ? 1 : 0, equals);
    if (equals + 1 === word.length) continue;
    const value = trimmed(word.slice(equals + 1));
    if (name === "key" && !value.startsWith("(") && !value.startsWith('"')) {
      for (const key of keysOf(value)) fields.push({ name, value: key });
    } else fields.push({ name, value });
  }
  return fields;
}

/** The two parts of an AVC that have no name: what was decided, and for which rights. */
function unnamed(
  words: readonly string[],
  at: number,
  into: NormalField[],
  offset: number,
): number {
  const word = words[at] as string;
  if (into.length === 1 + offset) {
    if (!word.startsWith("avc")) into.push({ name: "seresult", value: word });
    return at;
  }
  if (into.length !== 2 + offset || !word.startsWith("{")) return at;
  let end = at + 1;
  while (end < words.length && !words[end]?.startsWith("}")) end++;
  into.push({ name: "seperms", value: words.slice(at + 1, end).join(",") });
  return end;
}

/** A value without what stands behind it: a colon, a comma, the quote of `msg='`, a bracket. */
function trimmed(text: string): string {
  let value = text;
  for (const mark of [":", ",", "'"]) if (value.endsWith(mark)) value = value.slice(0, -1);
  const isWord = value === "(none)" || value === "(null)";
  return value.endsWith(")") && !isWord ? value.slice(0, -1) : value;
}

/** Several keys in one value, each as a record would have it. */
function keysOf(value: string): string[] {
  const bytes = Buffer.from(value, "latin1");
  const text = decodeValue(bytes, 0, bytes.length).toString("latin1");
  return text
    .split(KEY_SEPARATOR)
    .filter((key) => key !== "")
    .map((key) => encodeValue(Buffer.from(key, "latin1")));
}
