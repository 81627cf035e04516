import { isUserRecord, RecordType } from "@cauditd/libaudit/vocabulary";
import { Assembler, type AssemblerOptions, type EventSink, NodeState } from "./assembler.ts";
import { ENRICHMENT_SEPARATOR } from "./fields.ts";
import { Header, HeaderState, scanHeader } from "./header.ts";
import { MAX_NODE_BYTES, MAX_NODES } from "./limits.ts";
import { LineFramer, type LineSink } from "./line-framer.ts";
import { type MalformedKind, MalformedLog } from "./malformed.ts";

/** Receives records in the order of the input; the bytes are valid only during the call. */
export type RecordSink = (head: Header, buf: Buffer, start: number, end: number) => void;

/** How a parser works. */
export interface ParserOptions extends AssemblerOptions {
  /** Told of every record before it is put into its event. */
  readonly onRecord?: RecordSink;
}

/** What a parser has seen. */
export interface ParserCounts {
  /** Records put into events. */
  records: number;
  /** End-of-event records: they close an event and are not part of it. */
  eoe: number;
  /** Events emitted. */
  events: number;
  /** Empty lines. */
  blank: number;
  /** Records that were accepted from a line ending in CR LF. */
  crlf: number;
  /** A last record without a newline. */
  unterminated: number;
  /** Records found behind junk on the same line. */
  recovered: number;
  /** Records with a type name that the table does not have. */
  unknownType: number;
}

const NUL = 0x00;
const CR = 0x0d;
const OPEN_PAREN = 0x28;
const TYPE = Buffer.from("type=", "latin1");
const NODE = Buffer.from("node=", "latin1");
const AUDIT = Buffer.from("msg=audit", "latin1");
/** Most places of one line where a record is looked for behind junk. */
const MAX_TRIES = 16;
/** Most bytes from `type=` to the `msg=` of its head: longer names are no record types. */
const MAX_TYPE_BYTES = 80;

/**
 * Bytes to records to events, streaming: `push` chunks of any size, then `end`. No input can
 * make it throw; what is no record is counted by kind, and the records around it come out.
 * The parser keeps no reference to a chunk, so that a reader may use its buffer again.
 */
export class AuditParser {
  readonly malformed: MalformedLog = new MalformedLog();
  readonly counts: ParserCounts = {
    records: 0,
    eoe: 0,
    events: 0,
    blank: 0,
    crlf: 0,
    unterminated: 0,
    recovered: 0,
    unknownType: 0,
  };
  readonly #head = new Header();
  readonly #onRecord: RecordSink | undefined;
  readonly #framer: LineFramer;
  readonly #assembler: Assembler;
  readonly #nodes: Map<string, NodeState> = new Map();
  readonly #noNode: NodeState = new NodeState(0, "");
  /** The current chunk holds NUL bytes somewhere. */
  #nuls = false;
  #lines = 0;
  /** The buffer that `#paren` belongs to, and its next "(" at or behind the current line. */
  #parenIn: Buffer | undefined;
  #paren = 0;

