import t from "tap";
import { escapeText } from "../../src/search/escape.ts";

t.test("what a terminal or a shell would take for its own is escaped", async (t) => {
  t.equal(escapeText("a\x01b c'", "raw"), "a\x01b c'");
  t.equal(escapeText("a\x01b c'\x7f\xe9", "tty"), "a\\001b c'\x7f\xe9");
  t.equal(escapeText("a\x1fb c'*", "shell"), "a\\037b\\ c\\'*");
  t.equal(escapeText("a b*;", "shell_quote"), "a\\ b\\*\\;");
});

t.test("each shell mode escapes exactly its characters", async (t) => {
  const shell = "\"'`$\\!()| ";
  for (let code = 0x20; code < 0x100; code++) {
    const char = String.fromCharCode(code);
    t.equal(escapeText(char, "shell") !== char, shell.includes(char), char);
    t.equal(escapeText(char, "shell_quote") !== char, `${shell};#&*?[]<>{}`.includes(char), char);
  }
});
