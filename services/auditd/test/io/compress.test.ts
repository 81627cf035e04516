import { gunzipSync } from "node:zlib";
import t from "tap";
import { compress, retain } from "../../src/io/compress.ts";
import { recover } from "../../src/io/recovery.ts";
import { FaultDisk } from "./fault-disk.ts";

const LOG = "/logs/audit.log";
const MODES = { file: 0o600, rotated: 0o400, folder: 0o700 };

/** Rotated files .1, .2, ... of these sizes; the nth was written n hours ago. */
async function diskWith(...sizes: number[]): Promise<FaultDisk> {
  const disk = new FaultDisk();
  await disk.makeFolder("/logs");
  disk.now = 100 * 3600;
  for (const [index, size] of [0, ...sizes].entries()) {
    const file = await disk.open(index === 0 ? LOG : `${LOG}.${index}`, "append", 0o400);
    await file.append(Buffer.alloc(size, `line ${index}\n`));
    await file.setModified(disk.now - index * 3600);
  }
  return disk;
}

function names(disk: FaultDisk): string[] {
  return [...disk.names.keys()].map((path) => path.slice(LOG.length)).sort();
}

t.test("a compressed file has the same contents, time and permissions", async (t) => {
  const disk = await diskWith(200_000);
  const before = disk.text(`${LOG}.1`);
  await compress(disk, LOG, { path: `${LOG}.1`, number: 1, compressed: false }, 0o440);
  t.same(names(disk), ["", ".1.gz"]);
  const made = disk.names.get(`${LOG}.1.gz`);
  t.equal(gunzipSync(made?.data ?? "").toString("latin1"), before);
  t.match(made, { mode: 0o440, modified: 99 * 3600 });
  t.equal(disk.openFiles, 2, "only those of the test");
});

t.test("files that are too old, or too many, go: the oldest first", async (t) => {
  const age = await diskWith(10, 10, 10, 10);
  await retain(age, LOG, { maxAge: 2.5 * 3600 }, 0o400, age.now);
  t.same(names(age), ["", ".1", ".2"]);
  const total = await diskWith(100, 100, 100);
  await retain(total, LOG, { maxTotal: 250 }, 0o400, total.now);
  t.same(names(total), ["", ".1", ".2"]);
  const both = await diskWith(5000, 5000, 5000);
  await retain(both, LOG, { maxAge: 2.5 * 3600, compress: true }, 0o400, both.now);
  t.same(names(both), ["", ".1.gz", ".2.gz"]);
});

t.test(
  "a crash at any step leaves every file plain or compressed, after a restart once",
  async (t) => {
    const whole = await diskWith(3000, 3000);
    const first = whole.steps;
    await retain(whole, LOG, { compress: true }, 0o400, whole.now);
    for (let step = first + 1; step <= whole.steps; step++) {
      const disk = await diskWith(3000, 3000);
      disk.crashAt = step;
      await t.rejects(retain(disk, LOG, { compress: true }, 0o400, disk.now));
      disk.restart();
      await recover(disk, LOG, undefined, 5, MODES);
      const found = names(disk).map((name) => name.replace(".gz", ""));
      t.same(found, ["", ".1", ".2"], `step ${step}`);
      for (const number of [1, 2]) {
        const packed = disk.names.get(`${LOG}.${number}.gz`)?.data;
        const text =
          packed === undefined ? disk.text(`${LOG}.${number}`) : String(gunzipSync(packed));
        t.equal(text?.length, 3000);
      }
    }
  },
);
