/*
 * Byte scanning: every index below is bounded by its loop, so `as number` only removes the
 * `undefined` that noUncheckedIndexedAccess adds.
 */
import { type AuditEvent, decodeValue, FieldScanner } from "@cauditd/auparse";
import { FieldNumber, Perm, RecordType } from "@cauditd/libaudit";
import { PathFact, readPath, text } from "./path-fact.ts";
import { accessOfFlags, PermKind, permTable, SOCKETCALL_BIND } from "./perm-class.ts";

/** The largest field number whose value is kept in `numbers`. */
const NUMBERS = 256;
const SPACE = 0x20;
const EQUALS = 0x3d;
const DASH = 0x2d;
const ENRICHED = 0x1d;

/** How the value of a SYSCALL field is written. */
const Form = { decimal: 0, hex: 1, success: 2, exe: 3, key: 4, subj: 5 } as const;

interface SyscallField {
  readonly field: number;
  readonly form: number;
}

/** Fields of a SYSCALL record by name. */
const SYSCALL_FIELDS: ReadonlyMap<string, SyscallField> = new Map([
  ["per", { field: FieldNumber.PERS, form: Form.hex }],
  ["success", { field: FieldNumber.SUCCESS, form: Form.success }],
  ["exit", { field: FieldNumber.EXIT, form: Form.decimal }],
  ["a0", { field: FieldNumber.ARG0, form: Form.hex }],
  ["a1", { field: FieldNumber.ARG1, form: Form.hex }],
  ["a2", { field: FieldNumber.ARG2, form: Form.hex }],
  ["a3", { field: FieldNumber.ARG3, form: Form.hex }],
  ["ppid", { field: FieldNumber.PPID, form: Form.decimal }],
  ["pid", { field: FieldNumber.PID, form: Form.decimal }],
  ["auid", { field: FieldNumber.LOGINUID, form: Form.decimal }],
  ["uid", { field: FieldNumber.UID, form: Form.decimal }],
  ["gid", { field: FieldNumber.GID, form: Form.decimal }],
  ["euid", { field: FieldNumber.EUID, form: Form.decimal }],
  ["suid", { field: FieldNumber.SUID, form: Form.decimal }],
  ["fsuid", { field: FieldNumber.FSUID, form: Form.decimal }],
  ["egid", { field: FieldNumber.EGID, form: Form.decimal }],
  ["sgid", { field: FieldNumber.SGID, form: Form.decimal }],
  ["fsgid", { field: FieldNumber.FSGID, form: Form.decimal }],
  ["ses", { field: FieldNumber.SESSIONID, form: Form.decimal }],
  ["exe", { field: FieldNumber.EXE, form: Form.exe }],
  ["subj", { field: FieldNumber.SUBJ_USER, form: Form.subj }],
  ["key", { field: FieldNumber.FILTERKEY, form: Form.key }],
]);

/*
 * The same, found by the first three bytes of `name=`, which differ among them. Slots that are
 * taken already are passed over.
 */
const SLOTS = 256;
const codes = new Int32Array(SLOTS);
const lengths = new Uint8Array(SLOTS);
const fields: SyscallField[] = [];

function slotOf(code: number): number {
  return ((code >>> 16) * 7 + (code >>> 8) * 31 + code) & (SLOTS - 1);
}

for (const [name, field] of SYSCALL_FIELDS) {
  const code = Buffer.from(`${name}=`, "latin1").readUIntBE(0, 3);
  let slot = slotOf(code);
  while (codes[slot] !== 0) slot = (slot + 1) & (SLOTS - 1);
  codes[slot] = code;
  lengths[slot] = name.length;
  fields[slot] = field;
}

/** Fields of a call's result. */
const RESULT: readonly number[] = [FieldNumber.EXIT, FieldNumber.SUCCESS];

const scanner = new FieldScanner();
const SADDR = Buffer.from("saddr", "latin1");
const OFLAG = Buffer.from("oflag", "latin1");
const CWD = Buffer.from("cwd", "latin1");

/**
 * What an event's records say, in the form in which rules compare it. Nothing is read before it
 * is asked for; one object is used again for event after event.
 */
export class EventFacts {
  /** AUDIT_ARCH value and number of the call; -1 when the event has no SYSCALL record. */
  arch = -1;
  syscall = -1;
  /** Index of the SYSCALL or URINGOP record; -1 = none. */
  index = -1;
  /** Values by field number, as the kernel's u32; valid where `valid` is 1. */
  readonly numbers: Uint32Array = new Uint32Array(NUMBERS);
  readonly valid: Uint8Array = new Uint8Array(NUMBERS);
  #event: AuditEvent | undefined;
  #buf: Buffer = Buffer.alloc(0);
  #at = 0;
  #end = 0;
  /** All fields of the SYSCALL record have been read. */
  #scanned = false;
  /** `valid` is that of this event. */
  #begun = false;
  #hidden = false;
  readonly #kept = new Uint8Array(NUMBERS);
  #exeStart = 0;
  #exeEnd = 0;
  #subjStart = 0;
  #subjEnd = 0;
  #exe: string | undefined;
  readonly #paths: PathFact[] = [];
  #pathCount = -1;
  #family = -2;
  #cwd: string | null | undefined;

