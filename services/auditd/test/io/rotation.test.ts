import t from "tap";
import { nameOf, removeBeyond, rotate, rotatedFiles } from "../../src/io/rotation.ts";
import { FaultDisk } from "./fault-disk.ts";

const FOLDER = "/logs";
const LOG = `${FOLDER}/audit.log`;

async function diskWith(...names: string[]): Promise<FaultDisk> {
  const disk = new FaultDisk();
  await disk.makeFolder(FOLDER);
  for (const name of names) {
    const file = await disk.open(`${FOLDER}/${name}`, "append", 0o600);
    await file.append(Buffer.from(name));
  }
  return disk;
}

function textsOf(disk: FaultDisk): Record<string, string> {
  const names = [...disk.names.keys()].sort();
  return Object.fromEntries(
    names.map((name) => [name.slice(FOLDER.length), disk.text(name) ?? ""]),
  );
}

t.test("AUD-129: .1 is the newest, the oldest goes, rotated files are 0400", async (t) => {
  const disk = await diskWith("audit.log", "audit.log.1", "audit.log.2");
  await rotate(disk, LOG, 2, 0o400);
  t.same(textsOf(disk), { "/audit.log.1": "audit.log", "/audit.log.2": "audit.log.1" });
  t.equal(disk.names.get(`${LOG}.1`)?.mode, 0o400);
  t.equal(nameOf(LOG, 3, true), `${LOG}.3.gz`);
});

t.test("AUD-132: without a bound every file stays", async (t) => {
  const disk = await diskWith("audit.log", "audit.log.1", "audit.log.2", "audit.log.3.gz");
  await rotate(disk, LOG, Number.POSITIVE_INFINITY, 0o400);
  t.same(textsOf(disk), {
    "/audit.log.1": "audit.log",
    "/audit.log.2": "audit.log.1",
    "/audit.log.3": "audit.log.2",
    "/audit.log.4.gz": "audit.log.3.gz",
  });
});

t.test("a free number is filled, so that ausearch sees every file (AUD-153)", async (t) => {
  const disk = await diskWith("audit.log", "audit.log.1", "audit.log.3");
  await rotate(disk, LOG, 5, 0o400);
  t.same(Object.values(textsOf(disk)), ["audit.log", "audit.log.1", "audit.log.3"]);
});

t.test("names that only look like rotated files are left alone", async (t) => {
  const others = ["audit.log.0", "audit.log.01", "audit.log.1.bak", "audit.log.x", "xaudit.log.1"];
  const disk = await diskWith("audit.log", ...others);
  t.same(await rotatedFiles(disk, LOG), []);
  await rotate(disk, LOG, 1, 0o400);
  await removeBeyond(disk, LOG, 0);
  t.same([...disk.names.keys()].sort(), others.map((name) => `${FOLDER}/${name}`).sort());
});

t.test("files above the bound are removed", async (t) => {
  const disk = await diskWith("audit.log", "audit.log.1", "audit.log.2", "audit.log.7.gz");
  await removeBeyond(disk, LOG, 1);
  t.same(Object.keys(textsOf(disk)), ["/audit.log", "/audit.log.1"]);
});

t.test("after a crash at any step, the same call finishes the work", async (t) => {
  const names = ["audit.log", "audit.log.1", "audit.log.2", "audit.log.3"];
  for (const most of [3, 4, Number.POSITIVE_INFINITY]) {
    const whole = await diskWith(...names);
    const before = whole.steps;
    await rotate(whole, LOG, most, 0o400);
    for (let step = before + 1; step <= whole.steps; step++) {
      const disk = await diskWith(...names);
      disk.crashAt = step;
      await t.rejects(rotate(disk, LOG, most, 0o400));
      disk.restart();
      await rotate(disk, LOG, most, 0o400);
      t.same(textsOf(disk), textsOf(whole), `most ${most}, step ${step}`);
    }
  }
});
