import { RecordType, recordTypeName } from "@cauditd/libaudit/vocabulary";
import { ByteWriter } from "../byte-writer.ts";
import type { AuditEvent } from "../event.ts";
import { Enrichment, enrichmentStart } from "./enrichment.ts";
import { copyEscaped } from "./escape.ts";
import { writeEscaped } from "./escaped.ts";
import { FieldWriter, type InterpretOptions } from "./field-writer.ts";
import { fieldKind, isName } from "./record-fields.ts";

/** How a point in time is printed; the locale and the time zone are the caller's. */
export interface TimeTexts {
  /** strftime's `%x %T`, `11/25/26 18:03:34` in the C locale, of seconds since the epoch. */
  stamp(sec: number): string;
  /** ctime(3) without its newline: `Wed Nov 25 18:03:34 2026`. */
  ctime(sec: number): string;
}

/** How events are printed. */
export interface EventWriterOptions extends InterpretOptions {
  readonly times: TimeTexts;
}

/** The most bytes of a line that ausearch reads at once; what is behind them is another line. */
const MAX_LINE = 8969;
const NEWLINE = 0x0a;
const BLANK = 0x20;
const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const OPEN = 0x28;
const COMMA = 0x2c;
const COLON = 0x3a;
const EQUALS = 0x3d;
const KEY_SEPARATOR = 0x01;
const SEPARATOR = Buffer.from("----\n", "latin1");
const MSG = Buffer.from("msg", "latin1");
const KEY = Buffer.from("key", "latin1");
const ACCT = Buffer.from("acct", "latin1");
const UNKNOWN = Buffer.from("type=UNKNOWN[", "latin1");

/** Types that audit 3.0.9 has no name for: `UNKNOWN[n]` stays. */
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

/**
 * Prints events as ausearch 3.0.9 does. The records of an event come out last first (AUD-151);
 * of an event whose last record is auditd's own, only that one.
 */
export class EventWriter {
  readonly out: ByteWriter;
  readonly #fields: FieldWriter;
  readonly #times: TimeTexts;
  readonly #enrichment = new Enrichment();
  #stampSec = -1;
  #stamp = "";
  #ctimeSec = -1;
  #ctime = "";

  constructor(options: EventWriterOptions, out: ByteWriter = new ByteWriter()) {
    this.out = out;
    this.#times = options.times;
    this.#fields = new FieldWriter(out, options);
  }

  /** Adds an event as `ausearch -i` prints it. */
  interpreted(event: AuditEvent): void {
    const out = this.out;
    out.copy(SEPARATOR, 0, SEPARATOR.length);
    if (event.sec !== this.#stampSec) {
      this.#stampSec = event.sec;
      this.#stamp = Buffer.from(this.#times.stamp(event.sec), "utf8").toString("latin1");
    }
    const milli = String(event.milli).padStart(3, "0");
    const stamp = `${this.#stamp}.${milli}:${event.serial}) `;
    const last = event.count - 1;
    const first = ofDaemon(event.types[last]) ? last : 0;
    for (let i = last; i >= first; i--) this.#record(event, i, stamp);
  }

  /** Adds an event as ausearch prints it without options. */
  plain(event: AuditEvent): void {
    const out = this.out;
    if (event.sec !== this.#ctimeSec) {
      this.#ctimeSec = event.sec;
      this.#ctime = this.#times.ctime(event.sec);
    }
    out.copy(SEPARATOR, 0, SEPARATOR.length);
    out.text(`time->${this.#ctime}\n`);
    const last = event.count - 1;
    const daemon = ofDaemon(event.types[last]);
    for (let i = last; i >= (daemon ? last : 0); i--) {
      const buf = event.buffers[i] as Buffer;
      const start = event.starts[i] as number;
      const stop = Math.min(event.ends[i] as number, start + MAX_LINE);
      const end = enrichmentStart(buf, event.bodies[i] as number, stop);
      if (daemon) out.copy(buf, start, end);
      else copyEscaped(buf, start, end, this.#fields.escapes, out);
      out.byte(NEWLINE);
    }
  }

  /** Adds an event as `ausearch --raw` prints it: the lines in their order, as they are. */
  raw(event: AuditEvent): void {
    const out = this.out;
    for (let i = 0; i < event.count; i++) {
      out.copy(event.buffers[i] as Buffer, event.starts[i] as number, event.ends[i] as number);
      out.byte(NEWLINE);
    }
  }

  #record(event: AuditEvent, index: number, stamp: string): void {
    const out = this.out;
    const buf = event.buffers[index] as Buffer;
    const line = event.starts[index] as number;
    const type = event.types[index] as number;
    const from = (event.serialEnds[index] as number) + 1;
    const stop = Math.min(event.ends[index] as number, line + MAX_LINE);
    const end = enrichmentStart(buf, from, stop);
    this.#head(event, buf, line, type);
    out.text(stamp);
    if (end < stop) this.#enrichment.load(buf, end + 1, stop);
    else this.#enrichment.clear();
    this.#fields.begin(type);
    this.#body(buf, from, end, type);
    out.byte(NEWLINE);
  }