  /** The event that `reset` was given last. */
  get event(): AuditEvent {
    return this.#event as AuditEvent;
  }

  /** Starts on an event; reads the call's architecture and number only. */
  reset(event: AuditEvent): void {
    this.#event = event;
    this.#scanned = false;
    this.#begun = false;
    this.#pathCount = -1;
    this.#family = -2;
    this.#cwd = undefined;
    this.arch = -1;
    this.syscall = -1;
    this.index = -1;
    const types = event.types;
    for (let i = 0; i < event.count; i++) {
      if (types[i] !== RecordType.SYSCALL) continue;
      this.index = i;
      this.#buf = event.buffers[i] as Buffer;
      this.#end = event.ends[i] as number;
      this.#call(event.bodies[i] as number);
      return;
    }
  }

  /** `arch=` and `syscall=`, the first two fields. */
  #call(start: number): void {
    const buf = this.#buf;
    const end = this.#end;
    let at = start + 5;
    let arch = 0;
    for (; at < end && buf[at] !== SPACE; at++) {
      const byte = buf[at] as number;
      arch = arch * 16 + (byte < 0x3a ? byte - 0x30 : (byte | 0x20) - 0x57);
    }
    at += 9;
    let number = 0;
    const first = at;
    for (; at < end && buf[at] !== SPACE; at++) number = number * 10 + (buf[at] as number) - 0x30;
    this.#at = at;
    if (at === first || !(number >= 0) || !(arch >= 0)) return;
    this.arch = arch;
    this.syscall = number;
  }

  /** Takes the call's result away, as while it runs, or gives it back. */
  hideResult(hidden: boolean): void {
    this.scan();
    if (hidden) this.#hidden = true;
    if (!this.#hidden) return;
    for (const field of RESULT) {
      if (hidden) this.#kept[field] = this.valid[field] as number;
      this.valid[field] = hidden ? 0 : (this.#kept[field] as number);
    }
    this.#hidden = hidden;
  }

  /** Reads all of the SYSCALL record's fields into `numbers` and `valid`. */
  scan(): void {
    if (!this.#scanned) this.#scanTo(-1);
  }

  /** Reads as far as a field; true when the record has it. Fields stand in a fixed order. */
  has(field: number): boolean {
    if (!this.#begun) this.#begin();
    if (this.valid[field] === 0 && !this.#scanned) this.#scanTo(field);
    return this.valid[field] === 1;
  }

  #begin(): void {
    this.#begun = true;
    const { valid } = this;
    valid.fill(0);
    this.numbers[FieldNumber.PERS] = 0;
    this.#exeEnd = 0;
    this.#subjEnd = 0;
    this.#exe = undefined;
    if (this.index >= 0) return;
    valid[FieldNumber.PERS] = 1;
    this.#scanned = true;
  }

  /** Goes on reading, to a field or, with -1, to the end. */
  #scanTo(wanted: number): void {
    if (!this.#begun) this.#begin();
    if (this.#scanned) return;
    const buf = this.#buf;
    const end = this.#end;
    let at = this.#at;
    while (at < end) {
      if (buf[at] === SPACE) at++;
      const first = ((buf[at] as number) << 16) | ((buf[at + 1] as number) << 8);
      const code = first | (buf[at + 2] as number);
      let slot = slotOf(code);
      while (codes[slot] !== code && codes[slot] !== 0) slot = (slot + 1) & (SLOTS - 1);
      const equals = at + (lengths[slot] as number);
      if (codes[slot] === code && equals < end && buf[equals] === EQUALS) {
        const field = fields[slot] as SyscallField;
        at = this.#value(field, equals + 1);
        if (field.field === wanted) {
          this.#at = at;
          return;
        }
      } else {
        while (at < end && buf[at] !== EQUALS && buf[at] !== ENRICHED) at++;
        if (at >= end || buf[at] !== EQUALS) break;
        at = skip(buf, at + 1, end);
      }
      if (at < end && buf[at] !== SPACE) break;
    }
    this.#scanned = true;
    // The kernel writes the personality only when it is not 0.
    this.valid[FieldNumber.PERS] = 1;
  }

  /** Reads one value; returns where it ends. */
  #value({ field, form }: SyscallField, start: number): number {
    const buf = this.#buf;
    const end = this.#end;
    let at = start;
    let number = 0;
    if (form === Form.decimal) {
      const negative = buf[at] === DASH;
      if (negative) at++;
      for (; at < end && buf[at] !== SPACE; at++) number = number * 10 + (buf[at] as number) - 0x30;
      this.numbers[field] = negative ? -number : number;
    } else if (form === Form.hex) {
      for (; at < end && buf[at] !== SPACE; at++) {
        const byte = buf[at] as number;
        number = (number << 4) | (byte < 0x3a ? byte - 0x30 : (byte | 0x20) - 0x57);
      }
      this.numbers[field] = number;
    } else if (form === Form.success) {
      this.numbers[field] = buf[at] === 0x79 ? 1 : 2;
      at = skip(buf, at, end);
    } else {
      at = skip(buf, at, end);
      if (form === Form.exe) {
        this.#exeStart = start;
        this.#exeEnd = at;
      } else if (form === Form.subj) {
        this.#subjStart = start;
        this.#subjEnd = at;
      }
    }
    this.valid[field] = 1;
    return at;
  }

  /** Path of the executable; undefined when the record has none. */
  exe(): string | undefined {
    this.scan();
    if (this.#exeEnd === 0) return undefined;
    this.#exe ??= text(this.#buf, this.#exeStart, this.#exeEnd);
    return this.#exe;
  }

  /** Label of the task; undefined when the record has none. */
  subject(): string | undefined {
    this.scan();
    if (this.#subjEnd === 0) return undefined;
    return this.#buf.toString("latin1", this.#subjStart, this.#subjEnd);
  }

  /** Working directory; undefined when the event has no CWD record. */
  cwd(): string | undefined {
    if (this.#cwd === undefined) {
      this.#cwd = null;
      const found = this.#find(RecordType.CWD, CWD);
      if (found !== undefined) {
        this.#cwd = decodeValue(found, scanner.valueStart, scanner.valueEnd).toString("latin1");
      }
    }
    return this.#cwd ?? undefined;
  }

  /** How many names the call used; `path(i)` has them in order. */
  get paths(): number {
    if (this.#pathCount < 0) this.#readPaths();
    return this.#pathCount;
  }

  /** Name `index` of the call, below `paths`. */
  path(index: number): PathFact {
    return this.#paths[index] as PathFact;
  }

  #readPaths(): void {
    this.#pathCount = 0;
    const event = this.#event as AuditEvent;
    for (let i = 0; i < event.count; i++) {
      if (event.types[i] !== RecordType.PATH) continue;
      const at = this.#pathCount++;
      let fact = this.#paths[at];
      if (fact === undefined) {
        fact = new PathFact();
        this.#paths[at] = fact;
      }
      const buf = event.buffers[i] as Buffer;
      readPath(buf, event.bodies[i] as number, event.ends[i] as number, fact);
    }
  }

  /** Address family of the call's SOCKADDR record; -1 when it has none. */
  family(): number {
    if (this.#family === -2) {
      this.#family = -1;
      const found = this.#find(RecordType.SOCKADDR, SADDR);
      if (found !== undefined && scanner.valueEnd - scanner.valueStart >= 4) {
        const bytes = decodeValue(found, scanner.valueStart, scanner.valueStart + 4);
        if (bytes.length === 2) this.#family = bytes.readUInt16LE(0);
      }
    }
    return this.#family;
  }

  /** The access that the call makes: bits of Perm (spec/auditd.md 2.5). */
  access(): number {
    const { arch, syscall } = this;
    if (syscall < 0 || syscall >= 2048) return 0;
    const table = permTable(arch);
    switch (table.kinds[syscall]) {
      case PermKind.open:
        return this.#flags(FieldNumber.ARG1);
      case PermKind.openat:
        return this.#flags(FieldNumber.ARG2);
      case PermKind.openat2:
        return this.#openat2();
      case PermKind.execve:
        return Perm.EXEC;
      case PermKind.socketcall:
        this.scan();
        return this.numbers[FieldNumber.ARG0] === SOCKETCALL_BIND ? Perm.WRITE : 0;
      default:
        return table.classes[syscall] as number;
    }
  }

  #flags(field: number): number {
    this.scan();
    return accessOfFlags(this.numbers[field] as number);
  }

  #openat2(): number {
    const found = this.#find(RecordType.OPENAT2, OFLAG);
    if (found === undefined) return Perm.READ;
    return accessOfFlags(Number.parseInt(scanner.raw(), 8));
  }

  /** The first record of a type that has a field; the scanner stands on the field then. */
  #find(type: number, field: Uint8Array): Buffer | undefined {
    const event = this.#event as AuditEvent;
    const index = event.indexOf(type);
    if (index < 0) return undefined;
    const buf = event.buffers[index] as Buffer;
    scanner.reset(buf, event.bodies[index] as number, event.ends[index] as number);
    while (scanner.next()) if (scanner.named(field)) return buf;
    return undefined;
  }
}

/** Where the value that starts at `start` ends: at a blank or the enriched part. */
function skip(buf: Buffer, start: number, end: number): number {
  let at = start;
  if (buf[at] === 0x22) {
    at++;
    while (at < end && buf[at] !== 0x22) at++;
    return Math.min(at + 1, end);
  }
  while (at < end && buf[at] !== SPACE && buf[at] !== 0x1d) at++;
  return at;
}
