// Checks of names: the words of this project, for what is declared here.
import ts from "typescript-api";
import { at, eachNode, isSource, type TreeFile } from "./tree.ts";

interface BannedWord {
  readonly pattern: RegExp;
  readonly instead: string;
}

const BANNED_WORDS: readonly BannedWord[] = [
  { pattern: /^cid$|container_id|[cC]ontainerId/, instead: "contid" },
  { pattern: /manager/i, instead: "the name of what it does" },
  { pattern: /helper/i, instead: "the name of what it does" },
  { pattern: /utils/i, instead: "the name of what is in it" },
];

/** Declared names that use a word this project does not have. Names of others are not looked at. */
export function bannedNames(files: readonly TreeFile[]): string[] {
  const found: string[] = [];
  for (const source of files.filter(({ path }) => isSource(path))) {
    eachNode(source, (node) => {
      const name = declaredName(node);
      const word = name && BANNED_WORDS.find(({ pattern }) => pattern.test(name.text));
      if (name && word) {
        found.push(`${at(source, name.getStart())}: ${name.text}: use ${word.instead}`);
      }
    });
  }
  return found;
}

type Name = ts.Identifier | ts.PrivateIdentifier | ts.StringLiteralLike;

function declaredName(node: ts.Node): Name | undefined {
  if (ts.isImportSpecifier(node) || ts.isExportSpecifier(node) || ts.isImportClause(node)) {
    return undefined;
  }
  if (ts.isPropertyAccessExpression(node) || !("name" in node)) {
    return undefined;
  }
  const name = node.name as ts.Node | undefined;
  const isName =
    name !== undefined &&
    (ts.isIdentifier(name) || ts.isPrivateIdentifier(name) || ts.isStringLiteralLike(name));
  return isName ? name : undefined;
}

/** Files and folders whose name uses such a word. */
export function bannedFileNames(files: readonly TreeFile[]): string[] {
  return files
    .map(({ path }) => path)
    .filter((path) =>
      /(^|[-_./])(managers?|helpers?|utils)([-_./]|$)|[a-z](Manager|Helper|Utils)/.test(path),
    );
}
