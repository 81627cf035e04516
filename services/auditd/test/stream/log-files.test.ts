import t from "tap";
import { daemonRecord, eventsOf, serialsOf } from "../../../../packages/auparse/test/log-text.ts";
import { logFiles, type OpenFile, openLogFile } from "../../src/stream/log-files.ts";
import { LOG, LogDisk } from "./log-disk.ts";

async function rest(file: OpenFile): Promise<string> {
  let text = "";
  for (let chunk = await file.next(); chunk !== undefined; chunk = await file.next()) {
    text += chunk.toString();
  }
  return text;
}

t.test("the files of a log are listed newest first, with the current one", async (t) => {
  const log = await LogDisk.of(eventsOf(1, 1), eventsOf(2, 2), eventsOf(3, 3));
  await log.compress(2);
  const inode = async (path: string) => (await log.disk.status(path))?.inode;
  t.same(await logFiles(log.disk, LOG), [
    { path: LOG, compressed: false, inode: await inode(LOG) },
    { path: `${LOG}.1`, compressed: false, inode: await inode(`${LOG}.1`) },
    { path: `${LOG}.2.gz`, compressed: true, inode: await inode(`${LOG}.2.gz`) },
  ]);
  await log.append("half", `${LOG}.1.gz`);
  t.equal((await logFiles(log.disk, LOG)).length, 3, "one that is plain, too, counts once");
  await log.disk.remove(LOG);
  t.match(await logFiles(log.disk, LOG), [{ path: `${LOG}.1` }, { path: `${LOG}.2.gz` }]);
});

t.test("a file knows the first serial that its instance gave", async (t) => {
  const log = await LogDisk.of(daemonRecord(9) + eventsOf(4, 5), daemonRecord(9), "");
  await log.compress(2);
  const firsts: unknown[] = [];
  for (const name of await logFiles(log.disk, LOG)) {
    const file = await openLogFile(log.disk, name);
    firsts.push(file.first);
    await file.close();
  }
  t.same(firsts, [undefined, undefined, 4]);
});

t.test("a large file is read from near a serial, from the start of a line", async (t) => {
  const log = await LogDisk.of(eventsOf(1, 20_000));
  const size = log.disk.text(LOG)?.length ?? 0;
  for (const behind of [0, 1, 7_000, 19_999, 20_000]) {
    const file = await openLogFile(log.disk, { path: LOG, compressed: false });
    await file.seek(behind);
    const text = await rest(file);
    await file.close();
    t.match(text, /^type=/);
    const [first = 0] = serialsOf(Buffer.from(text));
    t.ok(first <= Math.max(1, behind), `behind ${behind} from ${first}`);
    t.equal(text, log.disk.text(LOG)?.slice(-text.length));
    t.ok(behind < 19_000 || text.length < size / 4);
  }
});

t.test("what was given back comes again, from a compressed file too", async (t) => {
  const log = await LogDisk.of(eventsOf(1, 3), eventsOf(4, 6));
  await log.compress(1);
  for (const name of await logFiles(log.disk, LOG)) {
    const file = await openLogFile(log.disk, name);
    const chunk = await file.next();
    if (chunk !== undefined) file.unread(chunk.subarray(10));
    t.equal(await rest(file), chunk?.toString("utf8", 10));
    await file.close();
  }
});

t.test("a compressed file that is damaged is an error", async (t) => {
  const log = await LogDisk.of(eventsOf(1, 1));
  await log.append("no gzip", `${LOG}.1.gz`);
  await t.rejects(openLogFile(log.disk, { path: `${LOG}.1.gz`, compressed: true }), {
    code: "Z_DATA_ERROR",
  });
});
