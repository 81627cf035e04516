import { chmod, readFile, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { LOG_FOLDER_MODE, LOG_MODE, LogWriter } from "@cauditd/auditd";
import t, { type Test } from "tap";
import { interceptWrites } from "./file-handle.ts";

async function mode(path: string): Promise<number> {
  return (await stat(path)).mode & 0o7777;
}

function withUmask(t: Test, mask: number): void {
  const before = process.umask(mask);
  t.teardown(() => process.umask(before));
}

async function enospc(): Promise<never> {
  throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
}

for (const mask of [0o000, 0o022, 0o077]) {
  const text = mask.toString(8).padStart(3, "0");
  t.test(`AUD-136: log 0640 and folders 0750 with umask ${text}`, async (t) => {
    const folder = t.testdir();
    withUmask(t, mask);
    const writer = await LogWriter.open(join(folder, "logs", "web", "audit.log"));
    await writer.close();
    t.equal(await mode(writer.path), LOG_MODE);
    t.equal(await mode(join(folder, "logs", "web")), LOG_FOLDER_MODE);
    t.equal(await mode(join(folder, "logs")), LOG_FOLDER_MODE);
  });
}

t.test(
  "a folder that is there keeps its permissions, an older log gets the right ones",
  async (t) => {
    const folder = t.testdir({ "audit.log": "" });
    await chmod(folder, 0o700);
    await chmod(join(folder, "audit.log"), 0o666);
    const writer = await LogWriter.open(join(folder, "audit.log"));
    await writer.close();
    t.equal(await mode(folder), 0o700);
    t.equal(await mode(writer.path), 0o640);
  },
);

t.test("a relative path works, with and without folders to make", async (t) => {
  const folder = relative(process.cwd(), t.testdir());
  const writer = await LogWriter.open(join(folder, "a", "b", "audit.log"));
  await writer.write(Buffer.from("x\n"));
  await writer.close();
  t.equal(await readFile(writer.path, "latin1"), "x\n");
  t.equal(await mode(join(folder, "a")), 0o750);
});

t.test("writes are appended, behind what was in the log", async (t) => {
  const path = join(t.testdir({ "audit.log": "old\n" }), "audit.log");
  const writer = await LogWriter.open(path);
  await writer.write(Buffer.from("one\n"));
  await writer.write(Buffer.alloc(0));
  await writer.write(Buffer.from("two\n"));
  t.equal(writer.bytes, 8);
  await writer.close();
  t.equal(await readFile(path, "latin1"), "old\none\ntwo\n");
});

t.test("a short write is continued", async (t) => {
  const lengths: number[] = [];
  await interceptWrites(t, (write, buffer, offset, length, position) => {
    lengths.push(length);
    return write(buffer, offset, Math.min(length, 3), position);
  });
  const writer = await LogWriter.open(join(t.testdir(), "audit.log"));
  await writer.write(Buffer.from("0123456789"));
  await writer.close();
  t.same(lengths, [10, 7, 4, 1]);
  t.equal(writer.bytes, 10);
  t.equal(await readFile(writer.path, "latin1"), "0123456789");
});

t.test("an error behind a short write takes back what was written of it", async (t) => {
  const path = join(t.testdir({ "audit.log": "old\n" }), "audit.log");
  let room = 8;
  await interceptWrites(t, (write, buffer, offset, length, position) => {
    const size = Math.min(length, room);
    room -= size;
    return size === 0 ? enospc() : write(buffer, offset, size, position);
  });
  const writer = await LogWriter.open(path);
  await writer.write(Buffer.from("one\n"));
  await t.rejects(writer.write(Buffer.from("two\nthree\n")), { code: "ENOSPC" });
  t.equal(writer.bytes, 4);
  t.equal(await readFile(path, "latin1"), "old\none\n", "no cut line is left");
  room = 100;
  await writer.write(Buffer.from("four\n"));
  await writer.close();
  t.equal(await readFile(path, "latin1"), "old\none\nfour\n");
});

t.test("a file system that takes no bytes and tells no error is EIO, not a loop", async (t) => {
  await interceptWrites(t, async () => ({ bytesWritten: 0 }));
  const writer = await LogWriter.open(join(t.testdir(), "audit.log"));
  await t.rejects(writer.write(Buffer.from("x")), { code: "EIO" });
  await writer.close();
});

t.test("a full disk is ENOSPC, and a device keeps its permissions", async (t) => {
  const before = await mode("/dev/full");
  const writer = await LogWriter.open("/dev/full");
  await t.rejects(writer.write(Buffer.from("x\n")), { code: "ENOSPC" });
  t.equal(writer.bytes, 0);
  await writer.close();
  t.equal(await mode("/dev/full"), before);
});

t.test("a log that cannot be opened says so, with its path", async (t) => {
  const folder = t.testdir({ file: "" });
  await t.rejects(LogWriter.open(join(folder, "file", "web", "audit.log")), { code: "ENOTDIR" });
  await t.rejects(LogWriter.open(folder), { code: "EISDIR", path: folder });
});
