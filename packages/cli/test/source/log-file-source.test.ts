import { join } from "node:path";
import { gzipSync } from "node:zlib";
import t from "tap";
import { logFile } from "../../src/source/log-file-source.ts";
import { problemsOf } from "../problems.ts";
import { events } from "../records.ts";

const TEXT = events(1, 400, 100);

async function read(path: string, stop = new AbortController()): Promise<[string, string]> {
  const source = await logFile(path);
  let text = "";
  await source.run(async (bytes) => {
    text += Buffer.from(bytes).toString("latin1");
  }, stop.signal);
  return [source.id, text];
}

t.test("a log is read from its start each time, plain or compressed", async (t) => {
  const dir = t.testdir({ a: TEXT, "a.gz": gzipSync(TEXT) });
  const [id, text] = await read(join(dir, "a"));
  t.equal(text, TEXT);
  t.match(id, /^[0-9a-f]{16}$/);
  t.same(await read(join(dir, "a")), [id, TEXT]);
  t.same(await read(join(dir, "a.gz")), [id, TEXT]);
});

t.test("its first line names it: one that grows is the same, another is not", async (t) => {
  const long = "x".repeat(100_000);
  const dir = t.testdir({ a: TEXT, b: TEXT + TEXT, c: events(2, 3, 100), d: long, e: `${long}y` });
  const ids = await Promise.all(["a", "b", "c", "d", "e"].map((name) => read(join(dir, name))));
  const [a, b, c, d, e] = ids.map(([id]) => id);
  t.equal(a, b);
  t.not(a, c);
  t.equal(d, e, "as far as a first line goes");
});

t.test("it waits for whoever takes it, and ends at a stop", async (t) => {
  const dir = t.testdir({ a: TEXT.repeat(40) });
  const source = await logFile(join(dir, "a"));
  const stop = new AbortController();
  let chunks = 0;
  await source.run(async () => {
    chunks++;
    stop.abort();
  }, stop.signal);
  t.equal(chunks, 1);
});

t.test("a log that is not there is named", async (t) => {
  const path = join(t.testdir({}), "none");
  t.same(await problemsOf(() => logFile(path)), [`${path}: no such file or folder (ENOENT)`]);
});
