// A rules file: lines of auditctl options.
import { parseRuleLine } from "./rule-arguments.ts";
import type {
  FileCommand,
  FileError,
  FileErrorMode,
  FileWarning,
  RuleContext,
  RulesFile,
} from "./rule-command.ts";

/** Most bytes that are read as one line, its newline included (AUD-10). */
const LINE_MAX = 6143;

/** Stand for an escaped blank and backslash while a line is split. */
const BLANK = "\x07";
const BACKSLASH = "\x04";

/** A line of a file as bytes, latin1. */
interface Line {
  readonly number: number;
  readonly text: string;
}

/** Lines as fgets gives them: a longer one is taken as several, each ends at its first NUL. */
function* linesOf(bytes: Uint8Array): Generator<Line> {
  let start = 0;
  for (let number = 1; start < bytes.length; number++) {
    const newline = bytes.indexOf(0x0a, start);
    const end = Math.min(newline < 0 ? bytes.length : newline + 1, start + LINE_MAX);
    const chunk = bytes.subarray(start, end);
    const nul = chunk.indexOf(0);
    yield { number, text: latin1(nul < 0 ? chunk : chunk.subarray(0, nul)).replace(/\n$/, "") };
    start = end;
  }
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/**
 * The words of a line of a rules file (latin1): only blanks separate them, `\ ` is a blank in a
 * word and `\\` a backslash, quotes mean nothing (AUD-1, AUD-3, AUD-4). The first word keeps its
 * bytes. Empty for a blank line and a comment, a line whose first word begins with `#` (AUD-2).
 */
export function splitRuleLine(line: string): string[] {
  const marked = line.replace(/\\([\s\S])/g, (pair, next: string) => {
    if (next === " ") return BLANK + BLANK;
    return next === "\\" ? BACKSLASH + BACKSLASH : pair;
  });
  const [first, ...rest] = marked.split(" ").filter((word) => word !== "");
  if (first === undefined || first.startsWith("#")) return [];
  return [first, ...rest.map(unmark)];
}

/** Takes the marks away; each takes the byte behind it along, as two stand for an escape. */
function unmark(word: string): string {
  let text = "";
  for (let index = 0; index < word.length; index++) {
    const char = word.charAt(index);
    const isMark = char === BLANK || char === BACKSLASH;
    if (isMark) index += 1;
    text += isMark ? (char === BLANK ? " " : "\\") : char;
  }
  return text;
}

/**
 * Reads a rules file of any bytes. Never throws: every refused line is an error with auditctl
 * 3.0.9's own text, up to where auditctl would stop (AUD-5): at the first one, unless a `-c` or
 * `-i` came before (AUD-6, AUD-7). Requests of a refused line that came before its error are kept.
 */
export function parseRulesFile(bytes: Uint8Array, context: RuleContext, all = false): RulesFile {
  const commands: FileCommand[] = [];
  const errors: FileError[] = [];
  const warnings: FileWarning[] = [];
  let mode: FileErrorMode = "stop";
  for (const { number: line, text } of linesOf(bytes)) {
    const words = splitRuleLine(text);
    if (words.length === 0) continue;
    const read = parseRuleLine(words, context, line);
    for (const command of read.commands) {
      if (command.kind === "continue") mode = "continue";
      if (command.kind === "ignore" && mode === "stop") mode = "ignore";
      commands.push({ line, command, mode });
    }
    for (const warning of read.warnings) warnings.push({ line, text: warning });
    if (read.error === undefined) continue;
    errors.push({ line, text: read.error.text, mode });
    if (mode === "stop" && !all) break;
  }
  const exitCode = errors.every((error) => error.mode === "ignore") ? 0 : 1;
  return { commands, errors, warnings, exitCode };
}

/** What auditctl prints below the complaint about a line of a file. */
export function lineErrorText(line: number, file: string): string {
  return `There was an error in line ${line} of ${file}`;
}
