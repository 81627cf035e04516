import {
  Arch,
  errnoName,
  type FieldKind,
  RecordType,
  systemErrorText,
  valueName,
} from "@cauditd/libaudit/vocabulary";
import type { ByteWriter } from "../byte-writer.ts";
import { CNumber } from "./c-number.ts";
import {
  type EscapeMode,
  type EscapeTable,
  escapeFrom,
  escapeTable,
  keyEscapeTable,
} from "./escape.ts";
import { writeEscaped, writeProctitle } from "./escaped.ts";
import { IdTexts, type Machine, machineOf, type NameSource } from "./names.ts";
import { sockaddrText } from "./sockaddr.ts";
import { chosenKind } from "./syscall-arguments.ts";
import { writeTtyData } from "./tty-data.ts";
import { argumentText, valueText } from "./value-text.ts";

/** How values are interpreted. */
export interface InterpretOptions {
  readonly names: NameSource;
  /** Escaping of what a program may have chosen; "tty" when not given, as in ausearch. */
  readonly escape?: EscapeMode;
  /** AUDIT_ARCH number of this machine, for records that do not name theirs; x86_64 if absent. */
  readonly arch?: number;
}

const A0 = Buffer.from(" a0=", "latin1");

/**
 * Writes interpreted values of one record after the other. What a value means may depend on
 * fields in front of it (arch, syscall, a0, a1), so all fields of a record have to be given in
 * order. Source: libauparse 3.0.9, auparse_do_interpretation.
 */
export class FieldWriter {
  readonly #out: ByteWriter;
  readonly #users: IdTexts;
  readonly #groups: IdTexts;
  readonly #names: NameSource;
  readonly #escapes: EscapeTable;
  readonly #keyEscapes: EscapeTable;
  readonly #native: Machine;
  readonly #number = new CNumber();
  /** The first two arguments, as far as they have been written. */
  readonly #a0 = new CNumber();
  readonly #a1 = new CNumber();
  /** The record names a system call's machine: undefined until `arch`, or if it is unknown. */
  #machine: Machine | undefined;
  /** The record's system call, an int; -1 until it is known. */
  #call = -1;
  /** The record is of a type whose arch and syscall count. */
  #calls = false;

  constructor(out: ByteWriter, options: InterpretOptions) {
    this.#out = out;
    this.#names = options.names;
    this.#users = new IdTexts((uid) => options.names.user(uid));
    this.#groups = new IdTexts((gid) => options.names.group(gid));
    this.#escapes = escapeTable(options.escape ?? "tty");
    this.#keyEscapes = keyEscapeTable(options.escape ?? "tty");
    const native = machineOf(options.arch ?? Arch.X86_64) ?? machineOf(Arch.X86_64);
    if (native === undefined) throw new RangeError("no table of system calls");
    this.#native = native;
  }

  /** What escapes unsafe bytes. */
  get escapes(): EscapeTable {
    return this.#escapes;
  }

  /** Begins a record of a type. */
  begin(type: number): void {
    this.#machine = undefined;
    this.#call = -1;
    this.#calls = type === RecordType.SYSCALL || type === RecordType.SECCOMP;
    if (type === RecordType.SYSCALL) {
      this.#a0.clear();
      this.#a1.clear();
    }
  }

