import { ByteWriter } from "@cauditd/auparse";
import t from "tap";
import {
  copyEscaped,
  type EscapeMode,
  escapeFrom,
  escapeMode,
  escapeTable,
  escapeText,
  keyEscapeTable,
} from "../../src/interpret/escape.ts";

function escaped(mode: EscapeMode, text: string): string {
  const out = new ByteWriter();
  out.text("\x01");
  const buf = Buffer.from(text, "latin1");
  out.copy(buf, 0, buf.length);
  escapeFrom(1, escapeTable(mode), out);
  return out.bytes().toString("latin1", 1);
}

t.test("control characters become octal, other bytes depend on the mode", async (t) => {
  const text = "a\x1b[1m $(rm) ; * é\x7f";
  t.equal(escaped("raw", text), text);
  t.equal(escaped("tty", text), "a\\033[1m $(rm) ; * é\x7f");
  t.equal(escaped("shell", text), "a\\033[1m\\ \\$\\(rm\\)\\ ;\\ *\\ é\x7f");
  t.equal(escaped("shell_quote", text), "a\\033\\[1m\\ \\$\\(rm\\)\\ \\;\\ \\*\\ é\x7f");
});

t.test("a part of a buffer is copied with its unsafe bytes escaped", async (t) => {
  const out = new ByteWriter();
  const buf = Buffer.from("\x01ab\x02c\x03", "latin1");
  copyEscaped(buf, 1, 5, escapeTable("tty"), out);
  t.equal(out.bytes().toString("latin1"), "ab\\002c");
});

t.test("the byte between two keys is left alone, others are not", async (t) => {
  const out = new ByteWriter();
  out.text("a\x01b\x02");
  escapeFrom(0, keyEscapeTable("tty"), out);
  t.equal(out.bytes().toString("latin1"), "a\x01b\\002");
});

t.test("each mode escapes exactly its characters, in bytes and in text", async (t) => {
  const shell = "\"'`$\\!()| ";
  for (let code = 0; code < 0x100; code++) {
    const char = String.fromCharCode(code);
    for (const mode of ["raw", "tty", "shell", "shell_quote"] as const) {
      t.equal(escapeText(`<${char}>`, mode), escaped(mode, `<${char}>`));
    }
    if (code < 0x20) continue;
    t.equal(escapeText(char, "shell") !== char, shell.includes(char), char);
    t.equal(escapeText(char, "shell_quote") !== char, `${shell};#&*?[]<>{}`.includes(char), char);
  }
});

t.test("modes have names", async (t) => {
  t.equal(escapeMode("shell_quote"), "shell_quote");
  t.equal(escapeMode("shellx"), undefined);
});
