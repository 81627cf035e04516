import { appendFileSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import t from "tap";
import { LogFiles } from "../src/log-files.ts";

async function earlier(files: LogFiles): Promise<string> {
  let text = "";
  for await (const bytes of files.earlier()) text += bytes.toString();
  return text;
}

async function rest(files: LogFiles): Promise<string> {
  let text = "";
  for (let bytes = await files.next(); bytes !== undefined; bytes = await files.next()) {
    text += bytes.toString();
  }
  return text;
}

t.test("rotated files come oldest first, compressed ones too, then the current one", async (t) => {
  const folder = t.testdir({
    "audit.log": "e",
    "audit.log.1": "d",
    "audit.log.2": "c",
    "audit.log.2.gz": gzipSync("again"),
    "audit.log.10.gz": gzipSync("a"),
    "audit.log.9": "b",
    "audit.log.old": "x",
    ".audit.log.idx": "x",
  });
  const files = new LogFiles(join(folder, "audit.log"));
  t.equal(await earlier(files), "abcd");
  t.equal(await rest(files), "e");
  await files.close();
});

t.test("what is appended comes across rotations, of which several may go unseen", async (t) => {
  const folder = t.testdir({ "audit.log": "a" });
  const path = join(folder, "audit.log");
  const files = new LogFiles(path);
  t.equal(await earlier(files), "");
  t.equal(await rest(files), "a");
  appendFileSync(path, "b");
  renameSync(path, `${path}.2`);
  writeFileSync(`${path}.1`, "c");
  writeFileSync(path, "d");
  t.equal(await rest(files), "bcd");
  appendFileSync(path, "e");
  t.equal(await rest(files), "e");
  await files.close();
});

t.test(
  "a file that is gone is left behind, and a log that is not there is waited for",
  async (t) => {
    const folder = t.testdir({});
    const path = join(folder, "audit.log");
    const files = new LogFiles(path);
    t.equal(await rest(files), "");
    writeFileSync(path, "a");
    t.equal(await rest(files), "a");
    unlinkSync(path);
    t.equal(await rest(files), "");
    writeFileSync(path, "b");
    t.equal(await rest(files), "b");
    await files.close();
  },
);

t.test("from the end, only what comes is read", async (t) => {
  const folder = t.testdir({ "audit.log": "a" });
  const files = new LogFiles(join(folder, "audit.log"));
  await files.skip();
  t.equal(await files.next(), undefined);
  appendFileSync(join(folder, "audit.log"), "b");
  t.equal(await rest(files), "b");
  await files.close();
});
