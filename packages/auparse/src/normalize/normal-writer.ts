// Events as ausearch's formats csv and text: who did what to what, a line for each.
import { RecordType, recordTypeName } from "@cauditd/libaudit/vocabulary";
import type { AuditEvent } from "../event.ts";
import type { InterpretOptions } from "../interpret/field-writer.ts";
import { normalizeCompound } from "./compound.ts";
import { EventCursor, type FieldPlace, UNKNOWN_TYPE } from "./event-cursor.ts";
import { type NormalForm, newNormalForm } from "./normal-form.ts";
import { normalizeSimple } from "./simple.ts";
import { ValueReader } from "./value-reader.ts";

/** Local times. */
export interface NormalTimes {
  /** strftime's `%x`. */
  date(sec: number): string;
  /** strftime's `%T`. */
  time(sec: number): string;
  /** strftime's `%Y,%m,%d,%u,%k`. */
  parts(sec: number): string;
  /** Seconds east of Greenwich. */
  offset(sec: number): number;
}

/** Columns of csv that are not always there. */
export interface ExtraColumns {
  readonly keys: boolean;
  readonly labels: boolean;
  readonly object: boolean;
  readonly time: boolean;
}

/** What the lines are made with. */
export interface NormalWriterOptions extends InterpretOptions {
  readonly times: NormalTimes;
  readonly extra: ExtraColumns;
  /** Number of a user's name on this machine. */
  readonly uidOf: (name: string) => number | undefined;
}

/** One line, latin1. */
export interface NormalLine {
  readonly text: string;
  /** What ausearch complains of: an event that cannot be put into words. */
  readonly complaint?: string;
}

interface Sentence {
  readonly at: EventCursor;
  readonly form: NormalForm;
  readonly ok: boolean;
}

/** Actions of CONFIG_CHANGE whose object is the name of what was set. */
const SETS: ReadonlySet<string> = new Set(["set", "seccomp-logging"]);

/** Makes the lines, as ausearch 3.0.9 does. */
export class NormalWriter {
  readonly #options: NormalWriterOptions;
  readonly #values: ValueReader;

  constructor(options: NormalWriterOptions) {
    this.#options = options;
    this.#values = new ValueReader(options);
  }

  /** The first line of csv. */
  get head(): string {
    const { keys, labels, object, time } = this.#options.extra;
    return [
      `NODE,EVENT,DATE,TIME,${time ? "YEAR,MONTH,DAY,WEEKDAY,HOUR,MILLI,GMT_OFFSET," : ""}`,
      "SERIAL_NUM,EVENT_KIND,SESSION,SUBJ_PRIME,SUBJ_SEC,SUBJ_KIND,",
      `${labels ? "SUBJ_LABEL," : ""}ACTION,RESULT,OBJ_PRIME,OBJ_SEC,`,
      `${object ? "OBJ2," : ""}${labels ? "OBJ_LABEL," : ""}OBJ_KIND,HOW${keys ? ",KEY" : ""}\n`,
    ].join("");
  }

