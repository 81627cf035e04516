import { type AuditEvent, decodeValue, FieldScanner } from "@cauditd/auparse";
import { FieldNumber, Perm, RecordType } from "@cauditd/libaudit";
import { CALL_RECORDS } from "../call-records.ts";
import { PathFact, readPath, text } from "./path-fact.ts";
import { accessOfFlags, PermKind, permTable, SOCKETCALL_BIND } from "./perm-class.ts";
import { SyscallRecord } from "./syscall-record.ts";

/** What records of a type are to the filter, as bits. */
const Kind = { call: 1, path: 2, other: 4 } as const;
const TYPES = 4096;
/** Bytes of a processor's cache line. */
const LINE = 64;
/** Events that are larger are not read ahead. */
const TOUCHED = 8192;
/** Kinds by record type. What is not of the call was made by another part of the kernel. */
const KINDS: Uint8Array = new Uint8Array(TYPES).fill(Kind.other);
for (const type of CALL_RECORDS) KINDS[type] = 0;
KINDS[RecordType.SYSCALL] = Kind.call;
KINDS[RecordType.PATH] = Kind.path;

const scanner = new FieldScanner();
const SADDR = Buffer.from("saddr", "latin1");
const OFLAG = Buffer.from("oflag", "latin1");
const CWD = Buffer.from("cwd", "latin1");

/**
 * What an event's records say, in the form in which rules compare it. Nothing is read before it
 * is asked for; one object is used again for event after event.
 */
export class EventFacts {
  /** The SYSCALL record. */
  readonly call: SyscallRecord = new SyscallRecord();
  /** Index of the SYSCALL record; -1 = none. */
  index = -1;
  /** Index of the first PATH record; -1 = none. */
  firstPath = -1;
  /** There is a record that is neither the SYSCALL record nor one of its companions. */
  hasOther = false;
  /** Means nothing: kept so that the engine does not leave out the reading ahead. */
  touched = 0;
  #event: AuditEvent | undefined;
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
    this.#pathCount = -1;
    this.#family = -2;
    this.#cwd = undefined;
    this.#touch(event);
    const { types, count } = event;
    let index = -1;
    let firstPath = -1;
    let kinds = 0;
    for (let i = 0; i < count; i++) {
      const type = types[i] as number;
      const kind = type < TYPES ? (KINDS[type] as number) : Kind.other;
      kinds |= kind;
      if (kind === Kind.call && index < 0) index = i;
      else if (kind === Kind.path && firstPath < 0) firstPath = i;
    }
    this.index = index;
    this.firstPath = firstPath;
    this.hasOther = (kinds & Kind.other) !== 0;
    if (index < 0) {
      this.call.clear();
      return;
    }
    const buf = event.buffers[index] as Buffer;
    this.call.reset(buf, event.bodies[index] as number, event.ends[index] as number);
  }

  /**
   * Memory is slow, but it answers many questions at once: what is read here, in steps that do not
   * wait for each other, is at hand when it is looked at byte by byte. Records of a frame lie side
   * by side; what lies elsewhere has just been parsed.
   */
  #touch({ buffers, starts, ends, count }: AuditEvent): void {
    const buf = buffers[0] as Buffer;
    const stop = ends[count - 1] as number;
    if (buf !== buffers[count - 1] || stop - (starts[0] as number) > TOUCHED) return;
    let touched = 0;
    for (let at = starts[0] as number; at < stop; at += LINE) touched ^= buf[at] as number;
    this.touched = touched;
  }

  /** Working directory; undefined when the event has no CWD record. */
  cwd(): string | undefined {
    if (this.#cwd === undefined) {
      this.#cwd = null;
      const found = this.#find(RecordType.CWD, CWD);
      if (found !== undefined) {
        this.#cwd = text(found, scanner.valueStart, scanner.valueEnd) ?? null;
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
    if (this.firstPath < 0) return;
    const event = this.#event as AuditEvent;
    for (let i = this.firstPath; i < event.count; i++) {
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
    const { arch, syscall } = this.call;
    if (syscall < 0 || syscall >= 2048) return 0;
    const table = permTable(arch);
    switch (table.kinds[syscall]) {
      case PermKind.open:
        return accessOfFlags(this.call.number(FieldNumber.ARG1));
      case PermKind.openat:
        return accessOfFlags(this.call.number(FieldNumber.ARG2));
      case PermKind.openat2:
        return this.#openat2();
      case PermKind.execve:
        return Perm.EXEC;
      case PermKind.socketcall:
        return this.call.number(FieldNumber.ARG0) === SOCKETCALL_BIND ? Perm.WRITE : 0;
      default:
        return table.classes[syscall] as number;
    }
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
