import { ttyKeys } from "@cauditd/libaudit/vocabulary";
import { ByteWriter } from "../byte-writer.ts";
import { hexDigit } from "../fields.ts";
import { hexEnd } from "./escaped.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;

/** The keys by their first byte, longest first. */
const keys: (ReturnType<typeof ttyKeys> | undefined)[] = new Array(256).fill(undefined);
for (const key of ttyKeys()) {
  const first = key.bytes[0] as number;
  keys[first] = [...(keys[first] ?? []), key];
}

/**
 * Writes what was typed at a terminal, the hex `data` of a TTY record, as ausearch does: text in
 * quotes and names of keys, `"ls",<ret>`. What is not wholly hex stands as it is.
 * @returns false when there is no byte of data: then the text is `(null)`, whatever the escaping
 */
export function writeTtyData(buf: Buffer, start: number, end: number, out: ByteWriter): boolean {
  if (hexEnd(buf, start, end) < end) {
    out.copy(buf, start, end);
    return true;
  }
  if (end - start < 2) {
    out.text("(null)");
    return false;
  }
  const data = Buffer.alloc((end - start) >> 1);
  for (let i = 0; i < data.length; i++) {
    const high = hexDigit(buf[start + 2 * i] as number);
    data[i] = high * 16 + hexDigit(buf[start + 2 * i + 1] as number);
  }
  const mark = out.length;
  let quoted = false;
  for (let at = 0; at < data.length; ) {
    const key = keyAt(data, at);
    if (key !== undefined) {
      if (quoted) out.byte(QUOTE);
      quoted = false;
      if (out.length > mark) out.byte(COMMA);
      out.text(`<${key.name}>`);
      at += key.bytes.length;
      continue;
    }
    if (!quoted) {
      if (out.length > mark) out.byte(COMMA);
      out.byte(QUOTE);
      quoted = true;
    }
    writeTyped(data[at++] as number, out);
  }
  if (quoted) out.byte(QUOTE);
  return true;
}

function keyAt(data: Buffer, at: number): { bytes: Buffer; name: string } | undefined {
  const first = data[at] as number;
  if (first >= 0x20 && (first < 0x7f || first >= 0xa0)) return undefined;
  return keys[first]?.find(({ bytes }) => {
    const end = at + bytes.length;
    return end <= data.length && bytes.compare(data, at, end) === 0;
  });
}

function writeTyped(byte: number, out: ByteWriter): void {
  if (byte < 0x20 || byte > 0x7e) {
    out.text(`\\${byte.toString(8).padStart(3, "0")}`);
    return;
  }
  if (byte === BACKSLASH || byte === QUOTE) out.byte(BACKSLASH);
  out.byte(byte);
}

/** The same as text, latin1, in aureport's words. */
export function ttyText(data: string): string {
  const out = new ByteWriter(64);
  const buf = Buffer.from(data, "latin1");
  if (!writeTtyData(buf, 0, buf.length, out)) return `conversion error(${data})`;
  return out.bytes().toString("latin1");
}
