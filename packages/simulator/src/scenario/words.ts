/** One word of a line: where it starts, and what it says. */
export interface Word {
  /** Index of its first character. */
  readonly start: number;
  /** Its text; quotes are taken away and escapes read. */
  readonly text: string;
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", "0": "\0" };

/**
 * Splits a line at blanks and tabs. Between double quotes blanks are kept, and `\n`, `\t`, `\0`,
 * `\"` and `\\` are read. Undefined when a quote is not closed.
 */
export function splitWords(line: string): Word[] | undefined {
  const words: Word[] = [];
  let at = 0;
  while (at < line.length) {
    if (isBlank(line[at])) {
      at++;
      continue;
    }
    const start = at;
    let text = "";
    let quoted = false;
    for (; at < line.length && (quoted || !isBlank(line[at])); at++) {
      const char = line[at] as string;
      if (char === '"') quoted = !quoted;
      else if (quoted && char === "\\" && at + 1 < line.length) {
        const next = line[++at] as string;
        text += ESCAPES[next] ?? next;
      } else text += char;
    }
    if (quoted) return undefined;
    words.push({ start, text });
  }
  return words;
}

function isBlank(char: string | undefined): boolean {
  return char === " " || char === "\t" || char === "\r";
}
