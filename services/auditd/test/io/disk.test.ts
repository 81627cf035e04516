import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { machineDisk, readAll, writeAll } from "../../src/io/disk.ts";
import { FaultDisk } from "./fault-disk.ts";

t.test("files are written and read at places", async (t) => {
  const path = join(t.testdir(), "file");
  const file = await machineDisk.open(path, "update", 0o600);
  await writeAll(file, Buffer.from("abcdef"), 2);
  const into = Buffer.alloc(10);
  t.equal(await readAll(file, into, 3), 5);
  t.equal(into.toString("latin1", 0, 5), "bcdef");
  t.match(await file.status(), { size: 8, isFile: true, mode: 0o600 });
  await file.sync();
  await file.close();
  t.equal(await readFile(path, "latin1"), "\0\0abcdef");
});

t.test("a path that leads nowhere has no status, and is removed already", async (t) => {
  const folder = t.testdir({ a: "text" });
  t.equal(await machineDisk.status(join(folder, "none")), undefined);
  await machineDisk.remove(join(folder, "none"));
  t.match(await machineDisk.status(folder), { isFile: false });
  await t.rejects(machineDisk.status(join(folder, "a", "b")), { code: "ENOTDIR" });
  await t.rejects(machineDisk.remove(folder), { message: /E(PERM|ISDIR)/ });
});

t.test("names can be moved, listed, and put on the disk", async (t) => {
  const folder = t.testdir({ a: "text" });
  await machineDisk.rename(join(folder, "a"), join(folder, "b"));
  await machineDisk.syncFolder(folder);
  t.same((await machineDisk.list(folder)).sort(), ["b"]);
  const file = await machineDisk.open(join(folder, "b"), "update");
  await file.setModified(1_700_000_000);
  const { gid } = await stat(folder);
  await file.setGroup(gid);
  await machineDisk.setGroup(folder, gid);
  t.match(await file.status(), { modified: 1_700_000_000 });
  await file.close();
});

t.test("a folder that is held is reached wherever it is moved, until it is removed", async (t) => {
  const root = t.testdir({ web: { a: "text" } });
  const held = await machineDisk.hold(join(root, "web"));
  await machineDisk.rename(join(root, "web"), join(root, "moved"));
  await machineDisk.link(join(held.at, "a"), join(held.at, "b"));
  await machineDisk.copy(join(held.at, "a"), join(held.at, "c"));
  const inodes = await Promise.all(
    ["a", "b", "c"].map(async (name) => (await machineDisk.status(join(held.at, name)))?.inode),
  );
  t.equal(inodes[0], inodes[1]);
  t.not(inodes[0], inodes[2]);
  await t.rejects(machineDisk.removeFolder(join(root, "moved")), { code: "ENOTEMPTY" });
  for (const name of ["a", "b", "c"]) await machineDisk.remove(join(held.at, name));
  t.match(await machineDisk.status(held.at), { inode: held.inode, isFolder: true });
  await machineDisk.removeFolder(join(root, "moved"));
  await machineDisk.removeFolder(join(root, "moved"));
  await t.rejects(machineDisk.open(join(held.at, "d"), "append"), { code: "ENOENT" });
  await held.close();
});

t.test("space is told in bytes", async (t) => {
  const { free, total, block } = await machineDisk.space(t.testdir());
  t.ok(free > 0 && total >= free && block >= 512);
});

t.test("a short write at a place is continued; one that takes nothing is EIO", async (t) => {
  const disk = new FaultDisk();
  disk.largestWrite = 2;
  await writeAll(await disk.open("/f", "update"), Buffer.from("abcde"), 1);
  t.equal(disk.text("/f"), "\0abcde");
  const file = await disk.open("/f", "update");
  file.writeAt = async () => 0;
  await t.rejects(writeAll(file, Buffer.from("x"), 0), { code: "EIO" });
});