  /**
   * Takes note of a value that is not to be written here, because auditd has interpreted it.
   * False when it cannot be read: then it has to be written, which says so.
   */
  note(kind: FieldKind, buf: Buffer, start: number, end: number): boolean {
    if (!this.#calls) return true;
    if (kind === "arch") {
      const number = this.#number.read(buf, start, end, 16);
      if (number.overflow) return false;
      this.#machine = machineOf(number.low);
    } else if (kind === "syscall" && this.#call < 0) {
      const number = this.#number.read(buf, start, end, 10);
      if (number.overflow) return false;
      this.#call = number.int;
    }
    return true;
  }

  /** Writes the text of the value `[start, end)` in a record that ends at `recordEnd`. */
  write(kind: FieldKind, buf: Buffer, start: number, end: number, recordEnd: number): void {
    const out = this.#out;
    const mark = out.length;
    switch (kind) {
      case "plain":
        out.copy(buf, start, end);
        return;
      case "maclabel":
      case "addr":
        out.copy(buf, start, end);
        break;
      case "uid":
      case "gid":
        this.#id(kind, buf, start, end, 10);
        break;
      case "escaped":
      case "file":
      case "key":
        writeEscaped(buf, start, end, out);
        break;
      case "proctitle":
        writeProctitle(buf, start, end, out);
        break;
      case "ttydata":
        if (!writeTtyData(buf, start, end, out)) return;
        break;
      case "arch":
        this.#arch(buf, start, end);
        break;
      case "syscall":
        this.#syscall(buf, start, end, recordEnd);
        break;
      case "exit":
        this.#exit(buf, start, end);
        break;
      case "a0":
      case "a1":
      case "a2":
      case "a3":
        this.#argument(kind.charCodeAt(1) - 0x30, buf, start, end);
        break;
      case "sockaddr":
        out.text(sockaddrText(buf, start, end, (index) => this.#names.interfaceName?.(index)));
        break;
      default:
        out.text(valueText(kind, buf, start, end));
    }
    escapeFrom(mark, kind === "key" ? this.#keyEscapes : this.#escapes, out);
  }

  #id(kind: "uid" | "gid", buf: Buffer, start: number, end: number, base: 10 | 16): void {
    const number = this.#number.read(buf, start, end, base);
    if (number.overflow) this.#conversionError(buf, start, end);
    else this.#out.text((kind === "uid" ? this.#users : this.#groups).text(number.low));
  }

  #conversionError(buf: Buffer, start: number, end: number): void {
    this.#out.text("conversion error(");
    this.#out.copy(buf, start, end);
    this.#out.text(")");
  }

  #arch(buf: Buffer, start: number, end: number): void {
    const number = this.#number.read(buf, start, end, 16);
    if (number.overflow) {
      if (this.#calls) this.#out.text("arch ");
      this.#conversionError(buf, start, end);
      if (!this.#calls) this.#out.text(" ");
      return;
    }
    const machine = machineOf(number.low);
    if (this.#calls) this.#machine = machine;
    if (machine !== undefined) {
      this.#out.text(machine.name);
      return;
    }
    this.#out.text("unknown-elf-type(");
    this.#out.copy(buf, start, end);
    this.#out.text(")");
  }

  #syscall(buf: Buffer, start: number, end: number, recordEnd: number): void {
    if (this.#calls && this.#call < 0) {
      const number = this.#number.read(buf, start, end, 10);
      if (number.overflow) {
        this.#out.text("syscall ");
        this.#conversionError(buf, start, end);
        return;
      }
      this.#call = number.int;
    }
    const call = this.#machineNow.call(this.#calls ? this.#call : 0);
    this.#out.text(call.text);
    if (call.multiplexed === undefined) return;
    const at = buf.subarray(end, recordEnd).indexOf(A0);
    if (at < 0) return;
    this.#a0.read(buf, end + at + A0.length, recordEnd, 16);
    const inner = this.#a0.high === 0 ? valueName(call.multiplexed, this.#a0.low) : undefined;
    if (inner !== undefined) this.#out.text(`(${inner})`);
  }

  get #machineNow(): Machine {
    return this.#machine ?? this.#native;
  }

  #exit(buf: Buffer, start: number, end: number): void {
    const number = this.#number.read(buf, start, end, 10);
    const out = this.#out;
    if (number.signedOverflow) {
      this.#conversionError(buf, start, end);
      return;
    }
    if (number.high < 0x8000_0000) {
      out.copy(buf, start, end);
      return;
    }
    const errno = -number.int | 0;
    const text = errno === 0 ? "Success" : systemErrorText(errno);
    out.text(`${errnoName(errno) ?? "(null)"}(${text})`);
  }

  #argument(index: number, buf: Buffer, start: number, end: number): void {
    const out = this.#out;
    if (!this.#calls) {
      hex(buf, start, end, out);
      return;
    }
    if (index === 0) this.#a0.read(buf, start, end, 16);
    else if (index === 1) this.#a1.read(buf, start, end, 16);
    const machine = this.#machineNow;
    const choice = this.#call < 0 ? undefined : machine.call(this.#call).choices[index];
    const kind = choice === undefined ? undefined : chosenKind(choice, this.#a0, this.#a1);
    if (kind === undefined) hex(buf, start, end, out);
    else if (kind === "uid" || kind === "gid") this.#id(kind, buf, start, end, 16);
    else out.text(argumentText(kind, buf, start, end, machine.ppc));
  }
}

function hex(buf: Buffer, start: number, end: number, out: ByteWriter): void {
  out.byte(0x30);
  out.byte(0x78);
  out.copy(buf, start, end);
}