  /** `node=... type=NAME msg=audit(` */
  #head(event: AuditEvent, buf: Buffer, line: number, type: number): void {
    const out = this.out;
    let start = line;
    if (event.node !== "") while (buf[start++] !== BLANK);
    out.copy(buf, line, start);
    if (isName(UNKNOWN, buf, start, start + UNKNOWN.length) && !NEWER.has(type)) {
      out.text(`type=${recordTypeName(type)} msg=audit(`);
      return;
    }
    let open = start;
    while (buf[open] !== OPEN) open++;
    out.copy(buf, start, open + 1);
  }

  /** The text between values is copied, the values are interpreted. */
  #body(buf: Buffer, from: number, end: number, type: number): void {
    const out = this.out;
    let at = from;
    let comma = false;
    let found = false;
    let rest = false;
    while (at < end) {
      let equals = at;
      while (equals < end && buf[equals] !== EQUALS) equals++;
      if (equals === end) {
        rest = true;
        break;
      }
      comma = false;
      found = true;
      let name = equals;
      while (name > at && buf[name] !== BLANK) name--;
      out.copy(buf, at, equals + 1);
      if (isName(MSG, buf, name, equals)) {
        at = equals + 1;
        continue;
      }
      if (buf[name] === APOSTROPHE) name++;
      const start = equals + 1;
      const first = start < end ? buf[start] : 0;
      let stop = start;
      if (first === QUOTE || first === APOSTROPHE) {
        stop++;
        while (stop < end && buf[stop] !== first) stop++;
        if (stop < end) stop++;
        at = stop + 1;
      } else {
        while (stop < end && buf[stop] !== BLANK && buf[stop] !== COMMA) stop++;
        if (stop < end && buf[stop] === COMMA) {
          // A comma ends a value, but a label has commas in it.
          comma = fieldKind(type, buf, name, equals, start, stop) !== "maclabel";
          if (!comma) while (stop < end && buf[stop] !== BLANK) stop++;
        }
        at = stop + 1;
      }
      this.#value(buf, name, equals, start, stop, comma, type, end);
    }
    // What is behind the last field is printed after a comma only.
    if ((!found && rest) || comma) {
      copyEscaped(buf, Math.min(at, end), end, this.#fields.escapes, out);
      out.byte(NEWLINE);
    }
  }

  #value(
    buf: Buffer,
    nameStart: number,
    nameEnd: number,
    start: number,
    stop: number,
    comma: boolean,
    type: number,
    recordEnd: number,
  ): void {
    const out = this.out;
    let name = nameStart;
    while (name < nameEnd && (buf[name] === BLANK || buf[name] === OPEN)) name++;
    let end = stop;
    if (end > start && buf[end - 1] === COLON && isName(ACCT, buf, name, nameEnd)) end--;
    const kind = fieldKind(type, buf, name, nameEnd, start, end);
    const mark = out.length;
    const enriched =
      kind !== "plain" &&
      this.#enrichment.find(buf, name, nameEnd) &&
      this.#fields.note(kind, buf, start, end);
    if (enriched) {
      const { valueStart, valueEnd } = this.#enrichment;
      if (kind === "uid" || kind === "gid") writeEscaped(buf, valueStart, valueEnd, out);
      else out.copy(buf, valueStart, valueEnd);
    } else this.#fields.write(kind, buf, start, end, recordEnd);
    if (kind === "plain") {
      out.byte(comma ? COMMA : BLANK);
      return;
    }
    if (isName(KEY, buf, name, nameEnd)) this.#keys(mark);
    if (kind !== "ttydata") out.byte(BLANK);
  }

  /** Several keys in one value: each is printed as a field of its own. */
  #keys(mark: number): void {
    const out = this.out;
    let at = mark;
    while (at < out.length && out.at(at) !== KEY_SEPARATOR) at++;
    if (at === out.length) return;
    const keys = out.bytes().toString("latin1", mark).split("\x01");
    out.clear(mark);
    out.text(keys.join(" key="));
  }
}

function ofDaemon(type: number | undefined): boolean {
  return type !== undefined && type >= RecordType.DAEMON_START && type < RecordType.SYSCALL;
}
