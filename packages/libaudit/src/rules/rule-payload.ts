// A rule as struct audit_rule_data, little-endian: what ADD_RULE, DEL_RULE and LIST_RULES carry.
import { Errno } from "../errno.ts";
import {
  FieldNumber,
  MASK_WORDS,
  MAX_FIELDS,
  PREPEND,
  type Rule,
  type RuleAction,
  RuleActionNumber,
  type RuleField,
  type RuleList,
  RuleListNumber,
} from "./rule.ts";
import { checkRule, isTextField } from "./rule-check.ts";

const ACTION = 4;
const FIELD_COUNT = 8;
const MASK = 12;
const FIELDS = MASK + 4 * MASK_WORDS;
const VALUES = FIELDS + 4 * MAX_FIELDS;
const OPERATORS = VALUES + 4 * MAX_FIELDS;
const TEXT_LENGTH = OPERATORS + 4 * MAX_FIELDS;
const TEXT = TEXT_LENGTH + 4;
const CONTID_BYTES = 8;

/** What ruleFromPayload answers. */
export type PayloadResult =
  | { readonly ok: true; readonly rule: Rule }
  | { readonly ok: false; readonly errno: Errno };

/** Bytes of a field behind the fixed part: its text, or a contid as a u64. */
function bytesOf({ text, contid }: RuleField): Uint8Array {
  if (text !== undefined) return Uint8Array.from(text, (char) => char.charCodeAt(0));
  if (contid === undefined) return new Uint8Array(0);
  const bytes = new Uint8Array(CONTID_BYTES);
  new DataView(bytes.buffer).setBigUint64(0, contid, true);
  return bytes;
}

/**
 * The payload of a rule, padded with NUL to 4 bytes as libaudit sends it (AUD-1.7). RangeError for
 * more than MAX_FIELDS fields or another mask than MASK_WORDS words.
 */
export function ruleToPayload(rule: Rule): Uint8Array {
  const { fields, syscalls } = rule;
  if (fields.length > MAX_FIELDS || syscalls.length !== MASK_WORDS) {
    throw new RangeError(
      `rule: expected 0..${MAX_FIELDS} fields and ${MASK_WORDS} mask words, ` +
        `found ${fields.length} and ${syscalls.length}`,
    );
  }
  const texts = fields.map(bytesOf);
  const textLength = texts.reduce((sum, { length }) => sum + length, 0);
  const bytes = new Uint8Array(Math.ceil((TEXT + textLength) / 4) * 4);
  const view = new DataView(bytes.buffer);
  const u32 = (offset: number, value: number): void => view.setUint32(offset, value, true);
  u32(0, RuleListNumber[rule.list] | (rule.prepend ? PREPEND : 0));
  u32(ACTION, RuleActionNumber[rule.action]);
  u32(FIELD_COUNT, fields.length);
  for (const [word, bits] of syscalls.entries()) u32(MASK + 4 * word, bits);
  for (const [index, { field, op, value }] of fields.entries()) {
    u32(FIELDS + 4 * index, field);
    u32(VALUES + 4 * index, value);
    u32(OPERATORS + 4 * index, op);
  }
  u32(TEXT_LENGTH, textLength);
  let offset = TEXT;
  for (const text of texts) {
    bytes.set(text, offset);
    offset += text.length;
  }
  return bytes;
}

function nameOf<Name extends string>(
  table: Readonly<Record<Name, number>>,
  wanted: number,
): Name | undefined {
  return (Object.keys(table) as Name[]).find((name) => table[name] === wanted);
}

/** Reads fields one after the other; each text field takes its bytes. */
class FieldReader {
  readonly #view: DataView;
  #offset = TEXT;
  readonly #end: number;

  constructor(view: DataView, end: number) {
    this.#view = view;
    this.#end = end;
  }

  /** Field `index`; undefined if its bytes are missing or hold NUL. */
  read(index: number): RuleField | undefined {
    const field = this.#view.getUint32(FIELDS + 4 * index, true);
    const value = this.#view.getUint32(VALUES + 4 * index, true);
    const op = this.#view.getUint32(OPERATORS + 4 * index, true);
    const isContid = field === FieldNumber.CONTID;
    if (!isContid && !isTextField(field)) return { field, op, value };
    if (value > this.#end - this.#offset) return undefined;
    const start = this.#offset;
    this.#offset += value;
    if (isContid) {
      if (value !== CONTID_BYTES) return undefined;
      return { field, op, value, contid: this.#view.getBigUint64(start, true) };
    }
    const bytes = new Uint8Array(this.#view.buffer, this.#view.byteOffset + start, value);
    if (bytes.includes(0)) return undefined;
    return { field, op, value, text: String.fromCharCode(...bytes) };
  }
}

/**
 * Reads a payload and checks it as the kernel does. EINVAL for fewer bytes than it tells of, for a
 * list, action or field that is unknown, for a text with NUL, and for whatever checkRule refuses.
 * A contid of another length than 8 is EINVAL (CID-70). Never throws.
 */
export function ruleFromPayload(bytes: Uint8Array): PayloadResult {
  const refused = { ok: false, errno: Errno.EINVAL } as const;
  if (bytes.length < TEXT) return refused;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flags = view.getUint32(0, true);
  const list = nameOf<RuleList>(RuleListNumber, (flags & ~PREPEND) >>> 0);
  const action = nameOf<RuleAction>(RuleActionNumber, view.getUint32(ACTION, true));
  const count = view.getUint32(FIELD_COUNT, true);
  const textLength = view.getUint32(TEXT_LENGTH, true);
  if (list === undefined || action === undefined || count > MAX_FIELDS) return refused;
  if (textLength > bytes.length - TEXT) return refused;
  const reader = new FieldReader(view, TEXT + textLength);
  const fields: RuleField[] = [];
  for (let index = 0; index < count; index++) {
    const field = reader.read(index);
    if (field === undefined) return refused;
    fields.push(field);
  }
  const syscalls = Uint32Array.from({ length: MASK_WORDS }, (_, word) => {
    return view.getUint32(MASK + 4 * word, true);
  });
  const rule: Rule = { list, action, prepend: (flags & PREPEND) !== 0, syscalls, fields };
  const errno = checkRule(rule);
  return errno === 0 ? { ok: true, rule } : { ok: false, errno };
}
