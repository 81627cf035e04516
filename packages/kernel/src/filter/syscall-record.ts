/*
 * Byte scanning: every index below is bounded by its loop, so `as number` only removes the
 * `undefined` that noUncheckedIndexedAccess adds.
 */
import { FieldNumber } from "@cauditd/libaudit";
import { text, valueEnd } from "./path-fact.ts";
import { SyscallHead } from "./syscall-head.ts";
import { WordView, wordOf } from "./word-view.ts";

const SPACE = 0x20;
const QUOTE = 0x22;
const DASH = 0x2d;
const ZERO = 0x30;
const EQUALS = 0x3d;
const ENRICHED = 0x1d;

/** How a value is written; no form: no rule compares it. */
const Form = { none: 0, decimal: 1, hex: 2, success: 3 } as const;

/** Name, form and the rule field of each column. */
type Column = readonly [name: string, form: number, field: number];

/** No rule field. */
const NONE = 0xff;

/**
 * The fields behind `arch= syscall=` in the order in which the kernel writes them (kernel:
 * audit_log_exit, audit_log_task_info). `per` is only there when it is not 0, `success` and `exit`
 * only when the call has returned.
 */
const COLUMNS: readonly Column[] = [
  ["per", Form.hex, FieldNumber.PERS],
  ["success", Form.success, FieldNumber.SUCCESS],
  ["exit", Form.decimal, FieldNumber.EXIT],
  ["a0", Form.hex, FieldNumber.ARG0],
  ["a1", Form.hex, FieldNumber.ARG1],
  ["a2", Form.hex, FieldNumber.ARG2],
  ["a3", Form.hex, FieldNumber.ARG3],
  ["items", Form.none, NONE],
  ["ppid", Form.decimal, FieldNumber.PPID],
  ["pid", Form.decimal, FieldNumber.PID],
  ["auid", Form.decimal, FieldNumber.LOGINUID],
  ["uid", Form.decimal, FieldNumber.UID],
  ["gid", Form.decimal, FieldNumber.GID],
  ["euid", Form.decimal, FieldNumber.EUID],
  ["suid", Form.decimal, FieldNumber.SUID],
  ["fsuid", Form.decimal, FieldNumber.FSUID],
  ["egid", Form.decimal, FieldNumber.EGID],
  ["sgid", Form.decimal, FieldNumber.SGID],
  ["fsgid", Form.decimal, FieldNumber.FSGID],
  ["tty", Form.none, NONE],
  ["ses", Form.decimal, FieldNumber.SESSIONID],
  ["comm", Form.none, NONE],
  ["exe", Form.none, FieldNumber.EXE],
  ["subj", Form.none, FieldNumber.SUBJ_USER],
];
const COUNT = COLUMNS.length;
/** The column behind `syscall=` in nearly all records. */
const USUAL = 1;

/** The first four bytes of ` name=`, which differ among the columns, as a view reads them. */
const words: Int32Array = Int32Array.from(COLUMNS, ([name]) => wordOf(` ${name}=`.slice(0, 4)));
const lengths: Uint8Array = Uint8Array.from(COLUMNS, ([name]) => name.length);
const forms: Uint8Array = Uint8Array.from(COLUMNS, ([, form]) => form);
/** Column by rule field. */
const columnOf: Uint8Array = new Uint8Array(256).fill(NONE);
COLUMNS.forEach(([, , field], column) => {
  if (field !== NONE) columnOf[field] = column;
});
/** The first field about the task (kernel: audit_log_task_info): those in front are the call's. */
const TASK = columnOf[FieldNumber.PPID] as number;
const PERS = columnOf[FieldNumber.PERS] as number;
const EXE = columnOf[FieldNumber.EXE] as number;
const SUBJ = columnOf[FieldNumber.SUBJ_USER] as number;
const ARG0 = columnOf[FieldNumber.ARG0] as number;
/** The columns of a call's result, as bits. */
const RESULT =
  (1 << (columnOf[FieldNumber.SUCCESS] as number)) | (1 << (columnOf[FieldNumber.EXIT] as number));

/** Kinds of ends of records for which it is remembered where the task's fields were. */
const TAILS = 256;

/**
 * A SYSCALL record, read no further than a rule asks, and numbers are made of no other values than
 * those that are asked for. One object is used again for event after event; nothing is allocated
 * but texts.
 */
