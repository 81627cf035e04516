import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { usableFolder } from "../../src/services/usable-folder.ts";

t.test("a folder that is there, or can be made, is usable; nothing is made", async (t) => {
  const folder = t.testdir();
  await usableFolder(folder);
  await usableFolder(join(folder, "a", "b"));
  t.doesNotThrow(() => mkdirSync(join(folder, "a")));
});

t.test("what is below a file or may not be written is told by its name", async (t) => {
  const folder = t.testdir({ file: "" });
  const file = join(folder, "file");
  // Which of the two is named is the system's choice: it does not look below a file.
  await t.rejects(usableFolder(join(file, "logs")), { message: /file.*a part of the path is no/ });
  await t.rejects(usableFolder(file), { message: `${file}: a part of the path is no folder` });
  if (process.getuid?.() === 0) return t.comment("root may write everywhere");
  mkdirSync(join(folder, "closed"), { mode: 0o500 });
  const closed = join(folder, "closed");
  await t.rejects(usableFolder(join(closed, "logs")), { message: `${closed}: permission denied` });
  t.throws(() => writeFileSync(join(closed, "x"), ""));
});
