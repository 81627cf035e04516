// What the fields of an event mean, one at a time.
import type { FieldKind } from "@cauditd/libaudit/vocabulary";
import { ByteWriter } from "../byte-writer.ts";
import { Enrichment } from "../interpret/enrichment.ts";
import { type EscapeMode, escapeText } from "../interpret/escape.ts";
import { writeEscaped } from "../interpret/escaped.ts";
import { FieldWriter, type InterpretOptions } from "../interpret/field-writer.ts";
import { fieldKind } from "../interpret/record-fields.ts";
import type { FieldPlace, NormalField, NormalRecord } from "./event-cursor.ts";

/** Fields that say what others of their record mean. */
const CONTEXT: ReadonlySet<string> = new Set(["arch", "syscall", "a0", "a1"]);

/** Interprets fields by themselves. Source: libauparse 3.0.9, auparse_interpret_field. */
export class ValueReader {
  readonly #out = new ByteWriter(1024);
  readonly #writer: FieldWriter;
  readonly #escape: EscapeMode;
  readonly #enrichment = new Enrichment();

  constructor(options: InterpretOptions) {
    this.#escape = options.escape ?? "tty";
    this.#writer = new FieldWriter(this.#out, options);
  }

  /** Kind of a field. */
  kind({ type }: NormalRecord, { name, value }: NormalField): FieldKind {
    const buf = Buffer.from(`${name}${value}`, "latin1");
    return fieldKind(type, buf, 0, name.length, name.length, buf.length);
  }

  /** The text of a field, latin1. */
  text(record: NormalRecord, place: FieldPlace): string {
    const field = record.fields[place.field];
    if (field === undefined) return "";
    this.#writer.begin(record.type);
    for (let at = 0; at < place.field; at++) {
      const before = record.fields[at] as NormalField;
      if (CONTEXT.has(before.name)) this.#one(record, before);
    }
    return this.#one(record, field);
  }

  /** The path that a file name is, seen from a working directory (as a record has it). */
  path(record: NormalRecord, place: FieldPlace, cwd: string | undefined): string {
    const field = record.fields[place.field];
    if (cwd === undefined || field === undefined || this.#found(record, field)) {
      return this.text(record, place);
    }
    const name = this.#decoded(field.value);
    return escapeText(pathOf(name, this.#decoded(cwd)), this.#escape);
  }

  #found(record: NormalRecord, field: NormalField | undefined): boolean {
    if (record.enrichment === "" || field === undefined) return false;
    const text = Buffer.from(record.enrichment, "latin1");
    this.#enrichment.load(text, 0, text.length);
    const name = Buffer.from(field.name, "latin1");
    return this.#enrichment.find(name, 0, name.length);
  }

  #decoded(value: string): string {
    const buf = Buffer.from(value, "latin1");
    this.#out.clear();
    writeEscaped(buf, 0, buf.length, this.#out);
    return this.#out.bytes().toString("latin1");
  }

  #one(record: NormalRecord, field: NormalField): string {
    const kind = this.kind(record, field);
    const buf = Buffer.from(field.value, "latin1");
    const out = this.#out;
    out.clear();
    if (this.#found(record, field) && this.#writer.note(kind, buf, 0, buf.length)) {
      const text = Buffer.from(record.enrichment, "latin1");
      const { valueStart, valueEnd } = this.#enrichment;
      if (kind === "uid" || kind === "gid") writeEscaped(text, valueStart, valueEnd, out);
      else out.copy(text, valueStart, valueEnd);
    } else if (kind === "plain") return escapeText(field.value, this.#escape);
    else this.#writer.write(kind, buf, 0, buf.length, buf.length);
    return out.bytes().toString("latin1");
  }
}

function pathOf(name: string, cwd: string): string {
  if (name.startsWith("/")) return name.includes("..") ? resolved(name) : name;
  return resolved(`${cwd}/${name}`);
}

/** A path without `.`, `..` and double slashes; a relative one as it is. */
function resolved(path: string): string {
  if (path === "" || path.startsWith(".")) return path;
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}