export class SyscallRecord {
  /** Number of the call, 0 to 2147483647; -1 when there is no SYSCALL record. */
  syscall = -1;
  /** AUDIT_ARCH value as 32 bits with a sign: a small integer to the engine, never boxed. */
  archBits = 0;
  /** Values by rule field, as the kernel's u32; to be read behind a `has` that was true. */
  readonly numbers: Uint32Array = new Uint32Array(256);
  /** The same with a sign: small integers to the engine, which it never boxes. */
  readonly bits: Int32Array = new Int32Array(this.numbers.buffer);
  /** Where the value of each column begins, for the columns in `#found`. */
  readonly #starts = new Int32Array(COUNT);
  /** Columns that were come by, and those whose number was made, as bits. */
  #found = 0;
  #made = 0;
  /** The column that is expected next. */
  #next = 0;
  #whole = true;
  #buf: Buffer = Buffer.alloc(0);
  readonly #words = new WordView();
  readonly #callHead = new SyscallHead();
  #view: DataView = this.#words.of(this.#buf);
  /** Where the value of `syscall=` ends, where reading goes on, and where the record ends. */
  #head = 0;
  #at = 0;
  #end = 0;
  /** How far behind `#head` each column of the call began in the last record that began alike. */
  readonly #heads = new Uint16Array(2 << 5);
  /** How far from its end each column's value began in the last record that ended alike. */
  readonly #tails = new Uint16Array(TAILS << 5);
  /** Where the tails of records that end like this one begin; -1 = not looked for yet. */
  #slot = -1;
  #hidden = false;
  /** Columns of the result that the record has, while hidden. */
  #kept = 0;
  #exe: string | undefined;

  /** AUDIT_ARCH value; -1 when there is no SYSCALL record. */
  get arch(): number {
    return this.syscall < 0 ? -1 : this.archBits >>> 0;
  }

  /** For an event without a SYSCALL record: it has no field. */
  clear(): void {
    this.syscall = -1;
    this.#found = 0;
    this.#made = 0;
    this.#whole = true;
    this.#hidden = false;
    this.#exe = undefined;
  }

