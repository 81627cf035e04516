import type { ByteWriter } from "../byte-writer.ts";

/** All modes, by their names. */
export const ESCAPE_MODES = ["raw", "tty", "shell", "shell_quote"] as const;

/** How ausearch prints bytes that could harm a terminal or a shell: its --escape option. */
export type EscapeMode = (typeof ESCAPE_MODES)[number];

const SHELL = "\"'`$\\!()| ";
const SHELL_QUOTE = "\"'`$\\!()| ;#&*?[]<>{}";
const BACKSLASH = 0x5c;
const CONTROL = 1;
const SPECIAL = 2;
const KEY_SEPARATOR = 0x01;

/** What to do with each byte: 0 leave, 1 three octal digits, 2 a backslash in front. */
export type EscapeTable = Uint8Array;

function tableOf(special: string): EscapeTable {
  const table = new Uint8Array(256).fill(CONTROL, 0, 32);
  for (const letter of special) table[letter.charCodeAt(0)] = SPECIAL;
  return table;
}

const TABLES: Readonly<Record<EscapeMode, EscapeTable>> = {
  raw: new Uint8Array(256),
  tty: tableOf(""),
  shell: tableOf(SHELL),
  shell_quote: tableOf(SHELL_QUOTE),
};

/** The table of an escape mode, but for the byte between the keys of one `key` field. */
export function keyEscapeTable(mode: EscapeMode): EscapeTable {
  const table = TABLES[mode].slice();
  table[KEY_SEPARATOR] = 0;
  return table;
}

/** The table of an escape mode. */
export function escapeTable(mode: EscapeMode): EscapeTable {
  return TABLES[mode];
}

/** Adds `[start, end)` with what needs it escaped. */
export function copyEscaped(
  buf: Buffer,
  start: number,
  end: number,
  table: EscapeTable,
  out: ByteWriter,
): void {
  let from = start;
  for (let at = start; at < end; at++) {
    const byte = buf[at] as number;
    if (table[byte] === 0) continue;
    out.copy(buf, from, at);
    from = at + 1;
    out.byte(BACKSLASH);
    if (table[byte] === CONTROL) {
      out.byte(0x30 + (byte >> 6));
      out.byte(0x30 + ((byte >> 3) & 7));
      out.byte(0x30 + (byte & 7));
    } else out.byte(byte);
  }
  out.copy(buf, from, end);
}

/** Escapes what was written from byte `mark` on. */
export function escapeFrom(mark: number, table: EscapeTable, out: ByteWriter): void {
  const at = out.find(mark, table);
  if (at === out.length) return;
  const written = Buffer.from(out.bytes().subarray(at));
  out.clear(at);
  copyEscaped(written, 0, written.length, table, out);
}

/** Text, latin1, with what needs it escaped. */
export function escapeText(text: string, mode: EscapeMode): string {
  const table = escapeTable(mode);
  let escaped = "";
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const how = table[code];
    if (how === 0) continue;
    escaped += `${text.slice(from, at)}\\`;
    if (how === CONTROL) escaped += code.toString(8).padStart(3, "0");
    else escaped += text[at];
    from = at + 1;
  }
  return escaped + text.slice(from);
}

/** The mode of this name; undefined when there is none. */
export function escapeMode(name: string): EscapeMode | undefined {
  return ESCAPE_MODES.find((mode) => mode === name);
}