  /** An event as a line of csv. */
  csv(event: AuditEvent): NormalLine {
    const { times, extra } = this.#options;
    const { at, form, ok } = this.#sentence(event, extra.labels);
    const { sec, milli, serial } = event;
    const first = at.records[0];
    const type = first === undefined ? "" : typeText(first.type);
    const columns = [event.node === "" ? "" : this.#node(at), type];
    columns.push(times.date(sec), times.time(sec));
    if (extra.time) columns.push(times.parts(sec), String(milli), offsetText(times.offset(sec)));
    columns.push(String(serial));
    if (!ok) {
      const commas = 9 + (extra.labels ? 2 : 0) + (extra.keys ? 1 : 0);
      const text = `${columns.join(",")},${",".repeat(commas)}\n`;
      return { text, complaint: `error normalizing ${type}\n` };
    }
    const { subjectKind = "", action = "did-unknown", how = "" } = form;
    columns.push(form.eventKind ?? "unknown", this.#text(at, form.session));
    columns.push(this.#subject(at, form), this.#text(at, form.alias), subjectKind);
    if (extra.labels) columns.push(this.#text(at, form.subjectLabel));
    columns.push(action, this.#result(at, form, ["failed", "success"]));
    columns.push(this.#csvObject(at, form), this.#text(at, form.objectDetail));
    if (extra.object) columns.push(this.#path(at, form.object2));
    if (extra.labels) columns.push(this.#text(at, form.objectLabel));
    columns.push(form.objectKind, how);
    if (extra.keys) columns.push(this.#text(at, form.key));
    return { text: `${columns.join(",")}\n` };
  }

  /** An event as a sentence. */
  text(event: AuditEvent): NormalLine {
    const { times } = this.#options;
    const { at, form } = this.#sentence(event, false);
    const when = `${times.time(event.sec)} ${times.date(event.sec)}`;
    let text = event.node === "" ? `At ${when} ` : `On ${this.#node(at)} at ${when} `;
    text += this.#subject(at, form) + this.#acting(at, form);
    const result = this.#result(at, form, ["unsuccessfully", "successfully"]);
    text += result === "" ? " " : ` ${result} `;
    const { action = "did-unknown", object, object2, how } = form;
    text += `${action} `;
    if (object !== undefined && has(at, object)) text += `${this.#textObject(at, form)} `;
    if (object2 !== undefined && has(at, object2)) text += `to ${this.#path(at, object2)} `;
    if (how !== undefined && form.action !== undefined && !action.startsWith("e")) {
      text += `using ${how}`;
    }
    return { text: `${text}\n` };
  }

  #sentence(event: AuditEvent, all: boolean): Sentence {
    const at = new EventCursor(event);
    const form = newNormalForm();
    const work = { at, form, values: this.#values, uidOf: this.#options.uidOf, all };
    const ok = event.count > 1 ? normalizeCompound(work) : normalizeSimple(work);
    return { at, form, ok };
  }

  #node(at: EventCursor): string {
    return this.#text(at, { record: 0, field: 0 });
  }

  #text(at: EventCursor, place: FieldPlace | undefined): string {
    const record = place === undefined ? undefined : at.records[place.record];
    return record === undefined || place === undefined ? "" : this.#values.text(record, place);
  }

  #subject(at: EventCursor, { subject }: NormalForm): string {
    const text = this.#text(at, subject);
    return text === "unset" ? "system" : text;
  }

  /** `, acting as X,` when the uid is another one than the auid. */
  #acting(at: EventCursor, { subject, alias }: NormalForm): string {
    if (alias === undefined || subject === undefined) return "";
    const uid = numberAt(at, alias);
    const auid = numberAt(at, subject);
    if (uid === auid || auid === -2 || uid === -1) return "";
    return `, acting as ${this.#text(at, alias)},`;
  }

  #result(at: EventCursor, { result }: NormalForm, words: readonly [string, string]): string {
    if (result === undefined || !has(at, result)) return "";
    const text = this.#text(at, result);
    const allowed = text === "allow" && this.#kind(at, result) === "seccomp";
    return words[text === "yes" || text.startsWith("suc") || allowed ? 1 : 0];
  }

  #kind(at: EventCursor, place: FieldPlace): string | undefined {
    const record = at.records[place.record];
    const field = record?.fields[place.field];
    if (record === undefined || field === undefined) return undefined;
    return this.#values.kind(record, field);
  }

  #csvObject(at: EventCursor, form: NormalForm): string {
    const { object } = form;
    if (object === undefined || !has(at, object)) return "";
    const isConfig = at.records[object.record]?.type === RecordType.CONFIG_CHANGE;
    return this.#objectText(at, form, object, isConfig);
  }

  #textObject(at: EventCursor, form: NormalForm): string {
    const { object } = form;
    if (object === undefined) return "";
    if (this.#kind(at, object) === "sockaddr") {
      const text = this.#text(at, object);
      const found = /laddr=([^ ]*) /.exec(text) ?? /fam=([^ ]*) /.exec(text);
      return found?.[1] ?? text;
    }
    const isConfig = at.records[0]?.type === RecordType.CONFIG_CHANGE;
    return this.#objectText(at, form, object, isConfig);
  }

  #objectText(at: EventCursor, form: NormalForm, object: FieldPlace, isConfig: boolean): string {
    if (this.#kind(at, object) === "file") return this.#path(at, object);
    if (isConfig && SETS.has(form.action ?? "")) {
      return at.records[object.record]?.fields[object.field]?.name ?? "";
    }
    return this.#text(at, object);
  }

  #path(at: EventCursor, place: FieldPlace | undefined): string {
    if (place === undefined || !has(at, place)) return "";
    if (this.#kind(at, place) !== "file") return this.#text(at, place);
    const record = at.records[place.record];
    if (record === undefined) return "";
    // The last CWD record counts.
    const cwd = at.records
      .filter(({ type }) => type === RecordType.CWD)
      .flatMap(({ fields }) => fields.filter(({ name }) => name === "cwd"))
      .at(-1)?.value;
    return this.#values.path(record, place, cwd);
  }
}

function has(at: EventCursor, { record, field }: FieldPlace): boolean {
  return at.records[record]?.fields[field] !== undefined;
}

/** The int at the beginning of a field; -1 when there is none. */
function numberAt(at: EventCursor, { record, field }: FieldPlace): number {
  const number = Number.parseInt(at.records[record]?.fields[field]?.value ?? "", 10);
  return Number.isNaN(number) ? 0 : number | 0;
}

function typeText(type: number): string {
  const name = type === UNKNOWN_TYPE ? "" : recordTypeName(type);
  return name.startsWith("UNKNOWN[") ? "" : name;
}

/** `+01:00`; minutes are those of ausearch, which counts seconds for them. */
function offsetText(seconds: number): string {
  const total = Math.abs(seconds);
  const two = (number: number): string => String(number).padStart(2, "0");
  const hours = Math.floor(total / 3600);
  return `${seconds >= 0 ? "+" : "-"}${two(hours)}:${two((total - hours * 3600) % 60)}`;
}
