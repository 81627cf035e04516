import { newScopeAccount } from "@cauditd/kernel";
import t from "tap";
import { type Checkpoint, CheckpointFile, SLOT_BYTES } from "../../src/io/checkpoint.ts";
import { copyLog } from "../../src/io/takeover.ts";
import { FaultDisk } from "./fault-disk.ts";
import type { Step } from "./fault-file.ts";

const FROM = "/logs/web";
const TO = "/logs/copy";

async function put(disk: FaultDisk, name: string, text: string): Promise<void> {
  await (await disk.open(`${FROM}/${name}`, "append", 0o640)).append(Buffer.from(text));
}

/** A folder with a log, two rotated files, a checkpoint, and what does not go with a copy. */
async function made(): Promise<FaultDisk> {
  const disk = new FaultDisk();
  await disk.makeFolder(FROM);
  await disk.makeFolder(TO);
  await disk.makeFolder(`${FROM}/.index`);
  for (const name of [
    "audit.log",
    "audit.log.1",
    "audit.log.2.gz",
    ".audit.log.partial",
    ".owner",
  ]) {
    await put(disk, name, name);
  }
  const { file } = await CheckpointFile.open(disk, `${FROM}/.checkpoint`, 0o600);
  await file.store({ ...CHECKPOINT, inode: await inode(disk, FROM, "audit.log") });
  return disk;
}

const CHECKPOINT: Checkpoint = {
  epoch: "one",
  sequence: 4,
  serial: 9,
  account: newScopeAccount(),
  owed: [],
  inode: "",
  size: 9,
  rotating: false,
  pending: 0,
  done: 0,
};

async function inode(disk: FaultDisk, folder: string, name: string): Promise<string> {
  return (await disk.status(`${folder}/${name}`))?.inode ?? "";
}

async function copied(disk: FaultDisk): Promise<boolean> {
  return copyLog(disk, await disk.hold(FROM), await disk.hold(TO), "audit.log");
}

t.test("what may still be written is copied, rotated files get a second name", async (t) => {
  const disk = await made();
  t.equal(await copied(disk), true);
  t.same((await disk.list(TO)).sort(), [
    ".checkpoint",
    "audit.log",
    "audit.log.1",
    "audit.log.2.gz",
  ]);
  t.equal(await inode(disk, TO, "audit.log.1"), await inode(disk, FROM, "audit.log.1"));
  t.not(await inode(disk, TO, "audit.log"), await inode(disk, FROM, "audit.log"));
  await put(disk, "audit.log", " and more");
  t.equal(disk.text(`${TO}/audit.log`), "audit.log");
  const { last } = await CheckpointFile.open(disk, `${TO}/.checkpoint`, 0o600);
  t.match(last, { sequence: 4, inode: await inode(disk, TO, "audit.log") });
});

t.test("a log without a current file, or without a checkpoint, is copied as it is", async (t) => {
  const disk = await made();
  await disk.remove(`${FROM}/audit.log`);
  t.equal(await copied(disk), true);
  const { last } = await CheckpointFile.open(disk, `${TO}/.checkpoint`, 0o600);
  t.match(last, { sequence: 4 }, "a rotation was under way");
  const bare = await made();
  await bare.remove(`${FROM}/.checkpoint`);
  t.equal(await copied(bare), true);
});

t.test("a rotation at any step of the copying is seen", async (t) => {
  const count = await made();
  const before = count.steps;
  await copied(count);
  const steps = count.steps - before;
  for (let at = 1; at <= steps; at++) {
    const disk = await made();
    const until = disk.steps + at;
    let rotated = false;
    disk.fault = () => {
      if (disk.steps !== until || rotated) return undefined;
      rotated = true;
      rotate(disk);
      return undefined;
    };
    if (!(await copied(disk))) continue;
    const texts = ["audit.log.2", "audit.log.1", "audit.log"].map((n) => disk.text(`${TO}/${n}`));
    const isBefore = texts.join() === ",audit.log.1,audit.log";
    if (!isBefore && texts.join() !== "audit.log.1,audit.log,") t.same(texts, [], `step ${at}`);
  }
  t.ok(steps > 20);
});

/** What the log's owner does between two steps of the copying. */
function rotate(disk: FaultDisk): void {
  for (const [from, to] of [
    ["audit.log.1", "audit.log.2"],
    ["audit.log", "audit.log.1"],
  ]) {
    const content = disk.names.get(`${FROM}/${from}`);
    if (content === undefined) throw new Error(`${from}: not there`);
    disk.names.delete(`${FROM}/${from}`);
    disk.names.set(`${FROM}/${to}`, content);
  }
  void disk.open(`${FROM}/audit.log`, "append");
}

t.test("a checkpoint of which both places were being written is not taken", async (t) => {
  const disk = await made();
  const file = await disk.open(`${FROM}/.checkpoint`, "update");
  await file.writeAt(Buffer.alloc(2 * SLOT_BYTES, "x"), 0);
  t.equal(await copied(disk), false);
});

t.test("a folder that vanishes is no error, anything else is", async (t) => {
  const disk = await made();
  const from = await disk.hold(FROM);
  for (const name of await disk.list(FROM)) await disk.remove(`${FROM}/${name}`);
  await disk.removeFolder(`${FROM}/.index`);
  await disk.removeFolder(FROM);
  t.equal(await copyLog(disk, from, await disk.hold(TO), "audit.log"), false);
  const full = await made();
  full.fault = ({ kind, path }: Step) =>
    kind === "copy" ? Object.assign(new Error(path), { code: "ENOSPC" }) : undefined;
  await t.rejects(copied(full), { code: "ENOSPC" });
});