  /** Starts on the body of a record; reads `arch=` and `syscall=`, the first two fields, only. */
  reset(buf: Buffer, start: number, end: number): void {
    this.clear();
    this.#buf = buf;
    this.#end = end;
    this.#next = USUAL;
    this.#whole = false;
    this.#slot = -1;
    this.#view = this.#words.of(buf);
    const head = this.#callHead;
    head.read(buf, this.#view, start, end);
    this.archBits = head.archBits;
    this.syscall = head.syscall;
    this.#head = head.end;
    this.#at = head.end;
  }

  /** True when the record has the field; its value is in `numbers` then, if it is a number. */
  has(field: number): boolean {
    const column = columnOf[field] as number;
    const bit = 1 << column;
    if ((this.#made & bit) !== 0) return true;
    if ((this.#found & bit) === 0 && !this.#find(column)) return false;
    this.#make(column, field);
    this.#made |= bit;
    return true;
  }

  /** The value of a numeric field, 0 when the record does not have it. */
  number(field: number): number {
    return this.has(field) ? (this.numbers[field] as number) : 0;
  }

  /** Takes the call's result away, as while it runs, or gives it back. */
  hideResult(hidden: boolean): void {
    if (hidden === this.#hidden) return;
    if (hidden) {
      if ((this.#found & RESULT) !== RESULT) this.#readTo(ARG0);
      this.#kept = this.#found & RESULT;
      this.#found &= ~RESULT;
    } else this.#found |= this.#kept;
    this.#made &= ~RESULT;
    this.#hidden = hidden;
  }

  /** Path of the executable; undefined when the record has none. */
  exe(): string | undefined {
    if (!this.has(FieldNumber.EXE)) return undefined;
    const start = this.#starts[EXE] as number;
    this.#exe ??= text(this.#buf, start, valueEnd(this.#buf, start, this.#end));
    return this.#exe;
  }

  /** Label of the task; undefined when the record has none. */
  subject(): string | undefined {
    if (!this.has(FieldNumber.SUBJ_USER)) return undefined;
    const start = this.#starts[SUBJ] as number;
    return this.#buf.toString("latin1", start, valueEnd(this.#buf, start, this.#end));
  }

  #find(column: number): boolean {
    const bit = 1 << column;
    if (this.#hidden && (RESULT & bit) !== 0) return false;
    if (column < COUNT && (this.#guess(column) || this.#step(column))) return true;
    this.#readTo(column);
    if ((this.#found & bit) === 0) return false;
    this.#remember(column);
    return true;
  }

  /**
   * Finds a field without reading what is in front of it: one of the call is as far from the
   * record's start as in the last record, one of the task as far from its end as in the last record
   * of the same task with the same key. The place is believed only when the field's name stands
   * there behind a blank, which no value holds.
   */
  #guess(column: number): boolean {
    const start =
      column < TASK
        ? this.#head + (this.#heads[this.#headSlot() + column] as number)
        : this.#end - (this.#tails[this.#tailSlot() + column] as number);
    const name = start - 2 - (lengths[column] as number);
    if (name < this.#head || start >= this.#end) return false;
    if (this.#view.getInt32(name, true) !== words[column]) return false;
    if (this.#buf[start - 1] !== EQUALS) return false;
    this.#starts[column] = start;
    this.#found |= 1 << column;
    return true;
  }

  /** Finds a field behind the one in front of it, if that is found. */
  #step(column: number): boolean {
    const before = column - 1;
    if (column === 0 || this.#hidden) return false;
    if ((this.#found & (1 << before)) === 0 && !this.#guess(before)) return false;
    const buf = this.#buf;
    const end = this.#end;
    let at = this.#starts[before] as number;
    if (buf[at] === QUOTE) return false;
    while (at < end && (buf[at] as number) > SPACE) at++;
    const start = at + 2 + (lengths[column] as number);
    if (start >= end || this.#view.getInt32(at, true) !== words[column]) return false;
    if (buf[start - 1] !== EQUALS) return false;
    this.#starts[column] = start;
    this.#found |= 1 << column;
    this.#remember(column);
    return true;
  }

  #remember(column: number): void {
    const start = this.#starts[column] as number;
    if (column < TASK) this.#heads[this.#headSlot() + column] = start - this.#head;
    else this.#tails[this.#tailSlot() + column] = Math.min(this.#end - start, 0xffff);
  }

  /** Where the heads of calls that succeeded, or failed, as this one did begin. */
  #headSlot(): number {
    // ` success=yes` and ` success=no` differ in the lowest bit of their first letter.
    return ((this.#buf[this.#head + 9] as number) & 1) << 5;
  }

  /** Where the tails of records that end like this one begin. */
  #tailSlot(): number {
    if (this.#slot < 0) {
      const key = this.#end - 5;
      const exe = this.#end - 19;
      if (exe < this.#head) return 0;
      const mixed = this.#view.getInt32(key, true) ^ Math.imul(this.#view.getInt32(exe, true), 31);
      this.#slot = (Math.imul(mixed, 0x9e3779b1 | 0) >>> 24) << 5;
    }
    return this.#slot;
  }

  /** The kernel writes the personality only when it is not 0: no digits stand for 0. */
  #usualPersonality(): void {
    if ((this.#found & (1 << PERS)) !== 0) return;
    this.#found |= 1 << PERS;
    this.#starts[PERS] = this.#end;
  }

  /** Goes on reading, to a column or, with -1, to the end. */
  #readTo(wanted: number): void {
    if (this.#whole) return;
    const buf = this.#buf;
    const end = this.#end;
    let at = this.#at;
    let next = this.#next;
    const hidden = this.#hidden ? RESULT : 0;
    while (at + 4 <= end) {
      const word = this.#view.getInt32(at, true);
      let equals = at + 1 + (lengths[next] as number);
      if (words[next] !== word || buf[equals] !== EQUALS) {
        next = columnAt(buf, at, word);
        equals = next < 0 ? nameEnd(buf, at + 1, end) : at + 1 + (lengths[next] as number);
      }
      if (equals >= end) break;
      at = equals + 1;
      if (next >= 0 && ((this.#found | hidden) & (1 << next)) === 0) {
        this.#found |= 1 << next;
        this.#starts[next] = at;
      }
      const found = next;
      next = next < 0 || next + 1 === COUNT ? 0 : next + 1;
      if (buf[at] === QUOTE) at = valueEnd(buf, at, end);
      else while (at < end && (buf[at] as number) > SPACE) at++;
      if (found === wanted) {
        this.#at = at;
        this.#next = next;
        return;
      }
      if (at < end && buf[at] !== SPACE) break;
    }
    this.#whole = true;
    this.#usualPersonality();
  }

  /** Makes the number of a column that was come by: 32 bits, as the kernel compares it. */
  #make(column: number, field: number): void {
    const form = forms[column] as number;
    if (form === Form.none) return;
    const buf = this.#buf;
    const end = this.#end;
    let at = this.#starts[column] as number;
    let number = 0;
    if (form === Form.success) {
      this.numbers[field] = buf[at] === 0x79 ? 1 : 2;
    } else if (form === Form.hex) {
      for (; at < end; at++) {
        const byte = buf[at] as number;
        if (byte <= SPACE) break;
        number = (number << 4) | (byte < 0x3a ? byte - ZERO : (byte | 0x20) - 0x57);
      }
      this.numbers[field] = number;
    } else {
      const negative = buf[at] === DASH;
      if (negative) at++;
      for (; at < end; at++) {
        const byte = buf[at] as number;
        if (byte <= SPACE) break;
        number = (Math.imul(number, 10) + byte - ZERO) | 0;
      }
      this.numbers[field] = negative ? -number : number;
    }
  }
}

/** The column whose name stands behind the blank at `at`; -1 = none. */
function columnAt(buf: Buffer, at: number, word: number): number {
  for (let column = 0; column < COUNT; column++) {
    if (words[column] !== word) continue;
    return buf[at + 1 + (lengths[column] as number)] === EQUALS ? column : -1;
  }
  return -1;
}

/** Where the name at `start` ends: at its `=`, or `end` when it has none. */
function nameEnd(buf: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && buf[at] !== EQUALS && buf[at] !== ENRICHED) at++;
  return at < end && buf[at] === EQUALS ? at : end;
}
