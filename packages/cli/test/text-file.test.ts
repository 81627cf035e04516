import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { MAX_TEXT_BYTES, readText } from "../src/text-file.ts";
import { problemsOf } from "./problems.ts";

t.test("a text is read as UTF-8, with or without a byte order mark", async (t) => {
  const folder = t.testdir({ plain: "é\n", marked: "\ufeffé\n", empty: "" });
  t.equal(await readText(join(folder, "plain")), "é\n");
  t.equal(await readText(join(folder, "marked")), "é\n");
  t.equal(await readText(join(folder, "empty")), "");
});

t.test("a text of the largest size is read, one byte more is refused", async (t) => {
  const path = join(t.testdir({}), "large");
  writeFileSync(path, "");
  truncateSync(path, MAX_TEXT_BYTES);
  t.equal((await readText(path)).length, MAX_TEXT_BYTES);
  truncateSync(path, MAX_TEXT_BYTES + 1);
  t.same(await problemsOf(() => readText(path)), [`${path}: larger than 16777216 bytes`]);
});

t.test("a file without an end is refused", async (t) => {
  t.same(await problemsOf(() => readText("/dev/zero")), ["/dev/zero: larger than 16777216 bytes"]);
});

t.test("what cannot be read is named, with the reason", async (t) => {
  const folder = t.testdir({ loop: t.fixture("symlink", "loop"), file: "" });
  for (const [name, reason] of [
    ["none", "no such file or folder (ENOENT)"],
    ["", "is a folder (EISDIR)"],
    ["file/x", "a part of the path is no folder (ENOTDIR)"],
    ["loop", "too many symbolic links (ELOOP)"],
  ] as const) {
    const path = join(folder, name);
    t.same(await problemsOf(() => readText(path)), [`${path}: ${reason}`]);
  }
});
