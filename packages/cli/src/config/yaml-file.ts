// A YAML file, and where in it a field is.
import { isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import type { z } from "zod";
import { InputError } from "../terminal/input-error.ts";
import { fieldPlace } from "./container-schema.ts";

/** What a YAML file says. */
export class YamlFile {
  readonly value: unknown;
  readonly #path: string;
  readonly #root: Node | null;
  readonly #lines: LineCounter;

  private constructor(path: string, value: unknown, root: Node | null, lines: LineCounter) {
    this.#path = path;
    this.value = value;
    this.#root = root;
    this.#lines = lines;
  }

  /**
   * Reads text.
   * @param path what the file is called in problems
   * @throws {InputError} with every problem, each with its line and column
   */
  static parse(path: string, text: string): YamlFile {
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines });
    if (document.errors.length > 0) {
      const problems = document.errors.map((error) => {
        const { line, col } = lines.linePos(error.pos[0]);
        const what = error.message.split("\n")[0]?.replace(/ at line .*/, "");
        return `${path}:${line}:${col}: ${what}`;
      });
      throw new InputError(problems);
    }
    try {
      return new YamlFile(path, document.toJS(), document.contents, lines);
    } catch (cause) {
      // An alias without its anchor, or too many of them.
      throw new InputError([`${path}: ${(cause as Error).message}`], { cause });
    }
  }

  /** `FILE:LINE: FIELD: `, the line being that of the innermost field that there is. */
  place(field: readonly PropertyKey[]): string {
    let at: unknown = this.#root;
    let offset = this.#root?.range?.[0];
    for (const part of field) {
      const found = childOf(at, part);
      if (found === undefined) break;
      offset = found.offset ?? offset;
      at = found.node;
    }
    const line = offset === undefined ? "" : `:${this.#lines.linePos(offset).line}`;
    return `${this.#path}${line}: ${fieldPlace(field)}`;
  }

  /** A line for each problem that a check of a part has found. */
  problems(error: z.ZodError | undefined, part: readonly PropertyKey[] = []): string[] {
    return (error?.issues ?? []).flatMap((issue) => {
      const at = [...part, ...issue.path];
      if (issue.code !== "unrecognized_keys") return [`${this.place(at)}${issue.message}`];
      return issue.keys.map((key) => `${this.place([...at, key])}there is no such field`);
    });
  }
}

function childOf(
  node: unknown,
  part: PropertyKey,
): { readonly node: unknown; readonly offset: number | undefined } | undefined {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === part);
    if (!isPair(pair)) return undefined;
    return { node: pair.value, offset: (pair.key as Node).range?.[0] };
  }
  const item = isSeq(node) && typeof part === "number" ? (node.items[part] as Node) : undefined;
  return item === undefined ? undefined : { node: item, offset: item.range?.[0] };
}
