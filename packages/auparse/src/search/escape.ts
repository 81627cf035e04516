import type { EscapeMode } from "./query.ts";

// Characters below the blank, and what a shell would take for its own.
const CONTROL = /[^ -\xff]/g;
const SHELL = /[^#%-&*-Z[\]-_a-{}-\xff]/g;
const SHELL_QUOTE = /[^%+-:=@-Z^_a-z~-\xff]/g;

/** Text with what could harm a terminal or a shell escaped, as ausearch's `--escape` asks. */
export function escapeText(text: string, mode: EscapeMode): string {
  if (mode === "raw") return text;
  const what = mode === "tty" ? CONTROL : mode === "shell" ? SHELL : SHELL_QUOTE;
  return text.replace(what, (char) => {
    const code = char.charCodeAt(0);
    return code < 0x20 ? `\\${code.toString(8).padStart(3, "0")}` : `\\${char}`;
  });
}
