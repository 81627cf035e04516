// Reads tap's output while it comes: one line for each test file, failing tests in full, counts.
//
// A test is a subtest without subtests of its own, or an assertion outside of such a subtest. A
// file that fails with no failing test in it (it crashed, timed out, ended early) or holds no test
// at all counts as one failed test.
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";

/**
 * @typedef {{ passed: number, failed: number, skipped: number }} Counts
 *
 * @typedef {object} TapResult a test point, as the tap-parser package gives it
 * @property {boolean} ok
 * @property {string} name
 * @property {boolean | string} skip
 * @property {boolean | string} todo
 * @property {Record<string, unknown> | null} diag
 * @property {number | null} time milliseconds
 *
 * @typedef {object} TapParser what is used of that package's Parser
 * @property {string} name
 * @property {(event: string, listener: (value: any) => void) => unknown} on
 * @property {(text: string | Buffer) => unknown} write
 * @property {() => unknown} end
 *
 * @typedef {{ name: string, parts: (Node | TapResult)[], close: TapResult | undefined }} Node
 */

const FILE_COLUMN = 52;

/**
 * A parser of tap's own kind. Its package is no dependency of ours, so it is looked up from tap.
 * @param {string} root of the tree with node_modules
 * @returns {Promise<TapParser>}
 */
export async function makeParser(root) {
  const lookup = createRequire(path.join(root, "node_modules/tap/package.json"));
  const { Parser } = await import(pathToFileURL(lookup.resolve("tap-parser")).href);
  return new Parser();
}

/**
 * Listens to a parser that the caller feeds.
 * @param {TapParser} parser
 * @param {(line: string) => void} print
 * @returns {Counts} counted up to now; complete when the parser is
 */
export function report(parser, print) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  /** @type {Node | undefined} */
  let open;
  const flush = () => {
    if (open !== undefined) {
      const counts = printFile(open, print);
      open = undefined;
      add(total, counts);
    }
  };
  parser.on("child", (child) => {
    flush();
    open = watch(child);
  });
  parser.on("assert", (result) => {
    // A file that is skipped as a whole has a test point and no subtest.
    open ??= { name: result.name, parts: [], close: undefined };
    open.close = result;
    flush();
  });
  parser.on("bailout", (reason) => {
    print(`FAIL  bail out: ${reason}`);
    total.failed += 1;
  });
  parser.on("extra", (text) => print(text.trimEnd()));
  parser.on("complete", flush);
  return total;
}

/**
 * Collects a subtest, down to its last assertion.
 * @param {TapParser} parser
 * @returns {Node}
 */
function watch(parser) {
  /** @type {Node} */
  const node = { name: parser.name, parts: [], close: undefined };
  parser.on("child", (child) => node.parts.push(watch(child)));
  parser.on("assert", (result) => {
    const last = node.parts.at(-1);
    const closes = last !== undefined && isNode(last) && last.close === undefined;
    if (closes && last.name === result.name) {
      last.close = result;
    } else {
      node.parts.push(result);
    }
  });
  return node;
}

/**
 * @param {Node} file
 * @param {(line: string) => void} print
 * @returns {Counts}
 */
function printFile(file, print) {
  /** @type {string[]} */
  const failures = [];
  const counts = countParts(file, [file.name], failures);
  if (counts.failed === 0 && !isOk(file)) {
    failures.push(describe([file.name], file.close, "the file failed outside of its tests"));
    counts.failed += 1;
  }
  if (counts.passed + counts.failed + counts.skipped === 0) {
    if (file.close?.skip && !/no tests found/.test(String(file.close.skip))) {
      counts.skipped += 1;
    } else {
      failures.push(describe([file.name], undefined, "there is no test in this file"));
      counts.failed += 1;
    }
  }
  const time = file.close?.time ? `${(file.close.time / 1000).toFixed(2)} s` : "";
  const word = counts.failed > 0 ? "FAIL" : "ok";
  print(`${word.padEnd(5)} ${file.name.padEnd(FILE_COLUMN)} ${countsText(counts)}  ${time}`.trim());
  for (const failure of failures) {
    print(failure);
  }
  return counts;
}

/**
 * Counts what is in a file or a group of subtests.
 * @param {Node} node
 * @param {string[]} names of the node, outermost first
 * @param {string[]} failures receives a text for each failing test
 * @returns {Counts}
 */
function countParts(node, names, failures) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const part of node.parts) {
    if (isNode(part)) {
      add(counts, countSubtest(part, [...names, part.name], failures));
    } else {
      const outcome = outcomeOf(part);
      counts[outcome] += 1;
      if (outcome === "failed") {
        failures.push(describe([...names, part.name], part, ""));
      }
    }
  }
  return counts;
}

/**
 * @param {Node} node
 * @param {string[]} names
 * @param {string[]} failures
 * @returns {Counts}
 */
function countSubtest(node, names, failures) {
  const known = failures.length;
  const counts = countParts(node, names, failures);
  const failing = failures.length > known;
  if (!failing && !isOk(node)) {
    failures.push(describe(names, node.close, node.close ? "" : "it did not end"));
  }
  if (node.parts.some(isNode)) {
    counts.failed += !failing && !isOk(node) ? 1 : 0;
    return counts;
  }
  const outcome = failing ? "failed" : node.close ? outcomeOf(node.close) : "failed";
  return { passed: 0, failed: 0, skipped: 0, [outcome]: 1 };
}

/**
 * @param {TapResult} result
 * @returns {keyof Counts}
 */
function outcomeOf(result) {
  return result.skip || result.todo ? "skipped" : result.ok ? "passed" : "failed";
}

/** @param {Node} node */
function isOk(node) {
  return node.close !== undefined && outcomeOf(node.close) !== "failed";
}

/**
 * @param {Node | TapResult} part
 * @returns {part is Node}
 */
function isNode(part) {
  return "parts" in part;
}

/**
 * @param {Counts} sum
 * @param {Counts} more
 */
function add(sum, more) {
  sum.passed += more.passed;
  sum.failed += more.failed;
  sum.skipped += more.skipped;
}

/**
 * A failing test as text: its names, then what tap says of it.
 * @param {readonly string[]} names
 * @param {TapResult | undefined} result
 * @param {string} reason
 * @returns {string}
 */
function describe(names, result, reason) {
  const lines = [`  not ok: ${names.join(" > ")}`];
  if (reason !== "") {
    lines.push(`    ${reason}`);
  }
  for (const [name, value] of Object.entries(result?.diag ?? {})) {
    if (name !== "args" && name !== "stdio") {
      const text = name === "at" ? placeOf(value) : valueText(value);
      const block = text.includes("\n") ? `\n${text}` : ` ${text}`;
      lines.push(indent(`${name}:${indent(block, "  ")}`, "    "));
    }
  }
  return lines.join("\n");
}

/** @param {unknown} value */
function valueText(value) {
  return typeof value === "string" ? value.trimEnd() : inspect(value, { depth: 6 });
}

/** @param {any} at */
function placeOf(at) {
  return at?.fileName ? [at.fileName, at.lineNumber, at.columnNumber].join(":") : valueText(at);
}

/**
 * @param {string} text
 * @param {string} by
 */
function indent(text, by) {
  return text.replaceAll(/^(?=.*\S)/gm, (_match, at) => (at === 0 && text[0] === " " ? "" : by));
}

/**
 * The counts in words. The last line of `npm test` is this and nothing else.
 * @param {Counts} counts
 * @returns {string}
 */
export function countsText({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
