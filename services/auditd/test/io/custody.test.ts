import fc from "fast-check";
import t from "tap";
import { asideOf, removeTree, settle, stamp, tokenOf } from "../../src/io/custody.ts";
import { FaultDisk } from "./fault-disk.ts";

const WEB = "/logs/web";
const ASIDE = asideOf(WEB);

/** A disk with folders of a log: each path's token, and a file that names the path. */
async function disk(folders: Readonly<Record<string, number | undefined>>): Promise<FaultDisk> {
  const made = new FaultDisk();
  await made.makeFolder("/logs");
  for (const [path, token] of Object.entries(folders)) {
    await made.makeFolder(path);
    const file = await made.open(`${path}/audit.log`, "append");
    await file.append(Buffer.from(path));
    if (token !== undefined) await stamp(made, path, token);
  }
  return made;
}

function folders(made: FaultDisk): string[] {
  return [...made.folders.keys()].filter((path) => path.startsWith("/logs/")).sort();
}

t.test("a stamp is replaced as a whole; one that is damaged is none", async (t) => {
  const made = await disk({ [WEB]: 12 });
  t.equal(await tokenOf(made, WEB), 12);
  await stamp(made, WEB, 7);
  t.equal(await tokenOf(made, WEB), 7);
  t.equal(await tokenOf(made, "/logs"), 0);
  const file = await made.open(`${WEB}/.owner`, "append");
  await file.append(Buffer.from("x"));
  t.equal(await tokenOf(made, WEB), 0);
});

t.test("a stamp of any bytes is a token, or none", async (t) => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.stringMatching(/^[0-9]{1,20}\n?$/).map((text) => Buffer.from(text)),
  );
  await fc.assert(
    fc.asyncProperty(bytes, async (bytes) => {
      const made = await disk({ [WEB]: undefined });
      const file = await made.open(`${WEB}/.owner`, "append");
      await file.append(bytes);
      const token = await tokenOf(made, WEB);
      const text = Buffer.from(bytes).toString("latin1");
      t.equal(token, /^\d{1,16}\n$/.test(text) ? Number(text) : 0);
    }),
  );
});

t.test("what a crash between the two renames leaves is finished", async (t) => {
  const made = await disk({ [`${ASIDE}/old-1`]: 3, [`${ASIDE}/ready-5`]: 5 });
  t.match(await settle(made, WEB, 6), { path: WEB, token: 5 });
  t.equal(made.text(`${WEB}/audit.log`), `${ASIDE}/ready-5`);
  t.same(folders(made), [WEB]);
});

t.test("the folder with the highest token is the log, wherever it lies", async (t) => {
  const made = await disk({ [WEB]: 3, [`${ASIDE}/old-1`]: 5, [`${ASIDE}/ready-4`]: 4 });
  t.match(await settle(made, WEB), { token: 5 });
  t.equal(made.text(`${WEB}/audit.log`), `${ASIDE}/old-1`);
  t.equal(folders(made).length, 4, "without a token nothing is removed");
  await settle(made, WEB, 5);
  t.same(folders(made), [WEB]);
});

t.test("a later owner's folder is left alone", async (t) => {
  const made = await disk({ [WEB]: 3, [`${ASIDE}/ready-9`]: 9 });
  await t.rejects(settle(made, WEB, 8), { code: "EOWNERDEAD" });
  const before = await disk({ [WEB]: 9, [`${ASIDE}/making-10`]: undefined });
  await settle(before, WEB, 9);
  t.same(folders(before), [ASIDE, `${ASIDE}/making-10`, WEB]);
  await settle(before, WEB, 11);
  t.same(folders(before), [WEB]);
});

t.test("a copy that is being made cannot become a log once its files are removed", async (t) => {
  const made = await disk({ [WEB]: 1, [`${ASIDE}/making-2`]: 2 });
  const rename = made.rename.bind(made);
  let renamed = 0;
  made.rename = async (from, to) => {
    await rename(from, to);
    renamed++;
    await t.rejects(rename(`${ASIDE}/making-2`, `${ASIDE}/ready-2`), { code: "ENOENT" });
  };
  await settle(made, WEB, 3);
  t.equal(renamed, 1);
  t.same(folders(made), [WEB]);
});

t.test("no folder at all is none; names that never rest are EBUSY", async (t) => {
  t.equal(await settle(await disk({}), WEB, 1), undefined);
  const made = await disk({ [WEB]: 1, [`${ASIDE}/ready-2`]: 2 });
  made.rename = async () => undefined;
  await t.rejects(settle(made, WEB, 3), { code: "EBUSY" });
});

t.test("a folder is removed with all in it, but only the one that is meant", async (t) => {
  const made = await disk({ [WEB]: 1, [`${WEB}/.index`]: undefined });
  await removeTree(made, WEB, "another");
  t.equal(folders(made).length, 2);
  await removeTree(made, WEB);
  t.same(folders(made), []);
  await removeTree(made, WEB);
  made.fault = ({ path }) => Object.assign(new Error(path), { code: "EACCES" });
  await t.rejects(removeTree(made, WEB), { code: "EACCES" });
});
