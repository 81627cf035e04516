// The files of the tree, as the tidy checks see them.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import ts from "typescript-api";

/** One file: path from the root with `/`, text (empty when binary), size in bytes. */
export interface TreeFile {
  readonly path: string;
  readonly text: string;
  readonly size: number;
}

const NOT_OURS = new Set(["node_modules", "dist", ".git", ".tap", ".cache", "coverage"]);

/** A file made up for a test. */
export function file(path: string, text: string): TreeFile {
  return { path, text, size: Buffer.byteLength(text) };
}

/** All files that are or could be committed: what git lists, or a walk where there is no git. */
export function readTree(root: string): TreeFile[] {
  return listPaths(root)
    .filter((name) => existsSync(path.join(root, name)))
    .map((name) => {
      const absolute = path.join(root, name);
      const bytes = readFileSync(absolute);
      const text = bytes.subarray(0, 8000).includes(0) ? "" : bytes.toString("utf8");
      return { path: name, text, size: statSync(absolute).size };
    });
}

function listPaths(root: string): string[] {
  if (existsSync(path.join(root, ".git"))) {
    try {
      const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
      const options = { cwd: root, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 } as const;
      return [...new Set(execFileSync("git", args, options).split("\0"))].filter(Boolean).sort();
    } catch {
      // git is not installed, or refuses somebody else's clone.
    }
  }
  return walk(root, "").sort();
}

/** The paths below `dir`, without what is built or installed. */
export function walk(root: string, dir: string): string[] {
  return readdirSync(path.join(root, dir), { withFileTypes: true }).flatMap((entry) => {
    const name = path.posix.join(dir, entry.name);
    if (entry.isDirectory()) {
      return NOT_OURS.has(entry.name) || name === "var" ? [] : walk(root, name);
    }
    return entry.isFile() && !name.endsWith(".tsbuildinfo") ? [name] : [];
  });
}

/** Source code written by hand. */
export function isSource(name: string): boolean {
  return /\.(ts|mts|mjs)$/.test(name) && !name.includes(".generated.");
}

const parsed = new WeakMap<TreeFile, ts.SourceFile>();

/** The syntax tree of a source file. */
export function syntax(source: TreeFile): ts.SourceFile {
  let tree = parsed.get(source);
  if (tree === undefined) {
    tree = ts.createSourceFile(source.path, source.text, ts.ScriptTarget.Latest, true);
    parsed.set(source, tree);
  }
  return tree;
}

/** Calls `visit` for every node of a source file. */
export function eachNode(source: TreeFile, visit: (node: ts.Node) => void): void {
  const step = (node: ts.Node): void => {
    visit(node);
    ts.forEachChild(node, step);
  };
  step(syntax(source));
}

/** `path:line` of a place in a file. */
export function at(source: TreeFile, offset: number): string {
  return `${source.path}:${source.text.slice(0, offset).split("\n").length}`;
}
