import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import t, { type Test } from "tap";
import { machineDisk } from "../../src/io/disk.ts";
import { FolderView } from "../../src/io/folder-view.ts";

/** A folder that is seen through a descriptor. */
async function view(t: Test, folder: string) {
  const held = await machineDisk.hold(folder);
  t.teardown(() => held.close());
  const seen = { renewed: 0 };
  const renew = async (): Promise<void> => {
    seen.renewed++;
  };
  return { disk: new FolderView(machineDisk, folder, { held, renew }), seen };
}

t.test("everything goes to the folder that is held, wherever it was moved", async (t) => {
  const root = t.testdir({ web: { "audit.log": "text" } });
  const folder = join(root, "web");
  const { disk } = await view(t, folder);
  await rename(folder, join(root, "moved"));
  const log = join(folder, "audit.log");
  t.match(await disk.status(log), { size: 4, isFile: true });
  await disk.link(log, `${log}.1`);
  await disk.copy(log, `${log}.2`);
  await disk.rename(`${log}.2`, `${log}.3`);
  await disk.chmod(log, 0o600);
  const file = await disk.open(log, "append");
  await disk.setGroup(log, process.getgid?.() ?? 0);
  await file.close();
  await disk.remove(log);
  await disk.syncFolder(folder);
  t.same((await disk.list(folder)).sort(), ["audit.log.1", "audit.log.3"]);
  t.same((await machineDisk.list(join(root, "moved"))).sort(), ["audit.log.1", "audit.log.3"]);
  t.ok((await disk.space(folder)).total > 0);
  await disk.makeFolder(join(folder, ".index"), 0o700);
  const inner = await disk.hold(join(folder, ".index"));
  await inner.close();
  await disk.removeFolder(join(folder, ".index"));
  t.equal(await machineDisk.status(folder), undefined);
});

t.test("what is not in the folder is looked up as ever", async (t) => {
  const root = t.testdir({ web: {}, webs: { file: "" } });
  const { disk } = await view(t, join(root, "web"));
  t.same(await disk.list(join(root, "webs")), ["file"]);
});

t.test("an error names the file as it was asked for", async (t) => {
  const folder = join(t.testdir({ web: {} }), "web");
  const { disk } = await view(t, folder);
  await t.rejects(disk.open(join(folder, "none"), "read"), {
    code: "ENOENT",
    path: join(folder, "none"),
    message: `ENOENT: no such file or directory, open '${join(folder, "none")}'`,
  });
});

t.test("where the folder would be made, what is held is made sure of", async (t) => {
  const folder = join(t.testdir({ web: {} }), "web");
  const { disk, seen } = await view(t, folder);
  t.equal(await disk.makeFolder(folder, 0o700), undefined);
  t.equal(seen.renewed, 1);
  await rm(folder, { recursive: true });
  await t.rejects(disk.open(join(folder, "audit.log"), "append"), { code: "ENOENT" });
});
