// Checks of text: lengths, and what must not be written.
import ts from "typescript-api";
import { at, eachNode, isSource, type TreeFile } from "./tree.ts";

const MAX_COLUMNS = 100;
const MAX_LINES = 400;
const MAX_BYTES = 2 * 1024 * 1024;

/** Lines of sources that are longer than 100 columns. */
export function longLines(files: readonly TreeFile[]): string[] {
  return files
    .filter((source) => isSource(source.path))
    .flatMap((source) =>
      source.text
        .split("\n")
        .map((line, index) => ({ columns: [...line].length, number: index + 1 }))
        .filter(({ columns }) => columns > MAX_COLUMNS)
        .map(({ columns, number }) => `${source.path}:${number}: ${columns} columns`),
    );
}

/** Sources of more than 400 lines. */
export function longFiles(files: readonly TreeFile[]): string[] {
  return files
    .filter((source) => isSource(source.path))
    .map((source) => ({ path: source.path, lines: source.text.trimEnd().split("\n").length }))
    .filter(({ lines }) => lines > MAX_LINES)
    .map(({ path, lines }) => `${path}: ${lines} lines`);
}

/** Files above 2 MiB. */
export function bigFiles(files: readonly TreeFile[]): string[] {
  return files
    .filter(({ size }) => size > MAX_BYTES)
    .map(({ path, size }) => `${path}: ${size} bytes`);
}

interface BannedCode {
  readonly what: string;
  readonly where: RegExp;
  readonly instead: string;
  readonly is: (node: ts.Node) => boolean;
}

const PURE = /^packages\/(libaudit|auparse|kernel)\//;
const SERVED = /^(packages|services)\/[^/]+\/src\//;

const BANNED_CODE: readonly BannedCode[] = [
  {
    what: "Math.random",
    where: PURE,
    instead: "a Random that is passed in",
    is: (node) => isMember(node, "Math", "random"),
  },
  {
    what: "console",
    where: SERVED,
    instead: "the logger, or the stream that is passed in",
    is: (node) => isMember(node, "console"),
  },
  {
    what: "as any",
    where: /./,
    instead: "unknown and a check",
    is: (node) =>
      (ts.isAsExpression(node) || ts.isTypeAssertionExpression(node)) &&
      node.type.kind === ts.SyntaxKind.AnyKeyword,
  },
  {
    what: ".only(",
    where: /./,
    instead: "tap -g, on the command line",
    is: (node) =>
      ts.isCallExpression(node) &&
      ts.isPropertyAccessExpression(node.expression) &&
      node.expression.name.text === "only",
  },
];

function isMember(node: ts.Node, object: string, name?: string): boolean {
  return (
    ts.isPropertyAccessExpression(node) &&
    ts.isIdentifier(node.expression) &&
    node.expression.text === object &&
    (name === undefined || node.name.text === name)
  );
}

/** Code that has a better way here. */
export function bannedCode(files: readonly TreeFile[]): string[] {
  const found: string[] = [];
  for (const source of files.filter(({ path }) => isSource(path))) {
    const rules = BANNED_CODE.filter(({ where }) => where.test(source.path));
    eachNode(source, (node) => {
      for (const { what, instead } of rules.filter(({ is }) => is(node))) {
        found.push(`${at(source, node.getStart())}: ${what}: use ${instead}`);
      }
    });
  }
  return found;
}

interface BannedText {
  readonly what: string;
  readonly where: RegExp;
  readonly instead: string;
  readonly pattern: RegExp;
}

const BANNED_TEXT: readonly BannedText[] = [
  {
    what: "a comment that switches type checks off",
    where: /\.(ts|mts|mjs)$/,
    instead: "the right type",
    pattern: /(\/\/|\/\*)\s*@ts-(ignore|nocheck)\b/g,
  },
  {
    what: "an expected type error without a reason",
    where: /\.(ts|mts|mjs)$/,
    instead: "a reason behind it",
    pattern: /(\/\/|\/\*)\s*@ts-expect-error[\s:*/-]*$/gm,
  },
  {
    what: "a note of work left over",
    where: /\.(ts|mts|mjs|json|jsonc|ya?ml|md|sh)$|Dockerfile$/,
    instead: "an issue",
    pattern: /\b(TO[D]O|FIX[M]E)\b/g,
  },
  {
    what: "the address of a registry",
    where: /(^|\/)(package-lock\.json|npm-shrinkwrap\.json)$/,
    instead: "npm install with our .npmrc",
    pattern: /"resolved":\s*"(https?|git|ssh)/g,
  },
  {
    what: "a path of one machine",
    where: /./,
    instead: "a path from the root of the tree",
    pattern: /(?<![\w.~*}-])\/Users\//g,
  },
];

/** Text that must not be in the tree, comments and data included. */
export function bannedText(files: readonly TreeFile[]): string[] {
  return files.flatMap((source) =>
    BANNED_TEXT.filter(({ where }) => where.test(source.path)).flatMap(
      ({ pattern, what, instead }) =>
        [...source.text.matchAll(pattern)].map(
          (match) => `${at(source, match.index)}: ${what}: use ${instead}`,
        ),
    ),
  );
}
