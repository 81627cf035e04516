import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { machineDisk } from "../../src/io/disk.ts";
import { FolderLock } from "../../src/io/folder-lock.ts";

/** What a process does that holds a folder, for `node -e`. */
const HOLD = `
  require("node:net")
    .createServer((socket) => socket.end("process " + process.pid + "\\nheld\\n"))
    .listen(".lock-" + "0".repeat(16), () => console.log("held"));
`;

/** Takes the lock of a folder that is held until `t` ends. */
async function take(t: Test, folder: string): Promise<FolderLock> {
  const held = await machineDisk.hold(folder);
  t.teardown(() => held.close());
  return FolderLock.take(folder, held.at);
}

/** Starts a process that holds the folder; it is killed when `t` ends. */
async function holder(t: Test, folder: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ["-e", HOLD], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.teardown(() => child.kill("SIGKILL"));
  await once(child.stdout, "data");
  return child;
}

t.test("a second one is refused, and told who holds the folder", async (t) => {
  const folder = t.testdir();
  const lock = await take(t, folder);
  await t.rejects(take(t, folder), {
    code: "EBUSY",
    message: `EBUSY: device or resource busy, ${folder}: in use by process ${process.pid}`,
  });
  t.equal((await readdir(folder)).length, 1, "the refused one leaves nothing");
  await lock.release();
  await lock.release();
  t.same(await readdir(folder), []);
  await (await take(t, folder)).release();
});

t.test("the lock of a process that was killed is taken over at once", async (t) => {
  const folder = t.testdir();
  const child = await holder(t, folder);
  await t.rejects(take(t, folder), {
    message: new RegExp(`process ${child.pid}$`),
  });
  child.kill("SIGKILL");
  await once(child, "exit");
  t.equal((await readdir(folder)).length, 1, "its socket is still there");
  const lock = await take(t, folder);
  t.equal((await readdir(folder)).length, 1, "and is cleared away");
  await lock.release();
});

t.test("a process that is stopped holds its lock", async (t) => {
  const folder = t.testdir();
  const child = await holder(t, folder);
  child.kill("SIGSTOP");
  await t.rejects(take(t, folder), { code: "EBUSY" });
  child.kill("SIGCONT");
});

t.test("of many that claim at once, exactly one gets the folder", async (t) => {
  for (let round = 0; round < 20; round++) {
    const folder = join(t.testdirName, String(round));
    await mkdir(folder, { recursive: true });
    const claims = Array.from({ length: 12 }, () => take(t, folder));
    const locks = (await Promise.allSettled(claims)).flatMap((claim) => {
      if (claim.status === "fulfilled") return [claim.value];
      if ((claim.reason as NodeJS.ErrnoException).code !== "EBUSY") throw claim.reason;
      return [];
    });
    t.equal(locks.length, 1, `round ${round}`);
    await locks[0]?.release();
    t.same(await readdir(folder), []);
  }
});

t.test("a path longer than a socket's may be is no obstacle", async (t) => {
  const folder = join(t.testdir(), "x".repeat(120));
  await mkdir(folder);
  const lock = await take(t, folder);
  await t.rejects(take(t, folder), { code: "EBUSY" });
  await lock.release();
});

t.test("what is no claim is left alone", async (t) => {
  const folder = t.testdir({ ".lock-0123456789abcdef": "a file", ".lock-x": "" });
  await writeFile(join(folder, ".claim-0123456789abcdef"), "");
  await (await take(t, folder)).release();
  t.equal((await readdir(folder)).length, 3);
});

t.test("one that listens and says nothing is taken for the holder", async (t) => {
  // A socket's path is short.
  const folder = await mkdtemp(join(tmpdir(), "cauditd-lock-"));
  t.teardown(() => rm(folder, { recursive: true }));
  const server = createServer();
  server.listen(join(folder, ".lock-ffffffffffffffff"));
  await once(server, "listening");
  t.teardown(() => server.close());
  await t.rejects(take(t, folder), { message: /in use by another process$/ });
});

t.test("a folder that is not there is the file system's error", async (t) => {
  const folder = join(t.testdir(), "gone");
  await mkdir(folder);
  const held = await machineDisk.hold(folder);
  await rm(folder, { recursive: true });
  await t.rejects(FolderLock.take(folder, held.at), { code: "ENOENT" });
  await held.close();
});
