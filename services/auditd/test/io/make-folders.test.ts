import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { makeFolders } from "../../src/io/make-folders.ts";

t.test("makes what is missing, with the mode, and says where it began", async (t) => {
  const folder = t.testdir();
  const deep = join(folder, "a", "b", "c");
  t.equal(await makeFolders(deep, 0o700), join(folder, "a"));
  for (const made of [join(folder, "a"), join(folder, "a", "b"), deep]) {
    t.equal(statSync(made).mode & 0o777, 0o700, made);
  }
  t.equal(await makeFolders(deep, 0o700), undefined);
  t.equal(await makeFolders("/", 0o700), undefined);
});

t.test("of many that make the same one, one was first", async (t) => {
  const deep = join(t.testdir(), "a", "b");
  const made = await Promise.all(Array.from({ length: 8 }, () => makeFolders(deep, 0o700)));
  t.ok(statSync(deep).isDirectory());
  t.ok(made.some((first) => first !== undefined));
});

t.test("what the file system refuses is its error, and it ends", async (t) => {
  const folder = t.testdir();
  writeFileSync(join(folder, "file"), "");
  await t.rejects(makeFolders(join(folder, "file"), 0o700), { code: "EEXIST" });
  await t.rejects(makeFolders(join(folder, "file", "a", "b"), 0o700), { code: "ENOTDIR" });
  // No folder can be made there, and mkdir(2) says that it is not there.
  await t.rejects(makeFolders("/proc/cauditd/logs", 0o700), { code: "ENOENT" });
});
