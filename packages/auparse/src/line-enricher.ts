/*
 * Lines as auditd's log has them: a node in front, and in the ENRICHED format what the numbers
 * mean behind. Byte scanning: every index is bounded by its loop.
 */
import { ByteWriter } from "./byte-writer.ts";
import { ENRICHMENT_SEPARATOR, FieldScanner } from "./fields.ts";
import { Header, HeaderState, scanHeader } from "./header.ts";
import { FieldWriter } from "./interpret/field-writer.ts";
import type { NameSource } from "./interpret/names.ts";
import { fieldKind } from "./interpret/record-fields.ts";

const NEWLINE = 0x0a;
const SPACE = 0x20;
const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const EQUALS = 0x3d;
const MSG = Buffer.from("msg", "latin1");
const NODE = Buffer.from("node=", "latin1");
const HEX = "0123456789ABCDEF";

/** The longest line that auditd writes, its newline not counted. */
const LINE_MAX = 8969;
/** Bytes that must be left for another field to be tried. */
const LEAST_ROOM = 24;
/** Bytes of a field's name that are written. */
const NAME_MAX = 63;

/** The last letters of the names of fields that are enriched: uid, gid, arch, syscall, saddr. */
const ENDINGS = new Uint8Array(256);
for (const letter of "dhlr") ENDINGS[letter.charCodeAt(0)] = 1;

/** What is added to lines. */
export interface LineEnricherOptions {
  /** The node in front of lines that have none; absent: none is added. */
  readonly node?: string | undefined;
  /** Names for the ENRICHED format; absent: nothing is added behind. */
  readonly names?: NameSource | undefined;
  /** AUDIT_ARCH number of this machine; x86_64 if absent. */
  readonly arch?: number;
}

/**
 * Adds to lines what auditd 3.0.9 adds: `node=NAME ` in front, and behind a byte 0x1D the texts of
 * user and group IDs, arch, syscall and socket address, in the order of the fields (AUD-139 to
 * AUD-142). What a line has already is kept, its own bytes never change. A line grows to 8,969
 * bytes at most: what does not fit is left out.
 */
export class LineEnricher {
  readonly #out: ByteWriter = new ByteWriter();
  readonly #text: ByteWriter = new ByteWriter(1024);
  readonly #node: Buffer | undefined;
  readonly #fields: FieldWriter | undefined;
  readonly #header: Header = new Header();
  readonly #scanner: FieldScanner = new FieldScanner();
  readonly #inner: FieldScanner = new FieldScanner();
  /** Where the line at hand starts in the output, and whether it is enriched. */
  #start = 0;
  #separated = false;
  /** Offset of the next separator in the lines at hand; their length if there is none. */
  #next = 0;

  constructor(options: LineEnricherOptions) {
    const { node, names, arch } = options;
    if (node !== undefined) this.#node = Buffer.from(`node=${node} `, "latin1");
    if (names === undefined) return;
    const more = arch === undefined ? {} : { arch };
    this.#fields = new FieldWriter(this.#text, { names, escape: "raw", ...more });
  }

  /**
   * @param lines whole lines
   * @returns a view that the next call overwrites
   */
  render(lines: Buffer): Buffer {
    this.#out.clear();
    this.#next = 0;
    let at = 0;
    while (at < lines.length) {
      const newline = lines.indexOf(NEWLINE, at);
      const end = newline < 0 ? lines.length : newline;
      this.#line(lines, at, end);
      if (newline >= 0) this.#out.byte(NEWLINE);
      at = end + 1;
    }
    return this.#out.bytes();
  }

  #line(buf: Buffer, start: number, end: number): void {
    const out = this.#out;
    this.#start = out.length;
    this.#separated = false;
    const node = this.#node;
    const hasNode =
      end - start >= NODE.length && NODE.compare(buf, start, start + NODE.length) === 0;
    if (node !== undefined && !hasNode) out.copy(node, 0, node.length);
    out.copy(buf, start, end);
    if (this.#fields === undefined) return;
    const header = this.#header;
    if (scanHeader(buf, start, end, header) !== HeaderState.ok) return;
    if (this.#isEnriched(buf, header.body, end)) return;
    this.#fields.begin(header.type);
    this.#all(this.#scanner.reset(buf, header.body, end), buf, end);
  }

  /** Whether a separator stands in `[start, end)`; lines come in order. */
  #isEnriched(buf: Buffer, start: number, end: number): boolean {
    if (this.#next < start || this.#next === 0) {
      const found = buf.indexOf(ENRICHMENT_SEPARATOR, start);
      this.#next = found < 0 ? buf.length : found;
    }
    return this.#next < end;
  }

  #all(scanner: FieldScanner, buf: Buffer, end: number): void {
    while (scanner.next()) {
      if (
        scanner === this.#scanner &&
        scanner.named(MSG) &&
        buf[scanner.valueStart] === APOSTROPHE
      ) {
        const last = scanner.valueEnd - 1;
        const isClosed = last > scanner.valueStart && buf[last] === APOSTROPHE;
        const stop = isClosed ? last : scanner.valueEnd;
        this.#all(this.#inner.reset(buf, scanner.valueStart + 1, stop), buf, end);
      } else this.#field(scanner, buf, end);
    }
  }

  #field(scanner: FieldScanner, buf: Buffer, end: number): void {
    const { nameStart, nameEnd, valueStart, valueEnd } = scanner;
    if (ENDINGS[buf[nameEnd - 1] as number] === 0) return;
    const kind = fieldKind(this.#header.type, buf, nameStart, nameEnd, valueStart, valueEnd);
    const isId = kind === "uid" || kind === "gid";
    if (!isId && kind !== "arch" && kind !== "syscall" && kind !== "sockaddr") return;
    const text = this.#text;
    text.clear();
    this.#fields?.write(kind, buf, valueStart, valueEnd, end);
    const isHex = isId && needsHex(text);
    const name = Math.min(nameEnd - nameStart, NAME_MAX);
    const value = isHex ? 2 * text.length : text.length + (isId ? 2 : 0);
    const room = LINE_MAX - (this.#out.length - this.#start);
    if (room <= LEAST_ROOM || name + value + 2 > room) return;
    this.#separate();
    for (let i = nameStart; i < nameStart + name; i++) this.#out.byte(upper(buf[i] as number));
    this.#out.byte(EQUALS);
    this.#value(isId, isHex);
  }

  #separate(): void {
    this.#out.byte(this.#separated ? SPACE : ENRICHMENT_SEPARATOR);
    this.#separated = true;
  }

  #value(isId: boolean, isHex: boolean): void {
    const out = this.#out;
    const text = this.#text;
    if (isHex) {
      for (let i = 0; i < text.length; i++) {
        out.byte(HEX.charCodeAt(text.at(i) >> 4));
        out.byte(HEX.charCodeAt(text.at(i) & 15));
      }
      return;
    }
    if (isId) out.byte(QUOTE);
    out.append(text);
    if (isId) out.byte(QUOTE);
  }
}

/** As audit_encode_nv_string: a blank, a quote or what is no visible ASCII makes it hex. */
function needsHex(text: ByteWriter): boolean {
  for (let i = 0; i < text.length; i++) {
    const byte = text.at(i);
    if (byte < 0x21 || byte > 0x7e || byte === QUOTE) return true;
  }
  return false;
}

function upper(byte: number): number {
  return byte >= 0x61 && byte <= 0x7a ? byte - 32 : byte;
}
