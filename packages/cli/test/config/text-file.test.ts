import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import t from "tap";
import { MAX_TEXT_BYTES, readBytes, readText } from "../../src/config/text-file.ts";
import { problemsOf } from "../problems.ts";

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

t.test("standard input without an end is refused once it is too large, and closed", async (t) => {
  const part = Buffer.alloc(65_536);
  let given = 0;
  function* endless(): Generator<Buffer> {
    for (;;) {
      given += part.length;
      yield part;
    }
  }
  const stdin = Readable.from(endless());
  t.same(await problemsOf(() => readBytes("-", stdin)), ["-: larger than 16777216 bytes"]);
  t.ok(given < MAX_TEXT_BYTES + 32 * part.length, `${given} bytes were taken`);
  t.ok(stdin.destroyed);
});

t.test("standard input of the largest size is read", async (t) => {
  const bytes = Buffer.alloc(MAX_TEXT_BYTES, "#");
  t.equal((await readBytes("-", Readable.from([bytes]))).length, MAX_TEXT_BYTES);
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