  constructor(sink: EventSink, options: ParserOptions = {}) {
    this.#onRecord = options.onRecord;
    this.#assembler = new Assembler((event) => {
      this.counts.events++;
      sink(event);
    }, options);
    const lines: LineSink = {
      line: (buf, start, end, offset, terminated) =>
        this.#line(buf, start, end, offset, terminated),
      overlong: (head, offset) => {
        this.#lines++;
        this.malformed.add("overlong", head, 0, head.length, offset, this.#lines);
      },
    };
    this.#framer = new LineFramer(lines);
  }

  /** Events that wait for their end. */
  get open(): number {
    return this.#assembler.open;
  }

  /** Events that began after an event of the same identity had come out. */
  get late(): number {
    return this.#assembler.late;
  }

  /** Lines so far, whatever they hold. */
  get lines(): number {
    return this.#lines;
  }

  /** Lines that are not empty, and records found behind junk on a line of another. */
  get captured(): number {
    return this.#lines - this.counts.blank + this.counts.recovered;
  }

  /** A line has begun and its end has not come. */
  get partial(): boolean {
    return this.#framer.partial;
  }

  /** Bytes taken so far. */
  get offset(): number {
    return this.#framer.offset;
  }

  /** Takes the next bytes and emits the events that they complete. */
  push(chunk: Uint8Array): void {
    const buf = Buffer.isBuffer(chunk)
      ? chunk
      : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    // Sticky for the line that is carried over into the next chunk.
    if (buf.includes(NUL)) this.#nuls = true;
    this.#parenIn = undefined;
    this.#framer.push(buf);
    this.#assembler.own();
    if (this.#nuls) this.#nuls = this.#framer.partial || buf.includes(NUL);
  }

  /** No bytes came for a while: emits the event that is complete and held for late records. */
  settle(): void {
    this.#assembler.settle();
  }

  /**
   * A source that writes whole events is quiet: all waiting events come out. A line whose end has
   * not come stays.
   */
  flush(): void {
    this.#assembler.flush();
  }

  /**
   * The input is given up in the middle: a line whose end has not come is no record, and is
   * neither taken nor counted; `offset` is where it began. All waiting events come out.
   */
  abandon(): void {
    this.#framer.drop();
    this.#assembler.flush();
  }

  /**
   * The input is over: the last line and all waiting events come out. Bytes that follow all the
   * same are a new beginning.
   */
  end(): void {
    this.#nuls = true;
    this.#parenIn = undefined;
    this.#framer.end();
    this.#assembler.flush();
  }

  #line(buf: Buffer, start: number, stop: number, offset: number, terminated: boolean): void {
    this.#lines++;
    let end = stop;
    const crlf = end > start && buf[end - 1] === CR;
    if (crlf) end--;
    if (end === start) {
      this.counts.blank++;
      return;
    }
    if (this.#nuls && this.#hasNul(buf, start, end, offset)) return;
    const state = scanHeader(buf, start, end, this.#head);
    if (state !== HeaderState.ok) {
      this.#resync(state, buf, start, end, offset);
      return;
    }
    if (crlf) this.counts.crlf++;
    if (!terminated) this.counts.unterminated++;
    this.#record(buf, start, end, offset);
  }

  /** Puts the record that `#head` describes into its event. */
  #record(buf: Buffer, start: number, end: number, offset: number): void {
    const head = this.#head;
    const torn = this.#tornAt(buf, head, end);
    if (torn > 0) {
      this.malformed.add("truncated", buf, start, torn, offset, this.#lines);
      scanHeader(buf, torn, end, head);
      this.counts.recovered++;
      this.#record(buf, torn, end, offset + torn - start);
      return;
    }
    const node = this.#node(buf, head);
    if (node === undefined) {
      this.malformed.add("garbage", buf, start, end, offset, this.#lines);
      return;
    }
    if (head.type === RecordType.EOE) this.counts.eoe++;
    else this.counts.records++;
    if (head.type === 0) this.counts.unknownType++;
    this.#onRecord?.(head, buf, start, end);
    this.#assembler.add(node, head, buf, start, end);
  }

  /**
   * Where another record begins inside this one, or 0. A writer that died leaves a line without
   * newline, and the next record is glued to it. The kernel encodes untrusted text that has a
   * blank, so its records cannot hold ` msg=audit(`; where they can, they are left alone.
   */
  #tornAt(buf: Buffer, head: Header, end: number): number {
    if (this.#parenIn !== buf || this.#paren < head.body) {
      this.#parenIn = buf;
      this.#paren = nextParen(buf, head.body);
    }
    while (this.#paren < end) {
      const at = this.#paren;
      const msg = at - AUDIT.length;
      if (msg > head.body && isAudit(buf, msg) && !isForeign(buf, head, msg)) {
        const from = lastOf(TYPE, buf, Math.max(head.body, msg - MAX_TYPE_BYTES), msg);
        if (from >= 0 && startsRecord(buf, from, end)) return withNode(buf, head.body, from, end);
      }
      this.#paren = nextParen(buf, at + 1);
    }
    return 0;
  }

  /** The line does not begin with a record: counts the junk, and takes a record behind it. */
  #resync(state: HeaderState, buf: Buffer, start: number, end: number, offset: number): void {
    let kind: MalformedKind = "garbage";
    if (state === HeaderState.truncated) kind = "truncated";
    else if (state === HeaderState.stamp) kind = "stamp";
    const line = buf.subarray(start, end);
    let from = start;
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const at = line.indexOf(TYPE, from + 1 - start);
      if (at < 0) break;
      from = start + at;
      if (scanHeader(buf, from, end, this.#head) !== HeaderState.ok) continue;
      const found = withNode(buf, start + 1, from, end);
      scanHeader(buf, found, end, this.#head);
      this.malformed.add(kind, buf, start, found, offset, this.#lines);
      this.counts.recovered++;
      this.#record(buf, found, end, offset + found - start);
      return;
    }
    this.malformed.add(kind, buf, start, end, offset, this.#lines);
  }

  /** True when the line held NUL bytes and has been dealt with. */
  #hasNul(buf: Buffer, start: number, end: number, offset: number): boolean {
    let last = end - 1;
    while (last >= start && buf[last] !== NUL) last--;
    if (last < start) return false;
    this.malformed.add("nul", buf, start, end, offset, this.#lines);
    const behind = last + 1;
    if (behind < end && scanHeader(buf, behind, end, this.#head) === HeaderState.ok) {
      this.counts.recovered++;
      this.#record(buf, behind, end, offset + behind - start);
    }
    return true;
  }

  #node(buf: Buffer, head: Header): NodeState | undefined {
    if (head.nodeStart === head.nodeEnd) return this.#noNode;
    const name = buf.toString("latin1", head.nodeStart, head.nodeEnd);
    let node = this.#nodes.get(name);
    if (node === undefined) {
      if (this.#nodes.size >= MAX_NODES) return undefined;
      node = new NodeState(this.#nodes.size + 1, name);
      this.#nodes.set(name, node);
    }
    return node;
  }
}

/** Whether `msg=audit` stands at `at`; most that stands in front of a "(" ends otherwise. */
function isAudit(buf: Buffer, at: number): boolean {
  for (let i = AUDIT.length - 1; i >= 0; i--) if (buf[at + i] !== AUDIT[i]) return false;
  return true;
}

function nextParen(buf: Buffer, from: number): number {
  const at = buf.indexOf(OPEN_PAREN, from);
  return at < 0 ? Number.POSITIVE_INFINITY : at;
}

const probe = new Header();

function startsRecord(buf: Buffer, from: number, end: number): boolean {
  return scanHeader(buf, from, end, probe) === HeaderState.ok;
}

/** The last place of `text` in `[start, end)`, or -1; what lies outside is not searched. */
function lastOf(text: Buffer, buf: Buffer, start: number, end: number): number {
  const at = buf.subarray(start, end).lastIndexOf(text);
  return at < 0 ? -1 : start + at;
}

/**
 * True when `[head.body, at)` of the record holds text that a program chose and that nobody
 * encoded: a user record or a type that may be one, the name of an nftables table, and the path
 * that auditd writes when it interprets a socket address.
 */
function isForeign(buf: Buffer, head: Header, at: number): boolean {
  const type = head.type;
  if (type === 0 || isUserRecord(type) || type === RecordType.NETFILTER_CFG) return true;
  if (type !== RecordType.SOCKADDR) return false;
  return buf.subarray(head.body, at).includes(ENRICHMENT_SEPARATOR);
}

/** A record found at `from` may have its `node=` in front, not before `limit`. */
function withNode(buf: Buffer, limit: number, from: number, end: number): number {
  if (from - 1 < limit || buf[from - 1] !== 0x20) return from;
  const first = Math.max(limit, from - 1 - NODE.length - MAX_NODE_BYTES);
  const node = lastOf(NODE, buf, first, from);
  if (node < 0 || !startsRecord(buf, node, end) || probe.typeStart !== from + 5) return from;
  return isInode(buf, limit, node, from - 1) ? from : node;
}

/** The `node=` is the end of a PATH record's `inode=`: only digits stand behind it. */
function isInode(buf: Buffer, limit: number, node: number, end: number): boolean {
  if (node === limit || buf[node - 1] !== 0x69) return false;
  return /^\d+$/.test(buf.toString("latin1", node + NODE.length, end));
}
