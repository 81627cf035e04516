import { readFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { InputError, problemsOf, systemReason } from "../../src/terminal/input-error.ts";

t.test("it is one line for each problem", async (t) => {
  const error = new InputError(["a: 1", "b: 2"]);
  t.match(error, { name: "InputError", message: "a: 1\nb: 2" });
  t.same(error.problems, ["a: 1", "b: 2"]);
});

t.test("what is quoted of a file cannot break the line, nor steer a terminal", async (t) => {
  const [problem] = new InputError(["a: \u001b[2J\nb\u009b\u0000é"]).problems;
  t.equal(problem, "a: \\x1b[2J\\x0ab\\x9b\\x00é");
});

t.test("a system error is told in words, with the file and the code", async (t) => {
  const path = join(t.testdir({ file: "" }), "file/x");
  const cause: unknown = await readFile(path).catch((error: unknown) => error);
  const error = InputError.fromSystem(path, cause);
  t.same(error.problems, [`${path}: a part of the path is no folder (ENOTDIR)`]);
  t.equal(error.cause, cause);
});

const reasons: readonly (readonly [unknown, string])[] = [
  [Object.assign(new Error("x"), { code: "ENOENT" }), "no such file or folder (ENOENT)"],
  [Object.assign(new Error("x"), { code: "EACCES" }), "permission denied (EACCES)"],
  [Object.assign(new Error("EBADF: x"), { code: "EBADF" }), "EBADF: x"],
  [new Error("other"), "other"],
  ["text", "text"],
];

t.test("a reason without words of its own is the system's message", async (t) => {
  for (const [cause, text] of reasons) t.equal(systemReason(cause), text);
});

t.test("any error is told in lines", async (t) => {
  t.strictSame(problemsOf(new InputError(["a", "b"])), ["a", "b"]);
  const missing = Object.assign(new Error("x"), { code: "ENOENT", path: "/p" });
  t.strictSame(problemsOf(missing), ["/p: no such file or folder (ENOENT)"]);
  t.strictSame(problemsOf(new Error("x")), ["x"]);
});
